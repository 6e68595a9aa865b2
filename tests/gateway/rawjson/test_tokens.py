"""The tokenizer of JSON bytes: the same as a parser says of valid text, every duplicate key, and a reason for damage."""

import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson import spans, tokens
from generations.gateway.rawjson.spans import entries, member, span
from generations.gateway.rawjson.tokens import walk
from generations.gateway.rawjson.values import Number, Unreadable, loads
from tests.gateway.rawjson.test_values import JSON, SPACE, TEXT, numbers_as_text


def steps(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, child in inner for deeper in steps(child, (*path, key)))]


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@given(JSON, st.sampled_from([None, 0, 3]), st.booleans(), SPACE)
def test_member_cuts_what_a_parser_finds(
    value: Any, indent: int | None, ascii_only: bool, space: str
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    raw = (space + text + space).encode("utf-8", "surrogatepass")
    whole = numbers_as_text(text)
    for path in steps(whole):
        found = member(raw, *path)
        assert found is not None
        assert loads(found) == at(whole, path)
        assert found == found.strip()
        assert found in raw


@given(st.binary(max_size=40) | st.text('{}[]",:\\ \n1a', max_size=40).map(str.encode))
def test_member_survives_any_bytes(raw: bytes) -> None:
    paths: list[tuple[str | int, ...]] = [("a",), (0,), ("a", 0, "b"), ()]
    for path in paths:
        found = member(raw, *path)
        assert found is None or found in raw


def test_member_takes_the_last_duplicate_and_reads_escaped_keys() -> None:
    raw = rb'{"a": 1, "\u0061": [2.50, {"b\n": "x"}] , "c": 3}'
    assert member(raw, "a") == b'[2.50, {"b\\n": "x"}]'
    assert member(raw, "a", 1, "b\n") == b'"x"'


def test_span_is_where_the_member_stands() -> None:
    raw = b' {"a": 1, "b": [1, 22 ]} '
    assert [span(raw), span(raw, "a"), span(raw, "b", 1), span(raw, "x"), span(b"")] == [
        (1, 24),
        (7, 8),
        (19, 21),
        None,
        None,
    ]


@pytest.mark.parametrize("path", [("x",), ("a", "0"), ("l", 2), ("l", -1), ("a", 0), ("c", "d")])
def test_member_is_none_where_nothing_is(path: tuple[str | int, ...]) -> None:
    assert member(b'{"a": {"0x": 1}, "l": [1, 2], "c": 3}', *path) is None


@pytest.mark.parametrize(
    "raw", [b'{"a": 1', b'{"a": "x', b'{"a" 1}', b"{a: 1}", b'{"b": 1, "a"', b'{"a": }', b""]
)
def test_member_is_none_in_damaged_text(raw: bytes) -> None:
    assert member(raw, "a") is None


def test_member_passes_over_depth_and_length() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    escapes = b'"' + b'\\n\\"' * 500_000 + b'"'
    raw = b'{"deep": ' + deep + b', "long": ' + escapes + b', "a": 1.50}'
    assert member(raw, "deep") == deep
    assert member(raw, "long") == escapes
    assert member(raw, "a") == b"1.50"


def test_a_byte_order_mark_is_passed_over() -> None:
    assert loads(b'\xef\xbb\xbf{"a":1}') == {"a": "1"}
    assert member(b'\xef\xbb\xbf{"a":1}', "a") == b"1"


def test_entries_give_out_what_came_before_the_damage() -> None:
    found: list[str | int] = []
    with pytest.raises(Unreadable, match="the value at byte 14 never ends"):
        found.extend(map(itemgetter(0), entries(b'{"a":1, "b" : [2')))
    assert found == ["a"]


# -- the same as a parser ------------------------------------------------------------------------------------

NUMBERS = st.integers(-(10**400), 10**400).map(str) | st.sampled_from(
    ["1e9999", "-0.0", "1E+2", "0.10", "9" * 5000]
)
PAIRS = st.recursive(
    NUMBERS | TEXT.map(json.dumps) | st.sampled_from(["true", "false", "null"]),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(
            st.tuples(st.sampled_from(["a", "b", "\\u0061", "é", "\\ud83d", ""]), inner), max_size=5
        ).map(lambda pairs: "{" + " ,".join(f'"{key}" :{value}' for key, value in pairs) + "}")
    ),
    max_leaves=25,
)
"""JSON text with duplicate keys, keys that are spelled in two ways, lone surrogates and huge numbers."""


def parsed(text: str) -> Any:
    """The value, objects as their list of pairs, numbers as their text: what the json module reads."""
    return json.loads(
        text, object_pairs_hook=lambda pairs: ("object", pairs), parse_int=Number, parse_float=Number
    )


def read(raw: bytes) -> Any:
    """The same by `entries`."""
    mark = raw.lstrip()[:1]
    if mark not in (b"{", b"["):
        return json.loads(raw, parse_int=Number, parse_float=Number)
    found = [(key, read(raw[start:end])) for key, start, end in entries(raw)]
    return ("object", found) if mark == b"{" else [value for _, value in found]


