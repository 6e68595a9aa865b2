import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import (
    MAX_DEPTH,
    Number,
    Unreadable,
    Value,
    canonical,
    dumps,
    is_text,
    loads,
)

TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
SPACE = st.sampled_from(["", " ", "\n", "\r\n\t "])


def numbers_as_text(text: str) -> Value:
    value: Value = json.loads(text, parse_int=Number, parse_float=Number)
    return value


@given(JSON, st.sampled_from([None, 0, 1, 4]), st.booleans())
def test_what_is_written_is_what_was_read(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    raw = text.encode("utf-8", "surrogatepass")
    assert loads(raw) == numbers_as_text(text)
    assert dumps(loads(raw), indent=indent) == json.dumps(
        value, indent=indent, separators=_separators(indent)
    )


def _separators(indent: int | None) -> tuple[str, str]:
    return (",", ":" if indent is None else ": ")


@pytest.mark.parametrize(
    "text",
    [
        "1e2",
        "0.10",
        "-0",
        "-0.0",
        "1E+400",
        "7" * 5000,
        "1.0000000000000000000000000001",
        "123456789012345678901",
    ],
)
def test_number_text_is_untouched(text: str) -> None:
    value = loads(f'{{"n":{text}}}')
    assert value == {"n": text}
    assert dumps(value) == f'{{"n":{text}}}'
    assert isinstance(value, dict)
    assert isinstance(value["n"], Number)


@pytest.mark.parametrize(
    ("text", "decimal", "integer"),
    [
        ("3", Decimal(3), 3),
        ("3.0", Decimal(3), 3),
        ("3e2", Decimal(300), 300),
        ("0.10", Decimal("0.10"), None),
        ("7" * 5000, None, None),
        ("1e999999999", None, None),
        ("1e-999999999", None, None),
        ("-0", Decimal(0), 0),
        ("1e28", Decimal("1e28"), 10**28),
        ("1234567890" * 5 + ".5", Decimal("1234567890" * 5 + ".5"), None),
    ],
)
def test_number_values(text: str, decimal: Decimal | None, integer: int | None) -> None:
    assert Number(text).decimal == decimal
    assert Number(text).integer == integer


def test_order_and_the_last_duplicate() -> None:
    value = loads(b'{"b":1,"a":2,"b":3}')
    assert isinstance(value, dict)
    assert list(value.items()) == [("b", "3"), ("a", "2")]


def test_lone_surrogates_survive() -> None:
    assert loads(rb'"\ud83d"') == "\ud83d"
    assert dumps("\ud83d") == r'"\ud83d"'
    assert loads(b'"\xed\xa0\xbd"') == "\ud83d"  # written as bytes, against the rules of UTF-8


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "Expecting value at character 0"),
        (b"{", "Expecting property name enclosed in double quotes at character 1"),
        (b"[1] 2", "Extra data at character 4"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_unreadable_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        loads(raw)
    assert str(caught.value) == reason


def test_the_deepest_readable_nesting() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert dumps(loads(text)) == text


@pytest.mark.heavy
def test_dumps_has_no_depth_limit() -> None:
    value: Value = []
    for _ in range(100_000):
        value = [value]
    assert dumps(value) == "[" * 100_001 + "]" * 100_001
    while value:  # taken apart level by level: freeing it at once is no part of this test
        assert isinstance(value, list)
        value = value.pop()


def test_dumps_writes_pythons_own_numbers_and_refuses_the_rest() -> None:
    assert dumps({"a": 1, "b": 0.5}) == '{"a":1,"b":0.5}'  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="bytes is not JSON"):
        dumps(b"x")  # type: ignore[arg-type]


def test_a_number_is_no_text() -> None:
    assert [is_text("1"), is_text(Number("1")), is_text(None)] == [True, False, False]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ('{"a":1,"b":[2]}', '{ "b" : [2.0], "a" : 1e0 }', True),
        ("[100]", "[1E+2]", True),
        ("[0]", "[-0.0]", True),
        ("[0.1]", "[0.10]", True),
        ("[" + "1" * 100 + "]", "[" + "1" * 100 + ".0]", True),
        ("[" + "1" * 100 + "]", "[" + "1" * 99 + "2]", False),
        ("[" + "7" * 5000 + "]", "[" + "7" * 5000 + "]", True),
        ("[1]", '["1"]', False),
        ("[1]", "[true]", False),
        ("[1,2]", "[2,1]", False),
        (r'"\u00e9"', '"é"', True),
        ("null", "[]", False),
    ],
)
def test_canonical_text_is_equal_for_what_means_the_same(left: str, right: str, equal: bool) -> None:
    assert (canonical(loads(left)) == canonical(loads(right))) is equal


@given(JSON)
def test_canonical_text_means_what_the_value_means(value: Any) -> None:
    parsed = numbers_as_text(json.dumps(value))
    assert canonical(loads(canonical(parsed))) == canonical(parsed)


# -- showing


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\r\n\u00e9\U0001f600", "plain\ttext\r\n\u00e9\U0001f600"),
        ("a\0b", "a\u2400b"),
        ("\x1b[0m\x7f", "\u241b[0m\u2421"),
        ("\ud83d", "\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(TEXT)
def test_visible_text_can_be_stored(text: str) -> None:
    shown = visible(text)
    assert "\0" not in shown
    assert shown.encode() == visible(shown).encode()
