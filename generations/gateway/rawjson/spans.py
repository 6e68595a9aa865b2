"""Exact bytes cut out of JSON text, without building objects for the rest."""

import re
from collections.abc import Iterator

from generations.gateway.rawjson.values import Unreadable, loads


def member(raw: bytes, *path: str | int) -> bytes | None:
    """The exact bytes of the value at `path` (keys and list positions), or None if it is absent or `raw` is
    damaged.

    Of duplicate keys the last wins. The rest of `raw` is skipped, not parsed.
    """
    found = span(raw, *path)
    return raw[found[0] : found[1]] if found else None


def span(raw: bytes, *path: str | int) -> tuple[int, int] | None:
    """Where the bytes that `member` cuts out start and end."""
    start, end = _trimmed(raw)
    try:
        for step in path:
            spans = [
                (at, to) for key, at, to in entries(raw, start) if key == step and type(key) is type(step)
            ]
            if not spans:
                return None
            start, end = spans[-1]
    except Unreadable:
        return None
    return (start, end) if start < end else None


def entries(raw: bytes, at: int = 0) -> Iterator[tuple[str | int, int, int]]:
    """Each member of the object or list that begins at byte `at`: its key or position, and where its value
    starts and ends. Raises Unreadable where the text breaks off; the members before that were yielded."""
    at = _space(raw, at or _start(raw))
    is_object = raw[at : at + 1] == b"{"
    if not is_object and raw[at : at + 1] != b"[":
        raise Unreadable("neither an object nor a list")
    closing, position = (b"}" if is_object else b"]"), 0
    at = _space(raw, at + 1)
    while position or raw[at : at + 1] != closing:
        key: str | int = position
        if is_object:
            key, at = _key(raw, at)
        end = _value_end(raw, at)
        yield key, at, end
        position += 1
        at = _space(raw, end)
        if raw[at : at + 1] == closing:
            return
        at = _space(raw, _expect(raw, at, b","))


def _key(raw: bytes, at: int) -> tuple[str, int]:
    """The key at byte `at` and where its value starts."""
    found = _STRING.match(raw, at)
    if not found:
        comment = raw[at : at + 2] in (b"//", b"/*")
        raise Unreadable(f"a comment at byte {at}; JSON has none" if comment else f"no key at byte {at}")
    colon = _space(raw, found.end())
    plain = _PLAIN.fullmatch(found[0])
    key = plain[1].decode() if plain else str(loads(found[0]))
    return key, _space(raw, _expect(raw, colon, b":"))


def _expect(raw: bytes, at: int, mark: bytes) -> int:
    if raw[at : at + 1] != mark:
        raise Unreadable(f"expected {mark.decode()!r} at byte {at}")
    return at + 1


def _value_end(raw: bytes, at: int) -> int:
    found = _SCALAR.match(raw, at)
    if found:
        return found.end()
    depth = 0
    for token in _STRUCTURE.finditer(raw, at):
        mark = raw[token.start()]
        if mark == _QUOTE:
            if token.end() - token.start() == 1:  # a string that never ends
                break
            continue
        depth += 1 if mark in b"{[" else -1
        if depth <= 0:
            return token.end()
    raise Unreadable(f"the value at byte {at} never ends")


def _start(raw: bytes) -> int:
    return 3 if raw.startswith(b"\xef\xbb\xbf") else 0


def _trimmed(raw: bytes) -> tuple[int, int]:
    return _space(raw, _start(raw)), len(raw.rstrip(b" \t\r\n"))


def _space(raw: bytes, at: int) -> int:
    if at < len(raw) and raw[at] > _BLANK:  # nothing to pass over, as nearly always
        return at
    found = _SPACE.match(raw, at)
    return found.end() if found else at


_BLANK, _QUOTE = 0x20, 0x22


_SPACE = re.compile(rb"[ \t\r\n]*+")


_PLAIN = re.compile(rb'"([ !#-\[\]-~]*+)"')  # printable ASCII without escapes: nearly every key


# Possessive quantifiers: a string of megabytes full of escapes needs no stack for going back.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


_SCALAR = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s"{}\[\],:]++', re.DOTALL)


_STRUCTURE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