@pytest.mark.parametrize("fast", [0, 20, 10**9])
@given(text=PAIRS)
def test_members_are_those_of_the_json_module(fast: int, text: str) -> None:
    with mock.patch.object(spans, "FAST", fast):
        assert read(text.encode()) == parsed(text)


@given(PAIRS)
def test_a_walk_passes_every_key_and_scalar(text: str) -> None:
    def leaves(value: Any) -> Iterator[Any]:
        match value:
            case ("object", pairs):
                for key, child in pairs:
                    yield key
                    yield from leaves(child)
            case list():
                for child in value:
                    yield from leaves(child)
            case _:
                yield value

    raw = text.encode()
    passed = [
        json.loads(raw[token.start : token.end], parse_int=Number, parse_float=Number) for token in walk(raw)
    ]
    assert passed == list(leaves(parsed(text)))


@given(PAIRS, st.sampled_from([4, 30, 10**6]))
def test_tokens_that_are_joined_say_the_same(text: str, whole: int) -> None:
    """The pieces between the joined ones are white space and punctuation, and nothing is passed over."""
    raw, last = text.encode(), 0
    for _, start, end in tokens.tokens(raw, whole=whole):
        assert raw[last:start].strip(b" ,:") == b""
        assert last <= start < end
        last = end
    assert raw[last:].strip(b" ,:") == b""


@given(PAIRS, st.data())
def test_what_the_json_module_refuses_is_refused(text: str, data: st.DataObject) -> None:
    """A byte taken out: read level by level, the text breaks exactly where it is no JSON any more."""
    raw = text.encode()
    place = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:place] + raw[place + 1 :]
    assert is_readable(damaged) == is_json(damaged)


def is_json(raw: bytes) -> bool:
    try:
        parsed(raw.decode())
    except ValueError:
        return False
    return True


def is_readable(raw: bytes) -> bool:
    """Whether every level can be read, and nothing stands behind the outermost value."""
    try:
        read(raw)
        ends = [end for _, _, end in entries(raw)] if raw.lstrip()[:1] in (b"{", b"[") else []
    except ValueError:
        return False
    behind = raw[ends[-1] :].strip() if ends else b"".join(raw.split())
    return behind in (b"}", b"]") if ends else behind[:1] not in (b"{", b"[") or behind in (b"{}", b"[]")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "neither an object nor a list"),
        (b"1", "neither an object nor a list"),
        (b"{", "no key at byte 1"),
        (b"{a:1}", "no key at byte 1"),
        (b'{"a" 1}', "expected ':' at byte 5"),
        (b'{"a":1 "b":2}', "expected ',' at byte 7"),
        (b'{"a":1,}', "no key at byte 7"),
        (b'{"a":1,// one\n}', "a comment at byte 7; JSON has none"),
        (b'{"a":}', "no value at byte 5"),
        (b"[1,]", "no value at byte 3"),
        (b"[,1]", "no value at byte 1"),
        (b'["a":1]', "expected ',' at byte 4"),
        (b'{"a":"x', "the value at byte 5 never ends"),
        (b'{"a":[1', "the value at byte 5 never ends"),
        (b'{"a":["x]', "the value at byte 5 never ends"),
        (b'{"a":1', "expected ',' at byte 6"),
        (b'{"a":1]', "expected ',' at byte 6"),
        (b"[1}", "expected ',' at byte 2"),
        (b'{"a', "no key at byte 1"),
    ],
)
@pytest.mark.parametrize("fast", [0, 10**9])
def test_damage_has_a_reason_and_a_place(raw: bytes, why: str, fast: int) -> None:
    with mock.patch.object(spans, "FAST", fast), pytest.raises(Unreadable) as error:
        list(entries(raw))
    assert str(error.value) == why


def test_duplicate_keys_are_all_there_in_a_large_text_too() -> None:
    """msgspec, which skips large values quickly, keeps the last of them in silence."""
    boxes = [json.dumps({"x": [[[n] * size]]}).encode() for n, size in enumerate((9_000, 20_000, 9_000, 3))]
    raw = b'{"a": %s, "b": 1, "a": %s, "a": %s, "\\u0061": %s}' % tuple(boxes)
    assert [(key, raw[start:end]) for key, start, end in entries(raw)] == [
        ("a", boxes[0]),
        ("b", b"1"),
        ("a", boxes[1]),
        ("a", boxes[2]),
        ("a", boxes[3]),
    ]
    assert member(raw, "a") == boxes[3]


@pytest.mark.heavy
def test_a_member_of_a_large_text_is_found_without_a_look_at_each_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """1,135 ms of a text of 9 MB before, 28 ms since."""
    deep = json.dumps({"a": [[[[[[n]]]]] for n in range(100_000)], "last": 1}).encode()
    monkeypatch.setattr(spans, "_value_end", lambda *_: pytest.fail("it counts brackets"))
    assert member(deep, "last") == b"1"


def test_very_many_members_are_not_held_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "MANY", 10)
    monkeypatch.setattr(spans, "_LIST", None)
    raw = json.dumps([[[n]] for n in range(20_000)]).encode()
    assert [raw[start:end] for _, start, end in entries(raw)][-1] == b"[[19999]]"
