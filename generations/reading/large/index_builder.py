"""The walk through a large record that notes where its large values stand (`places`)."""

import re

from generations.gateway.rawjson.values import Unreadable, loads
from generations.reading.large import index
from generations.reading.large.index import Span

DEEPEST = 200  # levels; a large value further down is kept as one piece

# One step of the walk takes a run of numbers, or a value with all that is in it if that is short and flat enough: a
# message, as a rule. The bounds keep a step short, because nothing else runs in the process meanwhile.
_STRING = rb'"[^"\\]{0,4000}+(?:\\.[^"\\]{0,4000}+){0,2000}+"'
_SCALAR = rb'[^\s"{}\[\],:]'
_FILLING = rb'[^"{}\[\]]{0,4000}+'


def _boxed(inner: bytes) -> bytes:
    """An object or list that holds nothing but what `inner` matches."""
    return rb"[{\[]%b(?:%b%b){0,500}+[}\]]" % (_FILLING, inner, _FILLING)


_FLAT = _boxed(_STRING)
_SHORT = rb"%b|%b" % (_FLAT, _boxed(rb"(?:%b|%b)" % (_STRING, _FLAT)))
_TOKEN = re.compile(
    rb"[\s,]*+(?:((?:%b{1,40}+[ \t\r\n]*+,[ \t\r\n]*+){2,500}+)|"
    rb'(?:("[^"\\]{0,500}+(?:\\.[^"\\]{0,500}+){0,50}+")\s*+:\s*+)?(?:(%b)(?!\s*+:)|(%b)|([{\[])|([}\]])|(%b++)|(")))'
    % (_SCALAR, _STRING, _SHORT, _SCALAR),
    re.DOTALL,
)
_RUN, _KEY, _TEXT, _SMALL, _OPEN, _CLOSE, _OTHER, _LONG = range(1, 9)
_STRUCTURE = re.compile(rb'"|[{}\[\]]')


class _Box:
    """An object or list whose end has not come yet."""

    def __init__(self, start: int, kind: str) -> None:
        self.span = Span(start, 0, kind)
        self.key, self.member = b"", 0  # of the member that comes next, where it is in an object
        self.due = 0  # from this byte on the next member gets a mark

    def add(self, start: int, end: int, made: Span) -> None:
        """One more member, whose value is at start to end."""
        begins, span = self.member if self.key else start, self.span
        is_large = end - start > index.GRAIN
        if is_large or begins >= self.due:
            span.marks.append((span.count, begins))
            self.due = 0 if is_large else begins + index.GRAIN
        if self.key and (is_large or span.inner):
            self._replace(_text(self.key))
        if is_large:
            span.inner.append((_text(self.key) if self.key else str(span.count), made))
        span.count += 1
        self.key = b""

    def add_run(self, start: int, number: int) -> None:
        """So many small members of a list, one after the other."""
        if start >= self.due:
            self.span.marks.append((self.span.count, start))
            self.due = start + index.GRAIN
        self.span.count += number

    def _replace(self, key: str) -> None:
        inner = self.span.inner
        inner[:] = [(None if name == key else name, span) for name, span in inner]


def _text(key: bytes) -> str:
    try:
        return str(loads(key))
    except Unreadable:
        return key[1:-1].decode("utf-8", "replace")


def survey(raw: bytes) -> Span:
    """Where the large values of JSON text `raw` stand. Never raises; where it is damaged, what came before counts."""
    boxes, at = [_Box(0, "")], 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while (len(boxes) > 1 or not boxes[0].span.count) and (found := _TOKEN.match(raw, at)):
        at = _step(raw, boxes, found)
    while len(boxes) > 1:
        _close(boxes, len(raw))
    root = boxes[0].span.inner
    return root[0][1] if root else Span(0, len(raw))


def _step(raw: bytes, boxes: list[_Box], found: "re.Match[bytes]") -> int:
    """One token: the byte at which the walk goes on, the end where it cannot."""
    box, kind = boxes[-1], found.lastindex or 0
    start, at = found.span(kind)
    if kind == _RUN:
        box.add_run(start, raw.count(b",", start, at))
        return at
    if found[_KEY] is not None:
        box.key, box.member = found[_KEY], found.start(_KEY)
    if kind == _CLOSE:
        return _close(boxes, at) if len(boxes) > 1 else len(raw)
    if kind == _OPEN or (kind == _SMALL and at - start > index.GRAIN):
        if len(boxes) <= DEEPEST:
            boxes.append(_Box(start, chr(raw[start])))
            return start + 1
        at = _box_end(raw, start)
    elif kind == _LONG:
        at = _string_end(raw, start)
        if colon := _AFTER_KEY.match(raw, at):
            box.key, box.member = raw[start:at], start
            return colon.end()
    box.add(start, at, Span(start, at, '"' if kind in (_TEXT, _LONG) else ""))
    return at


_AFTER_KEY = re.compile(rb"\s*+:")


def _close(boxes: list[_Box], end: int) -> int:
    span = boxes.pop().span
    span.end = end
    boxes[-1].add(span.start, end, span)
    return end


def _string_end(raw: bytes, start: int) -> int:
    """Where the string that begins at `start` ends: behind a quote with an even number of backslashes before it."""
    at = start
    while (at := raw.find(b'"', at + 1)) > 0:
        slash = at
        while raw[slash - 1] == _BACKSLASH:
            slash -= 1
        if (at - slash) % 2 == 0:
            return at + 1
        if more := _MORE.match(raw, at + 1):  # where one quote is escaped others are
            at = more.end() - 1
    return len(raw)


_BACKSLASH = 0x5C
_MORE = re.compile(rb'[^"\\]{0,60000}+(?:\\.[^"\\]{0,60000}+){0,500}+', re.DOTALL)


def _box_end(raw: bytes, start: int) -> int:
    """Where the object or list that begins at `start` ends."""
    depth, at = 0, start
    while found := _STRUCTURE.search(raw, at):
        mark, at = raw[found.start()], found.end()
        if mark == _QUOTE:
            at = _string_end(raw, found.start())
            continue
        depth += 1 if mark in b"{[" else -1
        if depth == 0:
            return at
    return len(raw)


_QUOTE = 0x22
