"""JSON text without loss.

Numbers keep their text, objects their order, lone surrogates survive, and no input ends in a RecursionError.
"""

import json
import re
from collections.abc import Iterator
from decimal import Context, Decimal, InvalidOperation
from json.encoder import encode_basestring_ascii
from typing import TypeAlias, TypeGuard, Union

__all__ = [
    "MAX_DEPTH",
    "Decoder",
    "Number",
    "Unreadable",
    "Value",
    "canonical",
    "dumps",
    "is_text",
    "loads",
    "object_of",
]

MAX_DEPTH = 300
"""The deepest nesting that `loads` returns, so that code which walks such a value may recurse safely."""

_LONGEST_NUMBER = 400  # characters, or powers of ten: beyond it a number is shown, not calculated with


class Number(str):
    """A JSON number, its text untouched: `1e2`, `0.10`, 5,000 digits. To Python it is a `str`: see
    `is_text`."""

    __slots__ = ()

    @property
    def decimal(self) -> Decimal | None:
        """Its value; None when its text is too long or its exponent too large to calculate with."""
        if len(self) > _LONGEST_NUMBER:
            return None
        try:
            value = Decimal(self)
        except InvalidOperation:
            return None
        return value if value.is_finite() and abs(value.adjusted()) <= _LONGEST_NUMBER else None

    @property
    def integer(self) -> int | None:
        """Its value if that is a whole number (`3`, `3.0`, `3e0`), else None."""
        value = self.decimal
        return int(value) if value is not None and value == value.to_integral_value() else None


# A Union, not a string: `Value | None` must work at run time.
Value: TypeAlias = Union["dict[str, Value]", "list[Value]", str, Number, bool, None]


class Unreadable(ValueError):
    """JSON text that cannot be read: bad syntax, bad UTF-8, or nested too deep. `at` is the character where it
    broke off, where that is known."""

    def __init__(self, reason: str, at: int | None = None) -> None:
        super().__init__(reason)
        self.at = at


def is_text(value: object) -> TypeGuard[str]:
    """True for a JSON string, False for a Number (which is a `str` to Python)."""
    return isinstance(value, str) and not isinstance(value, Number)


# -- reading -------------------------------------------------------------------------------------------------


def loads(raw: bytes | str) -> Value:
    """Read JSON text. Of duplicate keys the last wins, as at the gateway. Raises Unreadable and nothing
    else."""
    if len(raw) < 6 and raw in _WORDS:
        return _WORDS[raw]
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8", "surrogatepass")
        value: Value = _DECODER.decode(text.removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise Unreadable("nested too deep") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"{error.msg} at character {error.pos}", error.pos) from None
    if text.count("{") + text.count("[") > MAX_DEPTH and _too_deep(value):
        raise Unreadable(f"nested deeper than {MAX_DEPTH} levels")
    return value


def object_of(raw: bytes) -> dict[str, Value]:
    """The object of JSON text; an empty one when it holds no object or cannot be read."""
    try:
        value = loads(raw)
    except Unreadable:
        return {}
    return value if isinstance(value, dict) else {}


def _refuse(constant: str) -> None:
    raise Unreadable(f"{constant} is not JSON")


def _too_deep(value: Value) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [child for box in level for child in _children(box) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _children(box: Value) -> "list[Value]":
    return list(box.values()) if isinstance(box, dict) else box if isinstance(box, list) else []


_WORDS: dict[bytes | str, Value] = {b"null": None, b"true": True, b"false": False}
_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse)


class Decoder:
    """Reads JSON values that follow each other in one text. `repeated` collects the keys that came more than
    once in one object (the last wins)."""

    def __init__(self) -> None:
        self.repeated: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=Number, parse_float=Number, parse_constant=_refuse
        )

    def read(self, text: str, at: int = 0) -> tuple[Value, int]:
        """The value that begins at character `at` (leading white space is skipped), and where it ends. Raises
        Unreadable."""
        at = _BLANKS.match(text, at).end()  # type: ignore[union-attr]
        try:
            value, end = self._decoder.raw_decode(text, at)
        except RecursionError:
            raise Unreadable("nested too deep") from None
        except json.JSONDecodeError as error:
            raise Unreadable(f"{error.msg} at character {error.pos}", error.pos) from None
        brackets = text.count("{", at, end) + text.count("[", at, end)
        if brackets > MAX_DEPTH and _too_deep(value):
            raise Unreadable(f"nested deeper than {MAX_DEPTH} levels")
        return value, end

    def _object(self, pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            self.repeated += [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        return made


_BLANKS = re.compile(r"[ \t\r\n]*+")


# -- writing -------------------------------------------------------------------------------------------------


def dumps(value: "Value | int | float", *, indent: int | None = None) -> str:
    """Write JSON text of any depth: pure ASCII (lone surrogates as escapes), Number text as it was.

    Compact without `indent` (spaces per level), one member per line with it. Raises TypeError for what is not
    JSON.
    """
    out: list[str] = []
    boxes: list[Iterator[tuple[str, object]]] = [iter([("", value)])]
    while boxes:
        for lead, child in boxes[-1]:
            out.append(lead)
            if isinstance(child, dict | list) and child:
                boxes.append(_leads(child, indent, len(boxes)))
                break
            out.append(_scalar(child))
        else:
            boxes.pop()
    return "".join(out)


def _leads(
    box: dict[str, object] | list[object], indent: int | None, depth: int
) -> Iterator[tuple[str, object]]:
    """Each child with the text before it; the closing bracket is the text before an empty value."""
    inner, outer = (
        ("", "") if indent is None else ("\n" + " " * indent * depth, "\n" + " " * indent * (depth - 1))
    )
    colon = ":" if indent is None else ": "
    lead = ("{" if isinstance(box, dict) else "[") + inner
    if isinstance(box, dict):
        for key, child in box.items():
            yield lead + encode_basestring_ascii(key) + colon, child
            lead = "," + inner
    else:
        for child in box:
            yield lead, child
            lead = "," + inner
    yield outer + ("}" if isinstance(box, dict) else "]"), _NOTHING


_NOTHING = Number("")


def _scalar(value: object) -> str:
    match value:
        case Number():
            return value
        case str():
            return encode_basestring_ascii(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return json.dumps(value, allow_nan=False)
        case dict():
            return "{}"
        case list():
            return "[]"
    raise TypeError(f"{type(value).__name__} is not JSON")


def canonical(value: Value) -> str:
    """The same text for all that means the same: keys sorted, numbers by value (`1.0`, `1e0` and `1` alike).

    A number too long to calculate with keeps its text.
    """
    return dumps(_canonical(value))


def _canonical(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_canonical(child) for child in value]
    if isinstance(value, Number) and value.decimal is not None:
        return Number(_EXACT.plus(value.decimal).normalize(_EXACT))
    return value


_EXACT = Context(prec=2 * _LONGEST_NUMBER)  # plus turns -0 into 0
