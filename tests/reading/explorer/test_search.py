"""Find in JSON: every place in keys and values, whatever its escapes, on damaged and deep text too."""

import json
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.tokens import walk
from generations.gateway.rawjson.values import Unreadable
from generations.reading.explorer import json_nodes, search
from generations.reading.explorer.search import find
from generations.reading.large import index
from generations.reading.large.index import LocatedValue, MemorySource
from generations.reading.large.index_builder import survey
from generations.reading.text import below
from tests.reading.large.test_index import WRITTEN


def found(raw: bytes, text: str, **more: Any) -> list[tuple[str, str, int]]:
    return [(hit.at, hit.kind, hit.times) for hit in find(raw, text, **more).hits]


RAW = b'{"Oslo": 1, "a/b": [{"city": "OSLO oslo", "t": 1e2}, "os\\u006co", "\\"quoted\\" \\n"]'
RAW += b', "x": {"k~": "\xc3\x85lesund"}}'


def test_keys_and_values_whatever_the_case_and_the_escapes() -> None:
    assert found(RAW, "oslo") == [
        ("/Oslo", "key", 1),
        ("/a~1b/0/city", "value", 2),
        ("/a~1b/1", "value", 1),
    ]
    assert (find(RAW, "oslo").count, find(RAW, "oslo").places) == (4, 3)


def test_numbers_quotes_line_breaks_and_other_letters() -> None:
    assert found(RAW, "1e2") == [("/a~1b/0/t", "value", 1)]
    assert found(RAW, '"quoted" \n') == [("/a~1b/2", "value", 1)]
    assert found(RAW, "ålesund") == [("/x/k~0", "value", 1)]
    assert found(RAW, "u006c") == []


def test_a_scalar_and_a_base() -> None:
    assert found(b'"hello"', "ell") == [("", "value", 1)]
    assert found(b'{"a": ["b"]}', "b", base="/replay_request") == [("/replay_request/a/0", "value", 1)]
    assert find(b'"x"', "x").hits[0].path == "(the whole)"
    assert find(b'{"a": ["b"]}', "b").hits[0].path == "a[0]"


def test_nothing_is_looked_for() -> None:
    assert find(RAW, "") == search.Matches([], 0, 0)


def test_what_is_shown_around_a_hit() -> None:
    raw = json.dumps("a" * 100 + "NEEDLE" + "b" * 100).encode()
    hit = find(raw, "needle").hits[0]
    assert (hit.before, hit.match, hit.after) == ("…" + "a" * 60, "NEEDLE", "b" * 60 + "…")


def test_the_first_200_places_are_shown_and_all_are_counted() -> None:
    found = find(json.dumps(["x x"] * 300).encode(), "x")
    assert (len(found.hits), found.places, found.count, found.ended) == (200, 300, 600, "")


def test_damage_ends_the_search_and_says_so() -> None:
    found = find(b'{"a": "x", "b": "x', "x")
    assert ([hit.at for hit in found.hits], found.ended) == (["/a"], "damage")
    assert [find(raw, "x").ended for raw in (b"]", b"[1}}", b"1,2")] == ["damage"] * 3


def test_no_time_ends_the_search_and_says_so() -> None:
    found = find(json.dumps(["x"] * 10_000).encode(), "x", seconds=-1)
    assert (found.ended, found.places) == ("time", 0xFFF)


def test_any_depth() -> None:
    raw = b"[" * 100_000 + b'"x"' + b"]" * 100_000
    assert find(raw, "x").hits[0].at == "/0" * 100_000


def test_a_pattern_is_a_text() -> None:
    assert found(b'["a.c", "abc"]', "a.c") == [("/0", "value", 1)]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_pointers_lead_to_the_bytes(value: Any, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=1).encode()
    for token in walk(raw):
        if not token.is_key:
            at = below("", *token.path)
            assert json_nodes.cut(raw, at) == raw[token.start : token.end]


@given(st.binary(max_size=40) | st.text('{}[],:"\\a1 ').map(str.encode))
def test_no_text_breaks_it(raw: bytes) -> None:
    find(raw, "a")
    try:
        for _ in walk(raw):
            pass
    except Unreadable:
        pass


# -- in large values -----------------------------------------------------------------------------------------


@given(WRITTEN, st.sampled_from(["a", "x", "xx", "É", "\n", "0", '"', "🙂", "1", "xxxxxxx"]))
def test_a_walked_value_has_the_hits_of_an_unwalked_one(raw: bytes, text: str) -> None:
    with mock.patch.object(index, "GRAIN", 16):
        assert search.find_in(LocatedValue(MemorySource(raw), survey(raw)), text) == find(raw, text)


def test_a_place_across_two_pieces_counts_once() -> None:
    said = "." * (index.GRAIN - 5) + "needle" + "." * 20 + "NEEDLE" + "." * index.GRAIN
    raw = json.dumps({"a": [1, said]}).encode()
    found = search.find_in(LocatedValue(MemorySource(raw), survey(raw)), "Needle", base="/r")
    hit = found.hits[0]
    assert (found.count, found.places, hit.at, hit.times) == (2, 1, "/r/a/1", 2)
    assert (hit.before, hit.match, hit.after) == (
        "…" + "." * 60,
        "needle",
        "." * 20 + "NEEDLE" + "." * 34 + "…",
    )


def test_a_long_search_ends_inside_a_text() -> None:
    raw = json.dumps("x" * 10 * index.GRAIN).encode()
    found = search.find_in(LocatedValue(MemorySource(raw), survey(raw)), "x", seconds=-1)
    assert found.ended == "time"
