"""The outline is made of any record, is bounded, survives the database, and drops nothing."""

import html
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.rawjson.values import Number, Value, loads
from generations.gateway.record import FIELDS, Record
from generations.reading import outline, record_source
from generations.reading.page_types.outline import Outline
from tests.reading.samples import Form, demo_record, demo_records

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(
    "role content type text messages input output choices message tool_calls function name arguments id image_url url "
    "data source results pages usage pricing_lines provider provider_attempts outcome status dimension quantity "
    "line_nanos reason error error_payload categories embedding document audio file index system user assistant tool "
    "tool_use tool_result thinking input_text output_text reasoning summary message function_call".split()
)
SHAPED = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)
ENDPOINTS = st.sampled_from(
    "chat.completions responses messages embeddings moderations rerank ocr images.generations images.edits audio.speech "
    "audio.transcription video.generation music.generate batch audio.realtime nothing.known".split()
)
BODIES = st.dictionaries(WORDS, SHAPED, max_size=6)
RECORDS = st.fixed_dictionaries(
    {"endpoint": ENDPOINTS},
    optional={
        **{name: SCALARS | SHAPED for name in FIELDS if name != "endpoint"},
        "replay_request": BODIES,
        "io_log": st.fixed_dictionaries(
            {
                "status": st.just("stored"),
                "payload": st.fixed_dictionaries(
                    {}, optional={"request_payload": BODIES, "gateway_response": SHAPED}
                ),
            }
        ),
        **dict.fromkeys(
            ("usage", "pricing_lines", "provider_attempts", "detail_metadata", "unknown_key"), SHAPED
        ),
    },
)


def survives(record: Record) -> None:
    made = outline.build(record)
    text = outline.dump(made)
    assert outline.dump(outline.load(text)) == text
    text.encode()
    assert "\x00" not in text


@pytest.mark.heavy
@given(RECORDS)
def test_any_record_has_an_outline(fields: dict[str, Any]) -> None:
    survives(Record.read(json.dumps(fields).encode()))


@given(JSON)
def test_any_json_has_an_outline(fields: Any) -> None:
    survives(Record.read(json.dumps(fields).encode()))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_have_an_outline(raw: bytes) -> None:
    survives(Record.read(raw))


@pytest.mark.heavy
@pytest.mark.parametrize("form", ["scoped", "plain", "legacy"])
def test_every_demo_record_has_a_bounded_outline(form: Form) -> None:
    for name, request_id, raw in demo_records(form):
        record = Record.read(raw, asked_id=request_id)
        survives(record)
        assert len(outline.dump(outline.build(record))) < 150_000, name


def leaves(value: Value) -> list[str]:
    """Every text and number in a JSON value."""
    if isinstance(value, dict):
        return [leaf for child in value.values() for leaf in leaves(child)]
    if isinstance(value, list):
        return [leaf for child in value for leaf in leaves(child)]
    return [value] if isinstance(value, str) and value else []


def shown(made: Outline) -> str:
    """Everything that pages show of the bodies, as text."""
    sides = [made.request, made.answer, made.parameters, made.tools, made.schema, made.damage]
    texts = leaves(loads(msgspec.json.encode(sides)))
    return html.unescape(" ".join(text.replace("\\n", "\n").replace('\\"', '"') for text in texts))


LARGE = (
    "five-mebibytes",
    "long-context",
    "policy-cached",
    "policy-cache-written",
    "faq-vectors",
    "query-vector",
)
UNREAD = ("edit-multipart", "not-json")


@pytest.mark.heavy
def test_no_content_of_a_demo_request_is_dropped() -> None:
    for name, request_id, raw in demo_records():
        record = Record.read(raw, asked_id=request_id)
        body = record_source.parsed(record.request_body)
        if name in LARGE or body is None:
            continue
        page = shown(outline.build(record))
        for leaf in leaves(body):
            if isinstance(leaf, Number) or len(leaf) > 60 or "\n" in leaf or leaf in STRUCTURE:
                continue
            assert leaf in page, (name, leaf)


# Names of kinds, which the page shows by the form that it gives them.
STRUCTURE = (
    *(
        "text",
        "image_url",
        "image",
        "base64",
        "function",
        "tool_result",
        "tool_use",
        "input_audio",
        "file",
        "message",
    ),
    *(
        "function_call",
        "function_call_output",
        "thinking",
        "input_text",
        "output_text",
        "input_image",
        "input_file",
    ),
    *("json_schema", "json_object", "custom", "document_url", "url"),
)


def test_the_outline_of_the_sample() -> None:
    made = outline.make(Record.read(demo_record("oslo-cancelled")))
    assert (made.request_id, made.replayable, made.verdict.word, made.status) == (
        "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        True,
        "Succeeded",
        "200",
    )
    assert [
        (tile.label, f"{tile.before}{tile.number} {tile.unit}".strip(), tile.note) for tile in made.tiles
    ] == [
        ("First token", "412 ms", "460 ms at the gateway"),
        ("Generation", "1.83 s", "and 48 ms in the gateway"),
        ("Speed", "70 tok/s", "90 after the first token"),
        ("Tokens", "42 → 128", "170 in total"),
        ("Cost", "$0.0000533", "2 lines, adds up"),
    ]
    assert [turn.role for turn in made.request.turns] == ["system", "user", "assistant", "tool"]
    assert ([cause.code for cause in made.answer.missing], made.answer.turns) == (["last_frame"], [])


def test_an_answer_that_was_kept_is_shown_with_its_tokens() -> None:
    made = outline.make(Record.read(demo_record("seat-together")))
    assert (made.answer.note, [turn.role for turn in made.answer.turns]) == (
        "67 tokens · finish stop",
        ["assistant"],
    )


def test_a_failure_without_an_answer_shows_its_error_body() -> None:
    made = outline.make(Record.read(demo_record("gemini-403")))
    assert [turn.role for turn in made.answer.turns] == ["error"]
    assert made.answer.note == "error body"


def test_lone_surrogates_and_nul_are_made_visible() -> None:
    request = b'{"k\\ud800": "v\\u0000", "messages": [{"role": "user", "content": "a\\ud800b\\u0000"}]}'
    raw = b'{"endpoint": "chat.completions", "replay_request": ' + request + b"}"
    made = outline.make(Record.read(raw))
    assert made.request.turns[0].parts[0].head == "a\ufffdb\u2400"
    outline.dump(made).encode()


def test_a_reader_that_fails_leaves_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "tiles", None)
    made = outline.make(Record.read(b'{"request_id": "G-1"}'))
    assert (made.request_id, made.replayable, made.verdict.word) == ("G-1", False, "Unknown")


def test_one_string_of_megabytes() -> None:
    raw = json.dumps(
        {
            "replay_request": {"messages": [{"role": "user", "content": "é<" * 2_000_000}]},
            "endpoint": "chat.completions",
        }
    )
    made = outline.make(Record.read(raw.encode()))
    part = made.request.turns[0].parts[0]
    assert (len(part.head), part.more, part.size) == (2048, True, "6 MB")
    assert len(outline.dump(made)) < 20_000
