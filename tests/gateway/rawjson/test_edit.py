"""Cuts and insertions in JSON text. That they do what RFC 6902 says is proved in test_patches."""

import pytest

from generations.gateway.rawjson import edit
from generations.gateway.rawjson.edit import PathMissing
from generations.gateway.rawjson.values import Unreadable


@pytest.mark.parametrize(
    ("raw", "key", "left"),
    [
        (b'{"a":1}', "a", b"{}"),
        (b'{ "a" : 1 }', "a", b"{  }"),
        (b'{ "a":1, "b":2 }', "a", b'{ "b":2 }'),
        (b'{ "a":1, "b":2 }', "b", b'{ "a":1 }'),
        (b'{"a":1,"a":2,"b":3}', "a", b'{"b":3}'),
        (b'{"a":1,"b":2,"a":3}', "a", b'{"b":2}'),
        (b'{"b":1,"a":2,"c":3,"a":4}', "a", b'{"b":1,"c":3}'),
        (b'{"a":1,"a":2}', "a", b"{}"),
        (b'{"a":1,"\\u0061":2,"b":3}', "a", b'{"b":3}'),
        (b"\xef\xbb\xbf [1, 2]", "0", b"\xef\xbb\xbf [2]"),
        (b"[1, [2], 3]", "1", b"[1, 3]"),
    ],
)
def test_removed(raw: bytes, key: str, left: bytes) -> None:
    assert edit.removed(raw, [key]) == left


@pytest.mark.parametrize(
    ("raw", "key", "made"),
    [
        (b"{ }", "a", b'{"a":0 }'),
        (b'{"b":1 }', "a", b'{"b":1,"a":0 }'),
        (b'{"a":1, "a": 2}', "a", b'{"a":1, "a": 0}'),
        (b'{"b":1}', "-", b'{"b":1,"-":0}'),
        (b'{"b":1}', '"\ud83d', b'{"b":1,"\\"\\ud83d":0}'),
        (b"[ ]", "-", b"[0 ]"),
        (b"[ 1 ]", "0", b"[ 0,1 ]"),
        (b"[ 1 ]", "1", b"[ 1,0 ]"),
    ],
)
def test_put(raw: bytes, key: str, made: bytes) -> None:
    assert edit.put(raw, [key], b"0") == made


def test_value_and_replaced() -> None:
    raw = b'{"a": [1.50, {"b": "x"}]}'
    assert edit.value(raw, ["a", "1"]) == b'{"b": "x"}'
    assert edit.replaced(raw, ["a", "1", "b"], b"null") == b'{"a": [1.50, {"b": null}]}'
    assert edit.replaced(b" 1 ", [], b"2") == b" 2 "


@pytest.mark.parametrize(
    "tokens", [["b"], ["a", "0"], ["l", "2"], ["l", "-1"], ["l", "1e0"], ["l", "9" * 5000]]
)
def test_missing(tokens: list[str]) -> None:
    raw = b'{"a": 1, "l": [1, 2]}'
    for change in (edit.value, edit.removed, lambda raw, tokens: edit.replaced(raw, tokens, b"0")):
        with pytest.raises(PathMissing):
            change(raw, tokens)


@pytest.mark.parametrize("raw", [b"", b" ", b'{"a": 1', b'{"a" 1}', b'{"a": 1 "b": 2}'])
def test_damaged(raw: bytes) -> None:
    for change in (edit.value, edit.removed, lambda raw, tokens: edit.put(raw, tokens, b"0")):
        with pytest.raises(Unreadable):
            change(raw, ["b"])
