"""Exact bytes out of JSON text: where the members of an object or list stand, read token by token (`tokens.py`)."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from generations.gateway.rawjson.tokens import FLAT, SPACE, STRING, WORD, Step, start_of
from generations.gateway.rawjson.values import Unreadable, loads

__all__ = ["entries", "member", "span"]


def member(raw: bytes, *path: Step) -> bytes | None:
    """The exact bytes of the value at `path` (keys and list positions), or None if it is absent or `raw` is
    damaged.

    Of duplicate keys the last wins. The rest of `raw` is skipped, not parsed.
    """
    found = span(raw, *path)
    return raw[found[0] : found[1]] if found else None


def span(raw: bytes, *path: Step) -> tuple[int, int] | None:
    """Where the bytes that `member` cuts out start and end."""
    start, end = _SPACE.match(raw, start_of(raw)).end(), len(raw.rstrip(b" \t\r\n"))  # type: ignore[union-attr]
    for step in path:
        found = None
        try:
            for key, at, to in entries(raw, start, end):
                if key == step and type(key) is type(step):
                    found = at, to
        except Unreadable:
            return None
        if found is None:
            return None
        start, end = found
    return (start, end) if start < end else None


_SPACE = re.compile(SPACE)
_VALUE = rb"(?:(%b|%b++|%b)%b([,}\]])%b)?" % (STRING, WORD, FLAT, SPACE, SPACE)
_PLAIN = rb"[ !#-\[\]-~]*+"  # printable ASCII without escapes: nearly every key
_ITEM = re.compile(b"()()" + _VALUE, re.DOTALL)
_MEMBER = re.compile(rb'(?:(?:"(%b)"|(%b))%b:%b)?' % (_PLAIN, STRING, SPACE, SPACE) + _VALUE, re.DOTALL)
_BEHIND = re.compile(rb"()()()%b([,}\]]?)%b" % (SPACE, SPACE))


def entries(raw: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[Step, int, int]]:
    """Each member of the object or list that begins at byte `at`: its key or position, and where its value
    starts and ends. Raises Unreadable where the text breaks off; the members before that were yielded.

    Where the box ends at `end` (with `at` 0 it is taken to be the whole text) large values are skipped quickly.
    """
    at = _SPACE.match(raw, at or start_of(raw)).end()  # type: ignore[union-attr]
    is_object = raw[at : at + 1] == b"{"
    if not is_object and raw[at : at + 1] != b"[":
        raise Unreadable("neither an object nor a list")
    large = _LargeValues(raw, at, end)
    match, closing, position = (_MEMBER.match, b"}", 0) if is_object else (_ITEM.match, b"]", 0)
    at = _SPACE.match(raw, at + 1).end()  # type: ignore[union-attr]
    while position or raw[at : at + 1] != closing:
        found: re.Match[bytes] = match(raw, at)  # type: ignore[assignment]  # all of it may be missing
        key: Step = position
        if is_object:
            key = _key(raw, found) if found[1] is None else found[1].decode()
        start, stop = found.span(3)
        if found[4] is None:
            start = found.end()
            stop = large.end(key, start)
            found = _BEHIND.match(raw, stop)  # type: ignore[assignment]
        yield key, start, stop
        if found[4] == closing:
            return
        if found[4] != b",":
            raise Unreadable(f"expected ',' at byte {_SPACE.match(raw, stop).end()}")  # type: ignore[union-attr]
        at, position = found.end(), position + 1


def _key(raw: bytes, found: "re.Match[bytes]") -> str:
    """The key that has escapes or letters beyond ASCII. Raises Unreadable where there is none."""
    quoted, at = found[2], found.start()
    if quoted is None:
        if text := _STRING.match(raw, at):
            raise Unreadable(f"expected ':' at byte {_SPACE.match(raw, text.end()).end()}")  # type: ignore[union-attr]
        comment = raw[at : at + 2] in (b"//", b"/*")
        raise Unreadable(f"a comment at byte {at}; JSON has none" if comment else f"no key at byte {at}")
    return str(loads(quoted))


class _LargeValues:
    """Where the large members of one box end: quickly where msgspec can read the box, else by counting brackets.

    Of duplicate keys msgspec keeps the last in silence, so what it cut counts only where the very bytes stand: those
    of an object or list cannot go on behind its bracket.
    """

    def __init__(self, raw: bytes, at: int, end: int | None) -> None:
        self.raw, self.at = raw, at
        self.limit = len(raw) if end is None and at <= start_of(raw) else end
        self.values: dict[Step, memoryview] = {}

    def end(self, key: Step, start: int) -> int:
        """The end of the value under `key`, which begins at `start`. Raises Unreadable."""
        if self.limit is not None and self.limit - start > FAST:
            self._read(self.limit)
        cut = self.values.get(key)
        if cut is not None and self.raw.startswith(cut, start):
            return start + len(cut)
        return _value_end(self.raw, start)

    def _read(self, limit: int) -> None:
        """Cut the members, once; not where they may be so many that their objects would fill the memory."""
        self.limit = None
        if self.raw.count(b",", self.at, limit) > MANY:
            return
        text = memoryview(self.raw)[self.at : limit]
        try:
            found: Iterable[tuple[Step, msgspec.Raw]] = (
                _OBJECT.decode(text).items() if bytes(text[:1]) == b"{" else enumerate(_LIST.decode(text))
            )
        except (
            msgspec.DecodeError,
            UnicodeDecodeError,
            RecursionError,
        ):  # damaged, or nested too deep for it
            return
        self.values = {key: cut for key, raw in found if (cut := memoryview(raw))[0] in b"{["}


FAST = 1024  # bytes from which on it is worth it
MANY = 1_000_000
_OBJECT, _LIST = msgspec.json.Decoder(dict[str, msgspec.Raw]), msgspec.json.Decoder(list[msgspec.Raw])


def _value_end(raw: bytes, start: int) -> int:
    """Where the value that begins at `start` ends. Raises Unreadable."""
    if scalar := _SCALAR.match(raw, start):
        return scalar.end()
    if raw[start : start + 1] in _NO_VALUE:
        raise Unreadable(f"no value at byte {start}")
    depth = 0
    for found in _STRUCTURE.finditer(raw, start):
        mark = raw[found.start()]
        if found.end() - found.start() > 1:  # a string
            continue
        if mark == _QUOTE:  # a string that never ends
            break
        depth += 1 if mark in b"{[" else -1
        if depth == 0:
            return found.end()
    raise Unreadable(f"the value at byte {start} never ends")


_STRING = re.compile(STRING, re.DOTALL)
_SCALAR = re.compile(rb"%b|%b++" % (STRING, WORD), re.DOTALL)
_NO_VALUE = (b",", b"}", b"]", b":")
_STRUCTURE = re.compile(rb'%b|["{}\[\]]' % STRING, re.DOTALL)
_QUOTE = 0x22
