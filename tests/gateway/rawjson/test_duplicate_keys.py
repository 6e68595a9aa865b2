"""Duplicate keys are found wherever they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson import duplicate_keys
from generations.gateway.rawjson.duplicate_keys import Repeat
from generations.gateway.rawjson.values import Number

N1, N2 = Number("1"), Number("2.0")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"a": 1, "b": {"a": 2}}', []),
        (b'{"a": 1, "a": 2.0}', [Repeat(("a",), (N1, N2))]),
        (b'\xef\xbb\xbf{"a": 1, "a": 1, "a": 2.0}', [Repeat(("a",), (N1, N1, N2))]),
        (b'{"x": [{"/": null, "\\u002f": {}}]}', [Repeat(("x", 0, "/"), (None, {}))]),
        (b'{"a": {"b": 1, "b": 2.0}, "a": {}}', [Repeat(("a",), ({"b": N2}, {}))]),
        (b'{"\\ud800": 1, "\\ud800": NaN}', [Repeat(("\ud800",), (N1, Number("NaN")))]),
        (b'{"a": 1, "a": 2, "b": [', [Repeat(("a",), (None, None))]),
        (b"[" * 100_000, []),
        (b"\xff\xfe", []),
        (b"", []),
    ],
)
def test_repeats(raw: bytes, found: list[Repeat]) -> None:
    assert duplicate_keys.find(raw) == found


def test_many_are_bounded() -> None:
    raw = "[" + ",".join(['{"a": 1, "a": 2}'] * 200) + "]"
    assert len(duplicate_keys.find(raw)) == duplicate_keys.MOST


JSON = st.recursive(
    st.none() | st.booleans() | st.text("ab/~\u00e9\ud800", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON, st.lists(st.sampled_from(["list", "object"]), max_size=5))
def test_a_key_is_found_at_its_path(value: object, boxes: list[str]) -> None:
    text, path = '{"k": 1, "\\u006b": ' + json.dumps(value) + "}", ("k",)
    whole: tuple[str | int, ...] = path
    for box in boxes:
        text, step = (f"[0, {text}]", 1) if box == "list" else (f'{{"o": {text}}}', "o")
        whole = (step, *whole)
    assert [(item.path, item.values[-1]) for item in duplicate_keys.find(text)] == [(whole, value)]
    assert duplicate_keys.find(json.dumps(value)) == []
