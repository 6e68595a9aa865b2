"""Short, safe text, tolerant readers of JSON values, and paths into a record."""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number, Value, dumps

HEAD = 2048
Step = str | int
_BIGGEST = Decimal(10) ** 18


def words(value: object) -> str | None:
    """A JSON string with characters in it, as it is; None for everything else."""
    return value if isinstance(value, str) and value and not isinstance(value, Number) else None


def title(value: object, limit: int = 60) -> str:
    """A text that fits into a heading; "" for what must be shown as a part of its own."""
    text = words(value)
    return visible(text) if text is not None and len(text) <= limit else ""


def titles(values: Mapping[str, Value], *keys: str, limit: int = 60) -> set[str]:
    """Those of `keys` whose values fit into a heading."""
    return {key for key in keys if title(values.get(key), limit)}


def whole(value: object) -> int | None:
    """A JSON number without fraction, smaller than 10^18; None for everything else."""
    number = decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def decimal(value: object, bound: Decimal = _BIGGEST) -> Decimal | None:
    """A JSON number (or text that is one) smaller than `bound` (10^18); None for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if isinstance(value, str):
        number = Number(value.strip()).decimal
    else:
        number = Decimal(value)
    return number if number is not None and abs(number) < bound else None


def box(value: object) -> dict[str, Value]:
    """A JSON object; an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Value]:
    """A JSON list; an empty one for everything else."""
    return value if isinstance(value, list) else []


def inside(value: object, *path: str) -> Value:
    """The member at `path` of nested JSON objects, None where one of them is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value  # type: ignore[return-value]


def first(values: Mapping[str, Value], *keys: str) -> Value:
    """The first of `keys` that is neither missing nor null."""
    for key in keys:
        if (value := values.get(key)) is not None:
            return value
    return None


def head(text: str, limit: int = HEAD) -> str:
    """The first `limit` characters, with nothing in them that a page or a column refuses."""
    return visible(text[:limit])


def short(value: object, limit: int = 200) -> str:
    """Any JSON value on one line: text as it is, the rest as JSON; cut with an ellipsis."""
    if isinstance(value, str):
        shown = value[: limit + 1]
    else:
        shown = snippet(value, limit + 1, indent=None)
    return visible(shown[:limit]) + ("…" if len(shown) > limit else "")


def snippet(value: object, limit: int = HEAD, indent: int | None = 2) -> str:
    """The first `limit` characters of a value as JSON text, read no further than needed."""
    return readable(dumps(pruned(value, limit), indent=indent))[:limit]


def compact(value: object, limit: int = HEAD, line: int = 90) -> str:
    """The same, on one line where it is no longer than `line` characters."""
    shown = snippet(value, limit)
    if len(shown) > 3 * line:
        return shown
    joined = re.sub(r"\n *", " ", shown)
    joined = (
        re.sub(r"(?<=[{\[]) | (?=[}\]])", "", joined)
        if '"' not in shown or _BARE.fullmatch(shown)
        else joined
    )
    return joined if len(joined) <= line else shown


_BARE = re.compile(r'[^"]*+(?:"[^"\\{}\[\]]*+"[^"]*+)*+')


def readable(json_text: str) -> str:
    """JSON text with its `\\uXXXX` escapes as characters where that changes nothing but the looks."""
    if "\\u" not in json_text:
        return json_text
    return visible(_ESCAPE.sub(_character, json_text))


def pruned(value: object, limit: int) -> Value:
    """A copy of `value` that is enough for the first `limit` characters of its JSON text.

    It counts too few characters rather than too many: a cut text must be seen to be longer than `limit`.
    """
    left = [limit]
    return _prune(value, left, 0)


def _prune(value: object, left: list[int], depth: int) -> Value:
    if isinstance(value, dict):
        return {k[:HEAD]: v for k, v in _while(value.items(), left, depth)}
    if isinstance(value, list):
        return [v for _, v in _while(enumerate(value), left, depth)]
    if isinstance(value, str):
        cut = value[: max(left[0], 1)]
        left[0] -= len(cut)
        return Number(cut) if isinstance(value, Number) else cut
    left[0] -= 4
    return value  # type: ignore[return-value]


def _while(pairs: Iterable[tuple[object, object]], left: list[int], depth: int) -> "list[tuple[str, Value]]":
    kept = []
    for key, child in pairs:
        if left[0] <= 0 or depth > 60:
            break
        left[0] -= len(key) + 4 if isinstance(key, str) else 1
        kept.append((str(key), _prune(child, left, depth + 1)))
    return kept


def byte_size(value: object) -> int:
    """Bytes of a text in UTF-8, or of any other value as compact JSON, with what was cut out of it."""
    text = value if isinstance(value, str) else dumps(value)  # type: ignore[arg-type]
    hidden = [(int(found[1]), found[0]) for found in _CUT.finditer(text)] if has_cut(text) else []
    return utf8_size(text) + sum(size - utf8_size(mark) for size, mark in hidden)


def utf8_size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


# -- texts that were cut -------------------------------------------------------------------------------------

# Nobody sees these characters, and no record can hold them in this order: it changes with every process.
_SIGN = "".join(secrets.choice("\u200b\u200c") for _ in range(48))
_ESCAPED = dumps(_SIGN)[1:-1]
_CUT = re.compile(rf"(?:{_SIGN}|{re.escape(_ESCAPED)})\((\d+) bytes more\)")


def cut_mark(hidden: int) -> str:
    """What stands at the end of a long text that was cut before it was parsed: so many bytes were left out."""
    return f"{_SIGN}({hidden} bytes more)"


def is_cut(text: str) -> bool:
    """Whether the text ends in such a mark."""
    return _SIGN in text[-100:]


def has_cut(text: str) -> bool:
    """Whether the text, or JSON text, holds such a mark."""
    return _SIGN in text or _ESCAPED in text


# -- paths -------------------------------------------------------------------------------------------------


def pointer(*path: Step) -> str:
    """RFC 6901: `/replay_request/messages/0`. No path is the whole record, ""."""
    return below("", *path)


def below(at: str, *path: Step) -> str:
    """The pointer of something inside the value at pointer `at`."""
    for step in path:
        at += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return at


def steps(at: str) -> list[str]:
    """The parts of a pointer. Only the value itself shows whether one is a key or a position."""
    return [step.replace("~1", "/").replace("~0", "~") for step in at.split("/")[1:]]


def dotted(at: str, skip: int = 0) -> str:
    """A pointer for reading: `messages[2].content`, without its first `skip` steps. json.js does the same."""
    shown = ""
    for step in steps(at)[skip:]:
        if _PLAIN.fullmatch(step):
            shown += f".{step}"
        else:
            shown += f"[{step if _POSITION.fullmatch(step) else json.dumps(step, ensure_ascii=False)}]"
    return visible(shown.removeprefix("."))


_POSITION, _PLAIN = re.compile(r"\d+", re.ASCII), re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)


_ESCAPE = re.compile(r"(\\\\)|\\u([0-9a-f]{4})(?:\\u(d[c-f][0-9a-f]{2}))?", re.IGNORECASE)


def _character(found: "re.Match[str]") -> str:
    double, code, low = found.groups()
    if double:
        return str(double)
    high = int(code, 16)
    if 0xD800 <= high < 0xDC00 and low:
        return chr(0x10000 + ((high - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    shown = (
        found[0]
        if high < 0x20 or high == 0x22 or high == 0x5C or 0x7F <= high < 0xA0 or 0xD800 <= high < 0xE000
        else chr(high)
    )
    return shown if not low or shown == found[0] else shown + found[0][6:]
