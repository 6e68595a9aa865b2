"""Tool calls: when they are the same, what differs."""

import pytest

from generations.reading.answer.tool_calls import NamedCall, compare, key


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ([NamedCall("f", '{"a":1,"b":2}')], [NamedCall("f", '{ "b": 2.0, "a": 1 }')], True),
        ([NamedCall("f", "{}"), NamedCall("g", "{}")], [NamedCall("g", "{}"), NamedCall("f", "{}")], True),
        ([NamedCall("f", "{}")], [NamedCall("f", "{}"), NamedCall("f", "{}")], False),
        ([NamedCall("f", "{}")], [NamedCall("g", "{}")], False),
        ([NamedCall("f", '{"a":"1"}')], [NamedCall("f", '{"a":1}')], False),
        ([NamedCall("f", '{"a":')], [NamedCall("f", '  {"a":\n')], True),
        ([NamedCall("f", '{"a":"x  y"}')], [NamedCall("f", '{"a":"x y"}')], False),
        ([], [], True),
        ([NamedCall("f", "a"), NamedCall("g", "b")], [NamedCall('f","g', "a b")], False),
    ],
)
def test_keys(first: list[NamedCall], second: list[NamedCall], equal: bool) -> None:
    assert (key(first) == key(second)) is equal
    assert len(key(first)) == 64


def test_odd_text_has_a_key() -> None:
    assert key([NamedCall("\ud83d", '{"a":"\\ud83d\0"}')]) != key([])


def test_calls_side_by_side() -> None:
    before = [NamedCall("find", '{"q":"a"}'), NamedCall("find", '{"q":"b"}'), NamedCall("read", "no JSON")]
    after = [NamedCall("list", "{}"), NamedCall("find", '{ "q": "b" }'), NamedCall("read", "other")]
    made = compare(before, after)
    assert [(change.kind, change.before, change.after) for change in made] == [
        ("gone", before[0], None),
        ("new", None, after[0]),
        ("same", before[1], after[1]),
        ("changed", before[2], after[2]),
    ]
    assert made[3].changes is None


def test_arguments_are_compared_by_structure() -> None:
    (made,) = compare(
        [NamedCall("f", '{"city":"Oslo","days":3}')], [NamedCall("f", '{"city":"Oslo","days":4}')]
    )
    assert made.changes is not None
    assert [change.text for change in made.changes.shown] == ["days: 3 → 4"]
