"""Tool calls: when they are the same, what differs."""

import pytest

from generations.reading.answer.tool_calls import Call, compare, key


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ([Call("f", '{"a":1,"b":2}')], [Call("f", '{ "b": 2.0, "a": 1 }')], True),
        ([Call("f", "{}"), Call("g", "{}")], [Call("g", "{}"), Call("f", "{}")], True),
        ([Call("f", "{}")], [Call("f", "{}"), Call("f", "{}")], False),
        ([Call("f", "{}")], [Call("g", "{}")], False),
        ([Call("f", '{"a":"1"}')], [Call("f", '{"a":1}')], False),
        ([Call("f", '{"a":')], [Call("f", '  {"a":\n')], True),
        ([Call("f", '{"a":"x  y"}')], [Call("f", '{"a":"x y"}')], False),
        ([], [], True),
        ([Call("f", "a"), Call("g", "b")], [Call('f","g', "a b")], False),
    ],
)
def test_keys(first: list[Call], second: list[Call], equal: bool) -> None:
    assert (key(first) == key(second)) is equal
    assert len(key(first)) == 64


def test_odd_text_has_a_key() -> None:
    assert key([Call("\ud83d", '{"a":"\\ud83d\0"}')]) != key([])


def test_calls_side_by_side() -> None:
    before = [Call("find", '{"q":"a"}'), Call("find", '{"q":"b"}'), Call("read", "no JSON")]
    after = [Call("list", "{}"), Call("find", '{ "q": "b" }'), Call("read", "other")]
    made = compare(before, after)
    assert [(change.kind, change.before, change.after) for change in made] == [
        ("gone", before[0], None),
        ("new", None, after[0]),
        ("same", before[1], after[1]),
        ("changed", before[2], after[2]),
    ]
    assert made[3].changes is None


def test_arguments_are_compared_by_structure() -> None:
    (made,) = compare([Call("f", '{"city":"Oslo","days":3}')], [Call("f", '{"city":"Oslo","days":4}')])
    assert made.changes is not None
    assert [change.text for change in made.changes.shown] == ["days: 3 → 4"]
