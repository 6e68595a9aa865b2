"""Long strings: read in pieces and windows without losing a character, and cut short for parsing."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.values import loads
from generations.reading import text
from generations.reading.large import index, strings
from generations.reading.large.index import LocatedValue, MemorySource, Span
from generations.reading.large.index_builder import survey
from generations.reading.large.strings import slim, texts, whole, window

CHARACTERS = st.text(
    st.sampled_from('a"\\\n\t/é漢🙂') | st.characters(exclude_categories=["Cs"]), max_size=60
)
ESCAPED = st.builds(
    lambda said, short: json.dumps(said, ensure_ascii=short).encode(), CHARACTERS, st.booleans()
)


def string(raw: bytes) -> LocatedValue:
    return LocatedValue(MemorySource(raw), Span(0, len(raw), '"'))


def windows(found: LocatedValue, length: int) -> Iterator[str]:
    start: int | None = 0
    while start is not None:
        shown, start = window(found, start, length)
        yield shown


@given(ESCAPED, st.integers(12, 40))
def test_windows_lose_nothing(raw: bytes, length: int) -> None:
    assert "".join(windows(string(raw), length)) == loads(raw)


@given(ESCAPED, st.integers(12, 40))
def test_pieces_lose_nothing(raw: bytes, grain: int) -> None:
    with mock.patch.object(index, "GRAIN", grain):
        assert "".join(texts(string(raw))) == loads(raw)


@given(CHARACTERS, st.integers(4, 40))
def test_windows_of_any_json_text_lose_nothing(said: str, length: int) -> None:
    raw = json.dumps([said], ensure_ascii=False).encode()
    start, shown = 0, ""
    following: int | None = 0
    while following is not None:
        part, following = window(LocatedValue.held(raw), start, length, quoted=False)
        shown, start = shown + part, following or 0
    assert shown == raw.decode()


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        (b"abc", 3),
        (b"ab\\", 2),
        (b"ab\\\\", 4),
        (b"ab\\u00e", 2),
        (b"ab\\u00e9", 8),
        (b"ab\xc3", 2),
        (b"ab\xc3\xa9", 4),
        (b"ab\xf0\x9f\x99", 2),
        (b"abcdef\\ud83d", 6),
        (b"abcdef\\ud83d\\ude42", 18),
        (b"abcdef\\\\ud83d", 13),
    ],
)
def test_nothing_is_cut_in_the_middle(raw: bytes, readable: int) -> None:
    assert whole(raw) == readable


def test_what_is_no_string_of_json_is_shown_as_it_stands() -> None:
    assert "".join(texts(string(b'"a\nb \\x \xff"'))) == "a\nb \\x \ufffd"


def cut(value: Any, **json_options: Any) -> Any:
    raw = json.dumps(value, **json_options).encode()
    found = LocatedValue(MemorySource(raw), survey(raw))
    strings.measure(found)
    return loads(slim(found))


@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_long_texts_are_cut_and_keep_their_size(ensure_ascii: bool) -> None:
    said = "é🙂\n" * 100_000
    shortened = cut({"a": [said, "short"], "b": 1}, ensure_ascii=ensure_ascii)
    assert (shortened["a"][1], shortened["b"]) == ("short", "1")
    assert said.startswith(shortened["a"][0][:8192])
    assert len(shortened["a"][0]) < 101_000
    assert text.byte_size(shortened["a"][0]) == len(said.encode()) == 700_000
    assert (text.is_cut(shortened["a"][0]), text.is_cut("short")) == (True, False)


def test_what_is_short_enough_stays_as_it_is() -> None:
    value = {"a": ["x" * 90_000, {"b": "y" * 70_000}]}
    assert cut(value) == value


def test_very_many_long_texts_are_cut_shorter() -> None:
    shortened = cut(["x" * 50_000] * 300)
    assert {len(text) < 10_000 for text in shortened} == {True}
    assert {text.byte_size(value) for value in shortened} == {50_000}


def test_the_size_of_a_value_with_cut_texts_in_it() -> None:
    value = {"a": ["é" * 200_000, {"b": "y" * 200_000}]}
    assert text.byte_size(cut(value, ensure_ascii=False)) > 600_000
    assert text.byte_size({"a": cut("y" * 200_000)}) == len('{"a":""}') + 200_000


def test_keys_are_not_cut() -> None:
    shortened = cut({"k" * 20_000: 1, "texts": ["x" * 50_000] * 300})
    assert "k" * 20_000 in shortened


def test_too_many_values_are_not_parsed() -> None:
    with pytest.raises(strings.TooManyValues):
        cut([0] * (strings.VALUES + 2))


def test_nothing_is_read_beyond_what_is_allowed() -> None:
    raw = json.dumps(["x" * 1000] * 1000).encode()
    with pytest.raises(strings.TooManyValues):
        slim(LocatedValue(MemorySource(raw), survey(raw)), 500_000)
