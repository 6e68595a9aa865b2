"""Request IDs in pasted text, and the time that they tell."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.ids import ALPHABET, find_id, made_at

ID = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ID, ID),
        (f"  {ID}\n", ID),
        (f'"{ID}"', ID),
        (f"`{ID}`", ID),
        (ID.lower(), ID),
        (f"request_id={ID}", ID),
        (f"request_id={ID}&x=1", ID),
        ('{"level":"error","request_id": "' + ID + '","ms":12}', ID),
        (f"2026-11-20T10:00:00Z ERROR call failed generation_id={ID} after 12 ms", ID),
        ("{'requestId': 'req_abc123', 'model': 'x'}", "req_abc123"),
        ("request_id=realtime:sess_1", "realtime:sess_1"),
        ("G-EU1-01M0N8538G8F4T0W6X1Y2Z3A4B", "G-EU1-01M0N8538G8F4T0W6X1Y2Z3A4B"),
        ("req_0123456789", "req_0123456789"),
        ("chat/with/slashes", "chat/with/slashes"),
        ("", None),
        ("   ", None),
        ("two words", None),
        ("x" * 257, None),
        ("a\0b", None),
        ('""', None),
    ],
)
def test_find_id(text: str, found: str | None) -> None:
    assert find_id(text) == found


def test_find_id_takes_a_megabyte() -> None:
    assert find_id("x " * 500_000 + ID) == ID


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_around_it_an_id_is_found_or_nothing(before: str, after: str) -> None:
    assert find_id(f"{before} {ID} {after}") is not None


@given(st.text())
def test_what_is_found_can_be_asked_for(text: str) -> None:
    found = find_id(text)
    assert found is None or (0 < len(found) <= 256 and not any(letter.isspace() for letter in found))


def test_made_at_reads_the_milliseconds() -> None:
    assert made_at(ID) == datetime(2026, 8, 22, 17, 26, 34, tzinfo=UTC)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)))
def test_made_at_is_the_inverse_of_writing(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    number, letters = round(moment.timestamp() * 1000), ""
    for _ in range(10):
        number, digit = divmod(number, 32)
        letters = ALPHABET[digit] + letters
    assert made_at(f"G-{letters}{'0' * 16}") == moment


@pytest.mark.parametrize(
    "text", ["", "req_1", "G-81M0N8538G8F4T0W6X1Y2Z3A4B", "G-01M0N8538G8F4T0W6X1Y2Z3A4", ID + "\n"]
)
def test_made_at_of_other_ids_is_unknown(text: str) -> None:
    assert made_at(text) is None
