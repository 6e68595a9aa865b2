"""Short, safe text, tolerant readers, paths."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.values import Number, dumps, loads
from generations.reading import text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Number("12"), 12),
        (Number("1e2"), 100),
        (Number("12.0"), 12),
        ("12", 12),
        (Number("12.5"), None),
        (Number("9" * 5000), None),
        (Number("1e999999999"), None),
        (True, None),
        (None, None),
        ({}, None),
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert text.whole(value) == number


def test_decimals_keep_their_digits() -> None:
    assert text.decimal("0.050000000") == Decimal("0.050000000")


def test_pointers_and_their_parts() -> None:
    at = text.pointer("a/b", "c~d", 2, "")
    assert at == "/a~1b/c~0d/2/"
    assert text.steps(at) == ["a/b", "c~d", "2", ""]
    assert text.dotted("/replay_request/messages/2/content", 1) == "messages[2].content"
    assert text.dotted('/a.b/c d/0/"/_x-1/é') == '["a.b"]["c d"][0]["\\""]._x-1["é"]'


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.integers(0, 99), max_size=5))
def test_every_path_survives(path: list[str | int]) -> None:
    assert text.steps(text.pointer(*path)) == [str(step) for step in path]


def test_short_text_is_cut_and_made_visible() -> None:
    assert text.short("a\x00b" * 100, 5) == "a\u2400ba\u2400…"
    assert text.short({"a": [Number("0.10"), None]}) == '{"a":[0.10,null]}'


def test_snippets_read_no_further_than_needed() -> None:
    huge = {str(key): "x" * 1000 for key in range(10_000)}
    assert len(text.snippet(huge, 300)) == 300


def test_json_shows_characters_not_escapes() -> None:
    assert text.snippet({"a": 'é "q" \\u00e9 😀\n'}) == '{\n  "a": "é \\"q\\" \\\\u00e9 😀\\n"\n}'


def test_short_json_stands_on_one_line() -> None:
    assert text.compact(loads('{"city": "Oslo", "tags": ["a", 1]}')) == '{"city": "Oslo", "tags": ["a", 1]}'
    assert text.compact(loads('{"a": "{ b }"}')) == '{ "a": "{ b }" }'


def test_sizes_are_bytes() -> None:
    assert [text.byte_size("é"), text.byte_size("\ud800"), text.byte_size({"a": Number("1")})] == [2, 3, 7]


def test_the_first_that_is_there() -> None:
    assert text.first({"a": None, "b": "x"}, "a", "b") == "x"
    assert text.inside({"a": {"b": "c"}}, "a", "b") == "c"
    assert text.inside({"a": "x"}, "a", "b") is None


JSON = st.recursive(
    st.text("aé漢\U0001f600\ud800\\", max_size=9) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("aé", max_size=4), inner, max_size=4),
)


@given(st.lists(JSON, max_size=4), st.sampled_from([None, 2]))
def test_a_cut_text_is_seen_to_be_cut(value: list[object], indent: int | None) -> None:
    data = loads(json.dumps(value))
    whole = text.readable(dumps(data, indent=indent))
    assert text.snippet(data, 20, indent) == whole[:20]
    assert text.short(data, 20).endswith("…") == (len(text.readable(dumps(data))) > 20)
