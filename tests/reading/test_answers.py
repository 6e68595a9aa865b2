"""The answer of a replay as its page shows it, and the way back from what is shown to what was said."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway import events
from generations.gateway.events import Answer, Block, Media
from generations.gateway.jsontext import dumps
from generations.reading import answers
from generations.reading.shapes import Part, Row, Side
from tests.reading.samples import demo_record

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n picture").decode()


def said(*told: events.Event) -> Answer:
    return Answer().collect(told)


def parts(side: Side) -> list[Part]:
    return [part for turn in side.turns for part in turn.parts]


def made(*told: events.Event) -> list[Part]:
    return parts(answers.make(said(*told), 1234))


def test_every_kind_of_block_is_drawn() -> None:
    found = made(
        events.Reasoning("Hm."),
        events.Text("Hel"),
        events.Text("lo"),
        events.ToolCall(0, "c1", "look", '{"at":1}'),
        Media("image", "image/png", data=PNG),
        events.Json('{"a": 1}', "scores"),
    )
    assert [(part.kind, part.at, part.html or part.head) for part in found] == [
        ("reasoning", "/0", "Hm."),
        ("markdown", "/1", "<p>Hello</p>\n"),
        ("tool_call", "/2", '{"at": 1}'),
        ("image", "/3", ""),
        ("json", "/4", '{\n  "a": 1\n}'),
    ]


def test_a_text_that_is_json_is_indented() -> None:
    [part] = made(events.Text('{"a": [1.0, 2], "b": "' + "x" * 90 + '"}'))
    assert (part.kind, part.at, part.head.splitlines()[:3]) == ("json", "/0", ["{", '  "a": [', "    1.0,"])


def test_choices_are_named() -> None:
    side = answers.make(said(events.Text("a"), events.Text("b", choice=1)), 9)
    assert [turn.label for turn in side.turns] == ["choice 0", "choice 1"]


@pytest.mark.parametrize(
    ("told", "mime"),
    [
        (Media("image", "image/webp", data="AAAA"), "image/webp"),
        (Media("image", None, data=PNG), "image/png"),
        (Media("image", None, data="/9j/AAAA"), "image/jpeg"),
        (Media("image", None, data="UklGRAAA"), "image/webp"),
        (Media("image", None, data="AAAA"), "image/png"),
        (Media("audio", None, data="UklGRAAA"), "audio/wav"),
        (Media("audio", None, data="SUQzAAAA"), "audio/mpeg"),
        (Media("audio", None, data="T2dnUwAA"), "audio/ogg"),
        (Media("audio", None, data=PNG), "audio/mpeg"),
        (Media("image", None, data=f"data:image/gif;base64,{PNG}"), "image/gif"),
    ],
)
def test_embedded_media_have_a_type(told: Media, mime: str) -> None:
    [part] = made(told)
    assert (part.mime, part.embedded, part.at) == (mime, True, "/0")


def test_a_medium_that_is_the_answers_body() -> None:
    [part] = made(Media("audio", "audio/mpeg; rate=1"))
    assert (part.mime, part.size, part.at, part.embedded) == ("audio/mpeg", "1.2 KB", "/0", True)


def test_a_link_is_never_loaded() -> None:
    [part] = made(Media("image", None, url="https://x.example/p.png"))
    assert (part.url, part.embedded) == ("https://x.example/p.png", False)


def test_a_hostile_type_can_be_stored() -> None:
    side = answers.make(said(Media("image", "image/\ud800\0", url="https://x.example")), 1)
    assert answers.load(answers.dump(side)) == side


def test_vectors_scores_and_rankings_are_tables() -> None:
    vectors = made(events.Json('{"data": [{"index": 0, "embedding": [0.5, 1]}]}'))
    assert [(part.at, part.rows) for part in vectors] == [
        ("/0/data", [Row("vector 0", "0.5, 1", "2 numbers")]),
    ]
    flags = made(events.Json('{"results": [{"flagged": true, "category_scores": {"hate": 0.5}}]}'))
    assert [(part.name, part.at) for part in flags] == [("flagged", "/0/results/0")]
    ranking = made(events.Json('{"results": [{"index": 3, "relevance_score": 0.5}]}'))
    assert ranking[0].rows[0].label == "1. document 3"
    pages = made(events.Json('{"pages": [{"markdown": "# Receipt"}]}'))
    assert pages[0].html == "<h4>Receipt</h4>\n"


def test_what_is_not_on_the_allow_list_is_in_no_gallery() -> None:
    side = answers.make(said(*(Media("image", f"image/{kind}", data=PNG) for kind in ("png", "svg+xml"))), 1)
    assert [part.mime for part in answers.media_in(side, "image")] == ["image/png"]


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("/0", '"Hi \\u00e9"'),
        ("/1", '"{\\"at\\": 1}"'),
        ("/2", f'"{PNG}"'),
        ("/3", '{"data": [1, 2e5]}'),
        ("/3/data/1", "2e5"),
        ("/3/none", None),
        ("/0/none", None),
        ("/4", None),
        ("/5", None),
        ("/-1", None),
        ("/x", None),
        ("", None),
        ("/" + "9" * 5000, None),
    ],
)
def test_a_pointer_leads_to_what_was_said(at: str, found: str | None) -> None:
    answer = said(
        events.Text("Hi é"),
        events.ToolCall(0, "c", "look", '{"at": 1}'),
        Media("image", "image/png", data=PNG),
        events.Json('{"data": [1, 2e5]}'),
        Media("audio", "audio/mpeg"),
    )
    assert answers.value_at(answer, at) == (None if found is None else found.encode())


@settings(deadline=None)
@given(st.text(max_size=50), st.text(max_size=50))
def test_every_text_is_found_again(text: str, reasoning: str) -> None:
    answer = Answer([Block("reasoning", reasoning), Block("text", text)])
    side = answers.make(answer, 9)
    assert answers.load(answers.dump(side)) == side
    assert [answers.value_at(answer, part.at) for part in parts(side)] == [
        dumps(told).encode() for told in (reasoning, text)
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@settings(deadline=None)
@given(st.sampled_from(["data", "results", "pages"]), st.lists(JSON, max_size=3), st.text(max_size=12))
def test_any_json_is_drawn(key: str, members: list[Any], mark: str) -> None:
    marked = [{mark: member, "embedding": member, "flagged": member} for member in members]
    for told in ({key: members}, {key: marked}, members):
        side = answers.make(said(events.Json(json.dumps(told))), 9)
        assert answers.load(answers.dump(side)) == side


@pytest.mark.parametrize("name", ["faq-vectors", "faq-rerank", "review-threat", "hotel-receipt", "poster"])
def test_stored_answers_of_the_demo_have_no_leftover_json(name: str) -> None:
    told = json.loads(demo_record(name))
    body = json.dumps(told["io_log"]["payload"]["gateway_response"]).encode()
    wire = {"hotel-receipt": "ocr", "poster": "images"}.get(name, "rerank")
    found = parts(answers.make(Answer.read(wire, "application/json", body), len(body)))
    assert found
    assert not [part for part in found if part.kind == "json"]
