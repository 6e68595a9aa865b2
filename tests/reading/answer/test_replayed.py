"""The answer of a replay as its page shows it, and the way back from what is shown to what came."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.rawjson.values import Value, dumps, loads
from generations.gateway.streams.assemble import StrayEvent
from generations.reading.answer import answer_facts, replayed
from generations.reading.explorer import json_nodes
from generations.reading.page_types.conversation import Part, ReplayedAnswer, ResultRow, Side
from tests.reading.samples import demo_record

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n picture").decode()


def side(body: Any, wire: str = "chat", *strays: StrayEvent) -> Side:
    return shown(body, wire, *strays).side


def shown(body: Any, wire: str = "chat", *strays: StrayEvent) -> ReplayedAnswer:
    data = loads(dumps(body))
    return replayed.make(answer_facts.read(wire, data, strays), data, strays, 1234)


def parts(found: Side) -> list[Part]:
    return [part for turn in found.turns for part in turn.parts]


def chat(finish: Any = "stop", **message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}]}


def test_every_kind_of_part_is_drawn_by_the_readers_of_records() -> None:
    body = chat(
        reasoning="Hm.",
        content="Hello",
        tool_calls=[{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":1}'}}],
        images=[{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}],
        brand_new={"a": 1},
    )
    at = "/answer/choices/0/message"
    assert [(part.kind, part.at, part.html or part.head) for part in parts(side(body))] == [
        ("reasoning", f"{at}/reasoning", "Hm."),
        ("markdown", f"{at}/content", "<p>Hello</p>\n"),
        ("tool_call", f"{at}/tool_calls/0/function/arguments", '{"at":1}'),
        ("image", f"{at}/images/0/image_url/url", ""),
        ("unknown", f"{at}/brand_new", '{\n  "a": 1\n}'),
    ]


def test_events_without_a_place_in_the_body_are_shown() -> None:
    found = side(chat(content="Hi"), "chat", StrayEvent("ping", loads('{"n": 1}')), StrayEvent("", None))
    assert found.turns[-1].label == "other events"
    assert [(part.name, part.at, part.head) for part in found.turns[-1].parts] == [
        ("ping", "/other_events/0/data", '{\n  "n": 1\n}'),
        ("event", "/other_events/1/data", "null"),
    ]


def test_very_many_events_are_bounded() -> None:
    strays = [StrayEvent("ping", {"n": "x" * 500})] * 5_000
    found = shown(chat(content="Hi"), "chat", *strays)
    last = found.side.turns[-1].parts
    assert len(last) < 60
    assert "more parts" in last[-1].note
    assert len(replayed.dump(found)) < 60_000
    assert found.events == 5_000


def test_every_figure_is_kept() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": 128955, "cost_details": {"upstream": 0.0360795}}
    counts = {count.key: count.value for count in shown({**chat(content="x"), "usage": usage}).usage}
    assert counts == {
        "input_tokens": "5",
        "cache_read_input_tokens": "128,955",
        "cost_details.upstream": "0.0360795",
    }


def test_how_it_ended_is_said() -> None:
    assert side(chat("content_filter", content="x")).note == "finish content_filter"
    assert side(chat("", content="x")).note == ""


def test_an_error_alone_is_drawn_as_one() -> None:
    [turn] = side({"error": {"message": "full"}}).turns
    assert (turn.role, "full" in turn.parts[0].head) == ("error", True)


@pytest.mark.parametrize(
    ("body", "wire", "row"),
    [
        (
            {"data": [{"index": 0, "embedding": [0.5, 1]}]},
            "embeddings",
            ResultRow("vector 0", "0.5, 1", "2 numbers"),
        ),
        (
            {"results": [{"index": 3, "relevance_score": 0.5}]},
            "rerank",
            ResultRow("1. document 3", "0.5", level="0.5"),
        ),
    ],
)
def test_figures_are_tables(body: Any, wire: str, row: ResultRow) -> None:
    assert parts(side(body, wire))[0].rows == [row]


def test_a_medium_that_is_the_answers_body() -> None:
    found = replayed.medium("audio/mpeg; rate=1", 1234).side
    [part] = parts(found)
    assert (part.kind, part.mime, part.size, part.at, part.embedded) == (
        *("audio", "audio/mpeg", "1.2 KB"),
        *(replayed.BYTES, True),
    )
    assert replayed.media_in(found, "audio") == [part]


def test_what_is_not_on_the_allow_list_is_in_no_gallery() -> None:
    found = [{"image_url": {"url": f"data:image/{kind};base64,{PNG}"}} for kind in ("png", "svg+xml")]
    assert [part.mime for part in replayed.media_in(side(chat(images=found)), "image")] == ["image/png"]


def test_a_hostile_text_can_be_stored() -> None:
    found = shown(
        chat(content="\ud800\0", **{"\ud800": {"\0": "\ud800"}}), "chat", StrayEvent("\ud800", "\0")
    )
    assert replayed.load(replayed.dump(found)).side.turns


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@settings(deadline=None)
@given(JSON, JSON, st.sampled_from(["chat", "images", "rerank", "moderations", "transcription"]))
def test_every_part_leads_to_what_came(value: Any, other: Any, wire: str) -> None:
    body: Any = {"choices": [{"message": {"content": value, "x": other}}], "data": value, "results": other}
    body = body if wire == "chat" else {"data": value, "results": other, "text": value}
    stray = StrayEvent("event", loads(dumps(other)))
    found = side(body, wire, stray)
    kept = replayed.load(replayed.dump(shown(body, wire, stray)))
    assert len(kept.side.turns) == len(found.turns)
    document = replayed.document(loads(dumps(body)), [stray])
    for part in parts(found):
        assert not part.at or json_nodes.cut(document, part.at) is not None


@pytest.mark.parametrize("name", ["faq-vectors", "faq-rerank", "review-threat", "hotel-receipt", "poster"])
def test_answers_of_the_demo_have_no_leftover_json(name: str) -> None:
    answer: Value = json.loads(demo_record(name))["io_log"]["payload"]["gateway_response"]
    wire = {
        "hotel-receipt": "ocr",
        "poster": "images",
        "faq-vectors": "embeddings",
        "review-threat": "moderations",
    }.get(name, "rerank")
    found = parts(side(answer, wire))
    assert found
    assert not [part for part in found if part.kind == "json"]


def test_a_whole_json_answer_keeps_its_spelling() -> None:
    raw = b'\xef\xbb\xbf{"a": 1.50, "b":1e2}\n'
    assert json_nodes.cut(replayed.wrapped(raw), "/answer/a") == b"1.50"
    assert json_nodes.cut(replayed.wrapped(raw), "/answer/b") == b"1e2"
