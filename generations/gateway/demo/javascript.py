"""JSON as the gateway's language and its database leave it.

contract §0.2: the gateway is JavaScript, so a body that it parsed has lost what a double cannot hold and has its keys in
JavaScript's order; jsonb columns have the order of PostgreSQL.
"""

import math
import re
from decimal import Decimal
from typing import Any

SAFE = 2**53
_INDEX = re.compile(r"0|[1-9]\d{0,9}")
_LAST_INDEX = 2**32 - 2
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*+"?|-?(?<!\d)\d++(?:(?:\.\d++)?e[+-]?\d++|\.\d++)')


def parsed(value: Any) -> Any:
    """What JSON.parse and JSON.stringify make of a value."""
    if isinstance(value, dict):
        kept = {key: parsed(item) for key, item in value.items() if key != "__proto__"}
        first = sorted((key for key in kept if _is_index(key)), key=int)
        return {key: kept[key] for key in first} | kept if first else kept
    if isinstance(value, list):
        return [parsed(item) for item in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > SAFE):
        return _number(value)
    return value


def _is_index(key: str) -> bool:
    return bool(_INDEX.fullmatch(key)) and int(key) <= _LAST_INDEX


def _number(value: float) -> float | int | None:
    try:
        double = float(value)
    except OverflowError:
        return None
    if not math.isfinite(double):
        return None  # JSON.stringify(Infinity) is null
    return int(Decimal(repr(double))) if double.is_integer() and abs(double) < 1e21 else double


def jsonb(value: Any) -> Any:
    """A value as a jsonb column gives it back: shorter keys first, then by their bytes."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(raw := name.encode("utf-8", "surrogatepass")), raw))
        return {name: jsonb(value[name]) for name in names}
    return [jsonb(item) for item in value] if isinstance(value, list) else value


def number_text(value: float | Decimal) -> str:
    """A number as `String(value)` writes it: 2.8e-7, 0.00000325, 70."""
    sign, digits, power = Decimal(repr(value) if isinstance(value, float) else value).normalize().as_tuple()
    assert isinstance(power, int)  # finite
    shown, point = "".join(map(str, digits)), len(digits) + power
    before = "-" if sign and shown != "0" else ""
    if shown == "0":
        return "0"
    if not -6 < point <= 21:
        tail = f".{shown[1:]}" if shown[1:] else ""
        return f"{before}{shown[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"
    if point <= 0:
        return f"{before}0.{'0' * -point}{shown}"
    whole = shown[:point].ljust(point, "0")
    return before + whole + (f".{shown[point:]}" if shown[point:] else "")


def numbers(text: str) -> str:
    """JSON text of Python with its floats written as JavaScript writes them; strings stay."""
    return _SCALAR.sub(_rewritten, text)


def _rewritten(found: re.Match[str]) -> str:
    shown = found[0]
    return shown if shown.startswith('"') else number_text(Decimal(shown))
