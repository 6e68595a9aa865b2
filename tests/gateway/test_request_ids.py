"""Request IDs in pasted text, and their time."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.request_ids import ALPHABET, Recognized, find_id, hint, is_native, made_at, recognize

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


@pytest.mark.parametrize("text", ["G-7ZZZZZZZZZ0000000000000000", "G-01M0N8538\u212a0000000000000000"])
def test_an_id_without_a_time_of_ours(text: str) -> None:
    assert made_at(text) is None


@pytest.mark.parametrize(
    "text", ["", "req_1", "G-81M0N8538G8F4T0W6X1Y2Z3A4B", "G-01M0N8538G8F4T0W6X1Y2Z3A4", ID + "\n"]
)
def test_made_at_of_other_ids_is_unknown(text: str) -> None:
    assert made_at(text) is None


# --- anything that was pasted ---------------------------------------------------------------------------------

OTHER = "G-01M0N8D8ZGR5N8V3B2C1D0E9F8"
REPLAY = "0b0c1f52-6f0d-4b11-9d3b-0f5f6a0b7c8d"


@pytest.mark.parametrize(
    ("text", "kind", "ids"),
    [
        (ID, "id", (ID,)),
        (f' "{ID.lower()}"\n', "id", (ID,)),
        ("req_0123456789", "id", ("req_0123456789",)),
        ("chat/with/slashes", "id", ("chat/with/slashes",)),
        ("chatcmpl-9xYz12AbC", "native", ("chatcmpl-9xYz12AbC",)),
        ("resp_68a1b2c3", "native", ("resp_68a1b2c3",)),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", "native", ("msg_01XFDUDYJgAACzvnptvVoYEL",)),
        (f"https://retake.example.com/t/acme/g/{ID}", "link", (ID,)),
        (f"https://retake.example.com/g/{ID.lower()}", "link", (ID,)),
        (f"https://retake.example.com/t/acme/g/{ID}/cost?x=1", "link", (ID,)),
        (f"https://retake.example.com/t/acme/g/{ID}.json", "link", (ID,)),
        ("https://retake.example.com/t/acme/g/~12", "link", ("~12",)),
        ("https://retake.example.com/t/acme/lookup?id=a%2Fb", "link", ("a/b",)),
        (f"https://retake.example.com/t/acme/r/{REPLAY}", "replay", (REPLAY,)),
        (f"https://gateway.example.com/usage?tab=logs&request={ID}", "link", (ID,)),
        (f"https://gateway.example.com/generations/{ID}#top", "link", (ID,)),
        ("https://gateway.example.com/usage?request_id=req_1", "link", ("req_1",)),
        (f"2026-11-20T10:00:00Z ERROR call failed {ID} after 12 ms", "log", (ID,)),
        ("level=error requestId=req_abc123 ms=12", "log", ("req_abc123",)),
        ('{"generation_id": "' + ID + '", "status_code": 502, "error": "upstream_error"}', "error", (ID,)),
        (
            '{"error": {"message": "x"}, "request_id": "' + ID + '", "generation_id": "' + ID + '"}',
            "error",
            (ID,),
        ),
        ('{"id": "' + ID + '", "nativeResponseId": "chatcmpl-9xYz12AbC"}', "json", (ID,)),
        ('{"id": "chatcmpl-9xYz12AbC", "choices": []}', "json", ("chatcmpl-9xYz12AbC",)),
        ('{"id": "embd_1", "requestId": "' + ID + '"}', "json", (ID,)),
        (f"HTTP/2 200\ncontent-type: application/json\nx-request-id: {ID}\n", "headers", (ID,)),
        (f"< HTTP/1.1 502 Bad Gateway < content-type: text/html < x-request-id: {ID}", "headers", (ID,)),
        (f"content-type: text/plain\nx-generation-id: {ID}\nserver: x\n", "headers", (ID,)),
        ('data: {"id": "' + ID + '", "choices": []}\n\n', "sse", (ID,)),
        (
            'event: response.created\ndata: {"response": {"id": "resp_68a1b2c3"}}\n\n',
            "sse",
            ("resp_68a1b2c3",),
        ),
        (f"{ID}\n{OTHER}\n{ID}", "list", (ID, OTHER)),
        (f"{OTHER}, {ID.lower()}", "list", (OTHER, ID)),
        (f"{ID} chatcmpl-9xYz12AbC req_1234", "list", (ID, "chatcmpl-9xYz12AbC", "req_1234")),
        (f"first {ID} failed, then {OTHER} did", "list", (ID, OTHER)),
        ("", "nothing", ()),
        ("two words", "nothing", ()),
        ('{"error":"x"}', "nothing", ()),
        ('{"generation_id": "unknown", "error": "x"}', "nothing", ()),
        ("unknown", "nothing", ()),
        ("https://example.com/nothing/here", "nothing", ()),
        ("http://[broken/g/x", "nothing", ()),
    ],
)
def test_recognise(text: str, kind: str, ids: tuple[str, ...]) -> None:
    seen = recognize(text)
    assert (seen.kind, seen.ids, seen.left_out) == (kind, ids, 0)


def test_a_link_names_its_team() -> None:
    assert recognize(f"https://retake.example.com/t/acme/g/{ID}") == Recognized("link", (ID,), "acme")


def test_at_most_fifty_ids_are_taken_and_the_rest_is_counted() -> None:
    ids = [f"req_{number:04}" for number in range(73)]
    assert recognize("\n".join(ids)) == Recognized("list", tuple(ids[:50]), left_out=23)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "text", ["x " * 500_000 + ID, "{" * 2**20, "a-b: c\n" * 150_000, "id: 1\n" * 170_000]
)
def test_recognise_takes_a_megabyte(text: str) -> None:
    assert recognize(text).left_out == 0


@given(st.text())
def test_what_is_recognised_can_be_asked_for(text: str) -> None:
    seen = recognize(text)
    assert (seen.kind == "nothing") == (seen.ids == ())
    assert all(
        0 < len(found_id) <= 256 and not any(letter.isspace() for letter in found_id) for found_id in seen.ids
    )


@given(st.lists(st.from_regex(r"G-[0-7][0-9A-HJKMNP-TV-Z]{25}", fullmatch=True), min_size=2, max_size=60))
def test_lists_keep_their_order_and_name_each_id_once(ids: list[str]) -> None:
    each = tuple(dict.fromkeys(ids))
    seen = recognize("\n".join(ids))
    assert (seen.ids, seen.left_out) == (each[:50], max(0, len(each) - 50))


@given(st.text(max_size=60))
def test_links_never_fail(path: str) -> None:
    seen = recognize(f"https://retake.example.com/t/acme/g/{path}")
    assert all(0 < len(found_id) <= 256 for found_id in seen.ids)


def test_native_ids_are_distinguished_from_request_ids() -> None:
    assert [is_native(found_id) for found_id in ("chatcmpl-9xYz12AbC", ID, "resp_", "msg_01XF")] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "id: " * 23 + "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        "id: " * 250_000 + "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        "a-b:" + " " * 1_500 + "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        "a-b:" + " " * 1_000_000 + "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        "a-b: " * 200_000 + "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        "-a" * 500_000 + " G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        "request_id" + " " * 1_000_000,
        "x" * 20_000_000,
    ],
    ids=lambda text: f"{text[:12]}... of {len(text)}",
)
def test_no_pasted_text_freezes(text: str) -> None:
    begun = time.perf_counter()
    recognize(text)
    find_id(text)
    assert time.perf_counter() - begun < 5  # it was 31 s for 1,500 blanks


# --- IDs that were typed in another way -----------------------------------------------------------------------

ULID = ID[2:]
DASHED = [ID.replace("-", dash) for dash in "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"]


@pytest.mark.parametrize(
    ("text", "kind", "found", "note"),
    [
        *((text, "id", ID, "") for text in DASHED),
        (f"failed {DASHED[3]} after 12 ms", "log", ID, ""),
        (f"https://retake.example.com/t/acme/g/{DASHED[1]}", "link", ID, ""),
        (ULID, "id", ID, "G- added"),
        (f" '{ULID.lower()}'", "id", ID, "G- added"),
        (f"request_id={ULID}", "log", ID, "G- added"),
        (f"G{ULID}", "id", ID, "hyphen added"),
        (f"g_{ULID}", "id", ID, "g_ read as G-"),
        (f"{ID[:15]}\n  {ID[15:]}", "id", ID, "spaces removed"),
        (ID.replace("0", "O").replace("1", "l"), "id", ID, "L read as 1, O read as 0"),
        (f"see {ID.replace('01', 'OI', 1)} there", "log", ID, "I read as 1, O read as 0"),
        (f"G-\u200b{ULID}\ufeff", "id", ID, ""),
        (f"request_id%3D{ID}%26x", "log", ID, ""),
        (f"G%2D{ULID}", "id", ID, ""),
        ("realtime%3Aa%3Ab", "id", "realtime:a:b", ""),
        ("realtime:a:b", "id", "realtime:a:b", ""),
        ("open realtime:sess_1:x: closed", "log", "realtime:sess_1:x", ""),
        (f"{ID}.", "id", ID, ""),
        (f"https://retake.example.com/t/acme/g/{ID}.", "link", ID, ""),
        (f"https://retake.example.com/t/acme/g/{ID}/", "link", ID, ""),
        (f"https://retake.example.com/t/acme/g/{ID.lower()}/.", "link", ID, ""),
        (f"https://retake.example.com/t/acme/g/{ID}.json.", "link", ID, ""),
        ("https://retake.example.com/t/acme/g/~12.", "link", "~12", ""),
        ("https://retake.example.com/t/acme/g/realtime%3Aa%3Ab.", "link", "realtime:a:b", ""),
        (f"https://retake.example.com/t/acme/r/{REPLAY}.", "replay", REPLAY, ""),
        (f"call {ID[:-1]} failed", "log", ID[:-1], ""),
        *(
            (odd, "id", odd, "")
            for odd in ("trail.dot.", "G-ABC.json", "日本-語-42", "a%2Fb", "\u2011", "copy")
        ),
        (f"{ID}-x/y", "log", ID, ""),
        *(
            (odd, "id", odd, "")
            for odd in ("emoji-👩\u200d👩\u200d👧-id", "quote'\"<b>", "f(x)", "req_%2F%20pct")
        ),
        ("(f(x))", "id", "f(x)", ""),
        ("chatcmpl-" + "x" * 247, "native", "chatcmpl-" + "x" * 247, ""),
        ("01m0n8538g8f4t0w6x1y2z3o4b", "id", "01m0n8538g8f4t0w6x1y2z3o4b", ""),
    ],
)
def test_an_id_that_was_typed_in_another_way(text: str, kind: str, found: str, note: str) -> None:
    seen = recognize(text)
    assert (seen.kind, seen.ids, seen.note) == (kind, (found,), note)


@pytest.mark.parametrize(
    "text", ["chatcmpl-" + "x" * 300, "request_id=" + "x" * 300, "realtime:" + "x" * 300]
)
def test_an_id_that_is_too_long_is_not_cut(text: str) -> None:
    assert recognize(text).ids == ()


def test_a_list_may_lack_its_leads() -> None:
    assert recognize(f"{ULID}\n{OTHER[2:].lower()}").ids == (ID, OTHER)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (ID, ""),
        (f"G-EU1-{ULID}", ""),
        ("req_0123456789", ""),
        ("gen-1739458867-kUKFjpDG", ""),
        (ID[:-1], "It has 25 of 26 characters after G-: one is missing."),
        (f"G-EU1-{ULID[2:]}", "It has 24 of 26 characters after G-: 2 are missing."),
        (ID + "X", "It has 27 characters after G- instead of 26: one is too many."),
        (ID[:-2] + "UL", "IDs never contain L or U: it was misread or mistyped."),
        ("G-9" + ULID[1:], "After G-, an ID starts with a digit from 0 to 7."),
    ],
)
def test_what_is_wrong_with_an_id_is_said(found: str, sentence: str) -> None:
    assert hint(found) == sentence
