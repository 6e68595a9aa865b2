"""Long strings of a record: read in pieces and in windows, or cut short so that what is around them can be parsed.

Positions in a string count the bytes of its JSON text, the first quote not included.
"""

import re
from collections.abc import Iterator

import msgspec

from generations.gateway.rawjson.tokens import SPACE, STRING
from generations.gateway.rawjson.values import Unreadable, loads
from generations.reading.large.index import LocatedValue, Span
from generations.reading.text import cut_mark, utf8_size

WINDOW = 64_000  # bytes of a string that one fragment shows
KEPT, BRIEF = 100_000, 9_000  # bytes of a long string in what is parsed; the latter where there are very many
ROOM = 8 * 2**20  # bytes that are parsed with KEPT
MOST, VALUES = 16 * 2**20, 1_000_000  # bytes, and about how many values, that are parsed at all


class TooManyValues(Exception):
    """So many values that parsing them would cost too much memory."""


# -- characters ----------------------------------------------------------------------------------------------

_HALF_PAIR = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89abAB][0-9a-fA-F]{2}\Z")


def whole(raw: bytes) -> int:
    """How many bytes of a string's beginning can be read by themselves: no escape, pair or character is cut."""
    end = _escapes(raw)
    end = end if end < len(raw) else _characters(raw)
    if end > 6 and _HALF_PAIR.search(raw, max(0, end - 64), end):
        end -= 6
    return end or len(raw)


def _escapes(raw: bytes) -> int:
    """Where the escape begins that is cut at the end, else the length."""
    slash = raw.rfind(b"\\", -6)
    if slash < 0:
        return len(raw)
    before = len(raw[: slash + 1]) - len(raw[: slash + 1].rstrip(b"\\"))
    needs = 6 if raw[slash + 1 : slash + 2] == b"u" else 2
    return slash if before % 2 and slash + needs > len(raw) else len(raw)


def _characters(raw: bytes) -> int:
    """How many bytes of UTF-8 can be read by themselves: no character is cut."""
    for back in range(1, min(4, len(raw)) + 1):
        lead = raw[-back]
        if lead >= 0xC0:  # the first byte of a character
            needs = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return len(raw) - back if back < needs else len(raw)
        if lead < 0x80:
            break
    return len(raw)


_TEXT = msgspec.json.Decoder(str)


def plain(raw: bytes) -> str:
    """The characters of a part of a string; what is damaged is shown as it stands."""
    quoted = b'"' + raw + b'"'
    try:
        return _TEXT.decode(quoted)
    except (msgspec.DecodeError, UnicodeDecodeError):  # halves of surrogate pairs, or damage
        pass
    try:
        return str(loads(quoted))
    except Unreadable:
        return raw.decode("utf-8", "replace")


def texts(found: LocatedValue) -> Iterator[str]:
    """The characters of a string, in pieces that do not cut what belongs together."""
    rest = b""
    inner = found.source.pieces(found.span.start + 1, max(found.span.start + 1, found.span.end - 1))
    for piece in inner:
        rest += piece
        end = whole(rest)
        yield plain(rest[:end])
        rest = rest[end:]
    if rest:
        yield plain(rest)


def window(
    found: LocatedValue, start: int, length: int = WINDOW, *, quoted: bool = True
) -> tuple[str, int | None]:
    """The characters from byte `start` on, and where the next window begins (None at the end).

    `quoted`: of a string; else of the JSON text of any value.
    """
    first, last = found.span.start + quoted, found.span.end - quoted
    at = min(first + start, last)
    raw = found.source.slices([(at, min(at + length, last))])[0]
    if at + length >= last:
        return _readable(raw, quoted), None
    end = whole(raw) if quoted else _characters(raw)
    return _readable(raw[:end], quoted), start + end


def _readable(raw: bytes, quoted: bool) -> str:
    return plain(raw) if quoted else raw.decode("utf-8", "replace")


def measure(found: LocatedValue) -> None:
    """Set the size of each large string in a value: `count` becomes the bytes of its characters in UTF-8."""
    for span in strings(found.span):
        span.count = sum(utf8_size(text) for text in texts(LocatedValue(found.source, span)))


# -- cutting short -------------------------------------------------------------------------------------------


def strings(span: Span) -> Iterator[Span]:
    """The large strings in a value, in order."""
    waiting = [span]
    while waiting:
        value = waiting.pop()
        if value.kind == '"':
            yield value
        waiting += [inner for _, inner in reversed(value.inner)]


def slim(found: LocatedValue, most: int | None = None) -> bytes:
    """The JSON text of a value with its long strings cut; `text.byte_size` still knows their sizes.

    Raises TooManyValues, before anything is read if that would be more than `most` bytes.
    """
    spans = list(_kept(found.span))
    if most is not None and sum(end - start for start, end, _ in spans) > most:
        raise TooManyValues
    parts = found.source.slices([(start, end) for start, end, _ in spans])
    pieces = zip(parts, spans, strict=True)
    raw = b"".join(_cut(part, size) if size else part for part, (_, _, size) in pieces)
    raw = shortened(raw) if len(raw) > ROOM else raw
    if len(raw) > MOST or raw.count(b",") > VALUES:
        raise TooManyValues
    return raw


def _kept(span: Span) -> Iterator[tuple[int, int, int]]:
    """The spans of a value that are kept; of a string that is cut with its whole size in UTF-8, else with 0."""
    at = span.start
    for string in strings(span):
        if string.size - 2 > KEPT:
            if string.start > at:
                yield at, string.start, 0
            yield string.start, string.start + 1 + KEPT, string.count or string.size - 2
            at = string.end
    if at < span.end:
        yield at, span.end, 0


def _cut(raw: bytes, size: int) -> bytes:
    """A string's beginning, its first quote included, as a string that says how much of `size` bytes is left out."""
    end = 1 + whole(raw[1:])
    return raw[:end] + cut_mark(size - utf8_size(plain(raw[1:end]))).encode() + b'"'


def shortened(raw: bytes) -> bytes:
    """JSON text with every string cut to BRIEF bytes; keys stay as they are."""
    return _STRING.sub(_brief, raw)


_STRING = re.compile(STRING, re.DOTALL)
_COLON = re.compile(SPACE + b":")


def _brief(found: "re.Match[bytes]") -> bytes:
    string = found[0]
    if len(string) <= BRIEF + 200 or _COLON.match(found.string, found.end()):
        return string
    return _cut(string[: BRIEF + 1], utf8_size(plain(string[1:-1])))
