"""What the gateway changed on the way to the provider: all of it, by kind, whatever the values are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading import documents
from generations.reading.diff import provider_request
from generations.reading.diff.provider_request import ProviderRequest
from generations.reading.large.index import LocatedValue

ASKED = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "hi"}], "top_k": 5}
SENT = {
    "model": "gpt-5-nano",
    "messages": [{"role": "user", "content": "hi"}],
    "temperature": 1,
    "stream_options": {"include_usage": True},
}
RESPONSES = {"model": "gpt-5-nano", "input": [{"role": "user", "content": "hi"}], "store": False}


def read(asked: Any, sent: Any) -> ProviderRequest:
    return provider_request.read(
        None if asked is None else json.dumps(asked).encode(), json.dumps(sent).encode()
    )


def lines(found: ProviderRequest) -> dict[str, list[str]]:
    return {group.kind: [line.change.text for line in group.lines.shown] for group in found.groups}


@pytest.mark.parametrize("form", [SENT, json.dumps(SENT)], ids=["object", "text"])
def test_what_was_added_rewritten_and_left_out(form: Any) -> None:
    found = read(ASKED, form)
    assert lines(found) == {
        "added": ["temperature added: 1", 'stream_options added: {"include_usage":true}'],
        "changed": ["model: openai/gpt-5-nano → gpt-5-nano"],
        "removed": ["top_k removed (was 5)"],
    }
    assert (found.total, found.left, found.why, found.is_same) == (4, 0, "", False)
    assert found.at == (documents.RAW_SENT if form is SENT else documents.SENT)
    assert found.body is not None
    assert "gpt-5-nano" in found.body.head


def test_the_same_is_called_the_same() -> None:
    assert read(ASKED, ASKED).is_same
    assert read(ASKED, json.dumps(ASKED)).is_same


def test_another_order_of_members_is_shown() -> None:
    found = read(ASKED, dict(reversed(ASKED.items())))
    assert (found.total, found.groups, found.is_same) == (0, [], False)
    assert found.notes == ["The order of fields differs in 1 place."]


def test_another_wire_format_is_named() -> None:
    assert "messages became input" in read(ASKED, RESPONSES).notes[0]


@pytest.mark.parametrize(
    ("asked", "sent", "why"),
    [
        (None, SENT, "The stored request is not in the record"),
        (ASKED, "plain words", "It is not a JSON object"),
        (ASKED, [1], "It is not a JSON object"),
        (ASKED, "[redacted]", "sanitizer replaced it"),
    ],
)
def test_what_cannot_be_compared_says_why(asked: Any, sent: Any, why: str) -> None:
    found = read(asked, sent)
    assert why in found.why
    assert (found.groups, found.is_same) == ([], False)


def test_what_the_sanitiser_replaced_has_no_body_to_open() -> None:
    assert (read(ASKED, "[redacted]").at, read(ASKED, "[redacted]").body) == ("", None)


def test_damaged_json_is_not_compared() -> None:
    assert "cannot be read" in provider_request.read(b"{}", b'{"a":').why
    assert "cannot be read" in provider_request.read(b'{"a":', b"{}").why


def test_large_bodies_are_named_with_their_size() -> None:
    found = provider_request.too_large(
        LocatedValue.held(b'"' + b"x" * 5_000_000 + b'"'), LocatedValue.held(b"{}")
    )
    assert "5 MB" in found.why
    assert found.body is not None
    assert (len(found.body.head) <= 2048, found.body.leads_on) == (True, True)


def test_many_differences_are_bounded_and_counted() -> None:
    found = read({}, {f"key{n}": n for n in range(1000)})
    shown = sum(len(group.lines.shown) for group in found.groups)
    assert (found.total, shown + found.left) == (1000, 1000)
    assert shown <= 300


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    )
)
def test_anything_may_stand_there(sent: Any) -> None:
    found = read(ASKED, sent)
    assert found.why or found.groups or found.notes or found.is_same
