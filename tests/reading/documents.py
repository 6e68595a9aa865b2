"""JSON text as no serialiser writes it, and patches for it."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from generations.gateway.rawjson.values import Number, Value, dumps

NUMBERS = st.sampled_from(
    ["0", "-0", "1", "1.0", "1e2", "1E+400", "0.10", "9" * 100, "-0." + "1234567890" * 10]
).map(Number)
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=8) | st.sampled_from(
    ["", "~", "/", "~1", "a/b", "-", "0", "01", "\ud83d", '"', "\\", '{"a":1}', "}, {", "\0", "café"]
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
BOXES = st.dictionaries(TEXTS, VALUES, max_size=4) | st.lists(VALUES, max_size=4)
RANDOMS = st.randoms(use_true_random=False)


def written(value: Value, random: Random, twice: bool = True) -> bytes:
    """The value with odd spaces, escapes and, if `twice`, members that a later one with the same key hides."""
    text = _space(random) + _text(value, random, twice) + _space(random)
    return text.encode("utf-8", "surrogatepass")


def _text(value: Value, random: Random, twice: bool) -> str:
    inner = []
    if isinstance(value, dict):
        for key, child in value.items():
            if twice and random.random() < 0.2:
                inner.append(_string(key, random) + ":[1, {}]")
            member = _space(random) + ":" + _space(random) + _text(child, random, twice)
            inner.append(_string(key, random) + member)
        if twice and value and random.random() < 0.2:  # a duplicate far from its last one
            inner.insert(0, _string(next(reversed(value)), random) + ': "hidden"')
    elif isinstance(value, list):
        inner = [_text(child, random, twice) for child in value]
    elif isinstance(value, str) and not isinstance(value, Number):
        return _string(value, random)
    else:
        return dumps(value)
    joined = ",".join(_space(random) + member + _space(random) for member in inner) or _space(random)
    return f"{{{joined}}}" if isinstance(value, dict) else f"[{joined}]"


def _string(text: str, random: Random) -> str:
    way = random.random()
    if way < 0.3:  # every character as an escape
        units = text.encode("utf-16-be", "surrogatepass").hex()
        return '"' + "".join("\\u" + units[at : at + 4] for at in range(0, len(units), 4)) + '"'
    paired = any(0xD800 <= ord(letter) < 0xE000 for letter in text)
    return json.dumps(text, ensure_ascii=way < 0.6 or paired)


def _space(random: Random) -> str:
    return random.choice(["", "", "", " ", "\n  ", "\t\r\n"])


def plain(value: Any) -> str:
    """What tells two values apart: kinds, number text, order of members."""
    return dumps(value)


def unordered(value: Any) -> Any:
    """The same without the order of members; a number cannot be taken for a text."""
    if isinstance(value, dict):
        return {key: unordered(child) for key, child in value.items()}
    if isinstance(value, list):
        return [unordered(child) for child in value]
    return dumps(value)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, child in inner for deeper in places(child, (*path, key)))]
