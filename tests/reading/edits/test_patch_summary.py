"""A patch as lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.values import MAX_DEPTH, Number, Value, dumps
from generations.reading.edits.json_patch import Operation, PatchRefused, between, read
from generations.reading.edits.patch_summary import lines
from tests.reading.documents import BOXES

BODY = b"""{"model": "openai/gpt-5-nano", "temperature": 0.7, "top_p": 1.0, "tools": [],
 "messages": [{"role": "user", "content": "first line\\nsecond line"}, {"role": "user", "content": "b"}],
 "schema": {"a": 1, "b": 2}, "provider": {"only": ["a", "b"], "order": ["a"]}}"""


def summaries(text: str, body: bytes | None = BODY) -> list[str]:
    return [line.text for line in lines(body, read(text))]


@pytest.mark.parametrize(
    ("patch", "line", "blind"),
    [
        (
            '{"op":"replace","path":"/temperature","value":0.20}',
            "temperature: 0.7 → 0.20",
            "temperature → 0.20",
        ),
        ('{"op":"add","path":"/temperature","value":0.20}', "temperature: 0.7 → 0.20", "temperature → 0.20"),
        ('{"op":"add","path":"/seed","value":7}', "seed added: 7", "seed → 7"),
        ('{"op":"remove","path":"/top_p"}', "top_p removed (was 1.0)", "top_p removed"),
        (
            '{"op":"add","path":"/messages/1","value":{"role":"user"}}',
            'messages[1] added: {"role":"user"}',
            'messages[1] added: {"role":"user"}',
        ),
        (
            '{"op":"replace","path":"/messages/0/content","value":"x"}',
            "messages[0].content changed",
            "messages[0].content → x",
        ),
        (
            '{"op":"replace","path":"/messages/1/content","value":"c"}',
            "messages[1].content: b → c",
            "messages[1].content → c",
        ),
        (
            '{"op":"replace","path":"/schema","value":{"b":2,"a":1}}',
            "schema: the same members in another order",
            'schema → {"b":2,"a":1}',
        ),
        (
            '{"op":"test","path":"/temperature","value":0.70}',
            "temperature must be 0.70",
            "temperature must be 0.70",
        ),
        (
            '{"op":"add","path":"/provider","value":{"only":["openai"],"allow_fallbacks":false}}',
            'provider pinned to openai (was {"only":["a","b"],"order":["a"]})',
            "provider pinned to openai",
        ),
        (
            '{"op":"add","path":"/provider/only","value":["openai"]}',
            'provider pinned to openai (was ["a","b"])',
            "provider pinned to openai",
        ),
        (
            '{"op":"add","path":"/provider/only","value":["x","y"]}',
            'provider.only: ["a","b"] → ["x","y"]',
            'provider.only → ["x","y"]',
        ),
        (
            '{"op":"add","path":"/routing","value":{"only":["openai"]}}',
            "provider pinned to openai in routing",
            "provider pinned to openai in routing",
        ),
        (
            '{"op":"add","path":"/model","value":"azure:openai/gpt-5"}',
            "provider pinned to azure by the model's name (model azure:openai/gpt-5, was openai/gpt-5-nano)",
            "provider pinned to azure by the model's name (model azure:openai/gpt-5)",
        ),
        (
            '{"op":"add","path":"/model","value":"openai/gpt-5:free"}',
            "model: openai/gpt-5-nano → openai/gpt-5:free",
            "model → openai/gpt-5:free",
        ),
        ('{"op":"replace","path":"","value":{}}', "the whole changed", "the whole → {}"),
    ],
)
def test_lines(patch: str, line: str, blind: str) -> None:
    shown = summaries(f"[{patch}]")
    assert shown == [line] or (line == "the whole changed" and shown[0].startswith('the whole: {"model"'))
    assert summaries(f"[{patch}]", None) == [blind]


def test_lines_follow_one_another() -> None:
    patch = '[{"op":"remove","path":"/messages/0"},{"op":"replace","path":"/messages/0/content","value":"c"}]'
    assert summaries(patch)[1] == "messages[0].content: b → c"


def test_both_texts_of_a_long_change_are_there_for_a_word_diff() -> None:
    (line,) = lines(BODY, (Operation("replace", "/messages/0/content", "first line\nnew line"),))
    assert (line.at, line.kind) == ("/messages/0/content", "changed")
    assert line.texts == ("first line\nsecond line", "first line\nnew line")


def test_a_patch_that_does_not_fit() -> None:
    with pytest.raises(PatchRefused):
        summaries('[{"op":"remove","path":"/nothing"}]')


def test_a_value_too_deep_to_be_read_is_shown_as_it_stands() -> None:
    body = b'{"deep":' + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1) + b"}"
    (line,) = lines(body, (Operation("replace", "/deep", Number("1")),))
    assert line.text == f'deep: "{"[" * 120}" → 1'


@given(BOXES, BOXES)
def test_every_change_has_its_line(old: Value, new: Value) -> None:
    before = dumps(old).encode()
    patch = between(before, dumps(new).encode())
    shown = lines(before, patch)
    assert [line.at for line in shown] == [operation.path for operation in patch]
    assert all(line.text and "\0" not in line.text for line in shown)
    assert len(lines(None, patch)) == len(patch)


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_no_text_of_a_request_breaks_a_line(text: str) -> None:
    body = dumps({"a": text}).encode()
    (line,) = lines(body, (Operation("replace", "/a", text + "x"),))
    line.text.encode()
