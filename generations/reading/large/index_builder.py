"""The walk through a large record that notes where its large values are, for `index.py`."""

from generations.gateway.rawjson.tokens import (
    CLOSE,
    KEY,
    OPEN,
    RUN,
    TEXT,
    UNENDED,
    text_of,
    tokens,
)
from generations.reading.large import index
from generations.reading.large.index import Span

DEEPEST = 200  # levels; a large value further down is kept as one piece


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
            self._replace(text_of(self.key))
        if is_large:
            span.inner.append((text_of(self.key) if self.key else str(span.count), made))
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


def survey(raw: bytes) -> Span:
    """Where the large values of JSON text `raw` stand. Never raises; where it is damaged, what came before counts."""
    boxes, deep = [_Box(0, "")], _Deep()
    for kind, start, end in tokens(raw, whole=index.GRAIN):
        if deep.levels:
            deep.pass_over(kind, end, boxes[-1])
        elif kind not in (OPEN, CLOSE):
            _note(raw, boxes[-1], kind, start, end)
        elif kind == CLOSE:
            _close(boxes, end)
        elif len(boxes) <= DEEPEST:
            boxes.append(_Box(start, chr(raw[start])))
        else:
            deep.levels, deep.start = 1, start
        if len(boxes) == 1:
            break
    if deep.levels:
        boxes[-1].add(deep.start, len(raw), Span(deep.start, len(raw)))
    while len(boxes) > 1:
        _close(boxes, len(raw))
    root = boxes[0].span.inner
    return root[0][1] if root else Span(0, len(raw))


def _note(raw: bytes, box: _Box, kind: int, start: int, end: int) -> None:
    """A token of the box that is not the bracket of another."""
    if kind == KEY:
        box.key, box.member = raw[start:end], start
    elif kind == RUN:
        box.add_run(start, raw.count(b",", start, end))
    else:
        box.add(start, end, Span(start, end, '"' if kind in (TEXT, UNENDED) else ""))


class _Deep:
    """A box on the deepest level, which is kept as one piece: how many brackets in it are open, and where it began."""

    levels = start = 0

    def pass_over(self, kind: int, end: int, box: _Box) -> None:
        self.levels += (kind == OPEN) - (kind == CLOSE)
        if not self.levels:
            box.add(self.start, end, Span(self.start, end))


def _close(boxes: list[_Box], end: int) -> None:
    """End the box that was opened last; a bracket too many ends the walk."""
    if len(boxes) > 1:
        span = boxes.pop().span
        span.end = end
        boxes[-1].add(span.start, end, span)
