"""What differs between two JSON values."""

import copy
from typing import Any

import pytest
from hypothesis import given

from generations.gateway.rawjson.values import Number, Value, loads
from generations.reading.diff import json_diff
from generations.reading.diff.json_diff import Change, changes, differences, same, text_changes
from tests.reading.documents import BOXES, VALUES, plain


@given(VALUES, VALUES)
def test_same_is_equal_text(first: Value, second: Value) -> None:
    assert same(first, second) is (plain(first) == plain(second))
    assert same(first, copy.deepcopy(first))


def test_the_order_of_members_counts() -> None:
    assert not same({"a": None, "b": True}, {"b": True, "a": None})


@given(BOXES, BOXES)
def test_only_equal_values_have_no_differences(first: Value, second: Value) -> None:
    assert (list(differences(first, second)) == []) is (plain(first) == plain(second))


@given(BOXES, BOXES)
def test_the_values_stand_at_both_paths(first: Value, second: Value) -> None:
    for found in differences(first, second):
        if found.kind != "added":
            assert at(first, found.old) == found.before
        if found.kind != "removed":
            assert at(second, found.new) == found.after


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def lines(first: str, second: str) -> list[str]:
    return [change.text for change in changes(loads(first), loads(second)).shown]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ('{"a":0.70}', '{"a":0.7}', ["a: 0.70 → 0.7"]),
        ('{"a":"1"}', '{"a":1}', ['a: "1" → 1']),
        ('{"a":""}', '{"a":null}', ['a: "" → null']),
        ('{"a":"null"}', '{"a":"x y"}', ['a: "null" → x y']),
        ('{"a":1,"b":{"c":true}}', '{"b":{"c":true,"d":[1]}}', ["a removed (was 1)", "b.d added: [1]"]),
        (
            '{"l":[{"k":1,"v":1},{"k":2,"v":2}]}',
            '{"l":[{"k":0},{"k":1,"v":1},{"k":2,"v":3}]}',
            ['l[0] added: {"k":0}', "l[2].v: 2 → 3"],
        ),
        ("[1,2,3]", "[2,3]", ["[0] removed (was 1)"]),
        ('{"s":{"a":1,"b":2}}', '{"s":{"b":2,"a":1}}', ["s: the same members in another order"]),
        ('{"a":1}', "[1]", ['the whole: {"a":1} → [1]']),
        ('{"a":"' + "x" * 200 + '"}', '{"a":"y"}', ["a changed"]),
        ('{"n":' + "1" * 100 + "}", '{"n":' + "1" * 99 + "2}", [f"n: {'1' * 100} → {'1' * 99}2"]),
    ],
)
def test_lines(first: str, second: str, expected: list[str]) -> None:
    assert lines(first, second) == expected


def test_long_texts_are_given_for_a_word_diff() -> None:
    found = changes({"a": "one\ntwo", "b": "short"}, {"a": "one\n\0", "b": "shorter"})
    assert [change.texts for change in found.shown] == [("one\ntwo", "one\n\u2400"), None]
    digits = Number("1" * 200), Number("2" * 200)
    assert changes({"n": digits[0]}, {"n": digits[1]}).shown[0].texts == digits
    assert changes({"n": digits[0]}, {"n": "2" * 200}).shown[0].texts is None


def test_many_differences_are_counted() -> None:
    found = changes([Number(n) for n in range(1000)], [Number(-n - 1) for n in range(1000)], shown=2)
    assert (len(found.shown), found.total, found.coarse) == (1, 1, False)
    wide = changes({f"k{n}": None for n in range(1000)}, {}, shown=2)
    assert (len(wide.shown), wide.total) == (2, 1000)


def test_lists_too_long_to_be_aligned_say_so() -> None:
    first: list[Value] = ["a", "b"] * 5000
    two: list[Value] = ["b", "a", "a"] * 4000
    assert changes(first, two).coarse is True


@pytest.mark.parametrize("text", ["words", "1", '"{}"', "{", "[" * 500 + "]" * 500])
def test_only_objects_and_lists_are_compared_by_structure(text: str) -> None:
    assert text_changes(text, "{}") is None
    assert text_changes("{}", text) is None


def test_texts_that_are_json() -> None:
    found = text_changes(' {"a": 1}', '{"a":2}\n')
    assert found == json_diff.Changes([Change("changed", "/a", "a", "1", "2")], 1, False)
