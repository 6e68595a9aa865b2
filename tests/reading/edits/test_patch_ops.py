"""Members set and taken out."""

import pytest

from generations.gateway.rawjson.values import Number, Value, loads
from generations.reading.edits.json_patch import Operation
from generations.reading.edits.patch_ops import Body, drop, put


def body(text: str) -> Body:
    value = loads(text)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("text", "value", "path", "patch"),
    [
        ("{}", True, ("a",), [("/a", True)]),
        ('{"a":0.7}', Number("0.70"), ("a",), []),
        ('{"a":"0.7"}', Number("0.7"), ("a",), [("/a", Number("0.7"))]),
        ('{"a":null}', None, ("a",), []),
        ("{}", "x", ("a", "b", "c"), [("/a", {"b": {"c": "x"}})]),
        ('{"a":{"z":1}}', "x", ("a", "b", "c"), [("/a/b", {"c": "x"})]),
        ('{"a":[1]}', "x", ("a", "b"), [("/a", {"b": "x"})]),
        ('{"a/b":{}}', "x", ("a/b", "~"), [("/a~1b/~0", "x")]),
    ],
)
def test_put(text: str, value: Value, path: tuple[str, ...], patch: list[tuple[str, Value]]) -> None:
    assert put(body(text), value, *path) == tuple(Operation("add", at, new) for at, new in patch)


@pytest.mark.parametrize(
    ("text", "path", "at"),
    [
        ('{"a":1}', ("a",), "/a"),
        ("{}", ("a",), ""),
        ('{"a":{"b":null}}', ("a", "b"), "/a/b"),
        ('{"a":[1]}', ("a", "0"), ""),
    ],
)
def test_drop(text: str, path: tuple[str, ...], at: str) -> None:
    assert drop(body(text), *path) == ((Operation("remove", at),) if at else ())
