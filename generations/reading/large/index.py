"""Where things stand in a large record, so that a part of it is read without the rest.

A record is walked once, when it arrives (`index_builder`). What is kept is small: each value of more than GRAIN bytes with
its span and, where it is an object or a list, marks between its members that are about GRAIN apart. Whoever looks for
a value then reads the bytes between two marks. All spans are bytes of the record, the end not included.
"""

import contextlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from generations.gateway.rawjson.spans import entries
from generations.gateway.rawjson.values import Unreadable
from generations.reading.explorer import json_nodes
from generations.reading.text import pointer, steps

SMALL = 256 * 1024  # bytes of a record that is not worth walking
GRAIN = 64 * 1024
READ_AT_ONCE = 4 * 2**20  # bytes between marks that are held while a key is looked for
Range = tuple[int, int]
Step = str | int


class ByteSource(Protocol):
    """The bytes of a record, wherever they are."""

    @property
    def length(self) -> int: ...

    def slices(self, spans: Sequence[Range]) -> list[bytes]:
        """The bytes of each span, all at once: for few and short ones."""

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes of one span, however long, in pieces."""


@dataclass(frozen=True, slots=True)
class MemorySource:
    """A record that is in memory."""

    raw: bytes

    @property
    def length(self) -> int:
        return len(self.raw)

    def slices(self, spans: Sequence[Range]) -> list[bytes]:
        return [self.raw[start:end] for start, end in spans]

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        return (self.raw[at : min(at + GRAIN, end)] for at in range(start, end, GRAIN))


class Span(msgspec.Struct, array_like=True):
    """A value: `kind` is its first character, one of {["; "" is anything else, and what nobody has looked into.

    `count` is how many members it has, or how many bytes of text. A large object or list has `marks` (position of a
    member, byte where it begins) and, under their keys, its large members. A key that a later duplicate has replaced
    is None.
    """

    start: int
    end: int
    kind: str = ""
    count: int = 0
    marks: list[Range] = []
    inner: list[tuple[str | None, "Span"]] = []

    @property
    def size(self) -> int:
        return self.end - self.start

    def large(self, step: str) -> "Span | None":
        """The large member under this key or position."""
        return next((span for name, span in reversed(self.inner) if name == step), None)

    def size_at(self, at: str) -> int | None:
        """The bytes of the value at a pointer; None unless it is large."""
        here: Span | None = self
        for step in steps(at):
            here = here.large(step) if here else None
        return here.size if here else None


@dataclass(frozen=True, slots=True)
class LocatedValue:
    """A value and what it is read from: the record, or for a small value its own bytes."""

    source: ByteSource
    span: Span

    @classmethod
    def held(cls, raw: bytes) -> "LocatedValue":
        return cls(MemorySource(raw), Span(0, len(raw)))

    @property
    def size(self) -> int:
        return self.span.size

    def head(self, length: int) -> bytes:
        """Its first bytes."""
        return self.source.slices([(self.span.start, min(self.span.start + length, self.span.end))])[0]

    def read(self) -> bytes:
        """All of it in memory."""
        return self.head(self.size)

    def pieces(self) -> Iterator[bytes]:
        return self.source.pieces(self.span.start, self.span.end)


def dump(span: Span) -> str:
    return msgspec.json.encode(span).decode("utf-8", "replace")


def load(text: str) -> Span:
    return msgspec.json.decode(text, type=Span)


# -- finding -------------------------------------------------------------------------------------------------


def locate(source: ByteSource, root: Span | None, at: str) -> LocatedValue | None:
    """The value at pointer `at`, None if there is none. Without `root` nobody has walked the record: it is read whole."""
    here, way = root or Span(0, source.length), steps(at)
    for depth, step in enumerate(way):
        found = here.large(_canonical(here, step))
        if found is None:
            raw = (
                _member(source, here, step) if here.marks else _cut(LocatedValue(source, here).read(), [step])
            )
            raw = _cut(raw, way[depth + 1 :]) if raw is not None else None
            return LocatedValue.held(raw) if raw is not None else None
        here = found
    return LocatedValue(source, here)


def _canonical(span: Span, step: str) -> str:
    """A position without zeros in front."""
    return str(int(step)) if span.kind == "[" and _is_position(step) else step


def _is_position(step: str) -> bool:
    return step.isascii() and step.isdecimal() and len(step) < 10


def _cut(raw: bytes, way: list[str]) -> bytes | None:
    return json_nodes.cut(raw, pointer(*way))


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two marks: one large member (`span` under `key`), or small ones from position `first` on."""

    first: int
    start: int
    end: int
    kind: str
    key: str | None = None
    span: Span | None = None

    def box(self, raw: bytes) -> bytes:
        """The segment's bytes as an object or list by itself."""
        return self.kind.encode() + raw.rstrip(b", \t\r\n") + (b"]" if self.kind == "[" else b"}")

    def members(self, raw: bytes) -> Iterator[tuple[Step, bytes]]:
        """The small ones, out of the segment's bytes. Ends where they are damaged."""
        box = self.box(raw)
        with contextlib.suppress(Unreadable):
            for key, start, end in entries(box):
                yield key if isinstance(key, str) else self.first + key, box[start:end]


def segments(span: Span) -> list[Segment]:
    """The segments of a large object or list, in order."""
    large, made = iter([*span.inner, (None, None)]), []
    key, next_large = next(large)
    ends = [start for _, start in span.marks[1:]] + [span.end - 1]
    for (first, start), end in zip(span.marks, ends, strict=True):
        if next_large is not None and next_large.start < end:
            made.append(Segment(first, start, end, span.kind, key, next_large))
            key, next_large = next(large)
        else:
            made.append(Segment(first, start, end, span.kind))
    return made


def _member(source: ByteSource, span: Span, step: str) -> bytes | None:
    """A small member of a large object or list; of duplicate keys the last."""
    few = [segment for segment in segments(span) if segment.span is None]
    key: Step = step
    if span.kind == "[":
        if not _is_position(step):
            return None
        key = int(step)
        few = [segment for segment in few if segment.first <= key][-1:]
    found = None
    for segment, raw in read(source, few):
        found = next((value for name, value in segment.members(raw) if name == key), found)
    return found


def read(source: ByteSource, wanted: Sequence[Segment]) -> Iterator[tuple[Segment, bytes]]:
    """Segments with their bytes, a few MB at a time."""
    batch: list[Segment] = []
    for segment in wanted:
        batch.append(segment)
        if sum(segment.end - segment.start for segment in batch) >= READ_AT_ONCE:
            yield from zip(
                batch, source.slices([(segment.start, segment.end) for segment in batch]), strict=True
            )
            batch = []
    if batch:
        yield from zip(batch, source.slices([(segment.start, segment.end) for segment in batch]), strict=True)


# -- members -------------------------------------------------------------------------------------------------


def count(found: LocatedValue) -> int:
    """How many members an object or list has; 0 for anything else."""
    if found.span.marks or found.span.kind == '"':
        return found.span.count
    return json_nodes.length(found.read())


def members(found: LocatedValue, start: int, width: int) -> list[tuple[Step, LocatedValue]]:
    """Up to `width` members from position `start` on. A large object lists every one of its duplicate keys."""
    span = found.span
    if span.kind == '"':
        return []
    if not span.marks:
        return [(key, LocatedValue.held(raw)) for key, raw in json_nodes.children(found.read(), start, width)]
    parts = segments(span)
    near = parts[max(0, bisect_right(span.marks, start, key=lambda mark: mark[0]) - 1) :]
    near = [segment for segment in near if segment.first < start + width]
    raws = {
        segment.start: raw
        for segment, raw in read(found.source, [segment for segment in near if segment.span is None])
    }
    numbered = [
        pair for segment in near for pair in _numbered(found.source, segment, raws.get(segment.start, b""))
    ]
    return [(key, value) for position, key, value in numbered if start <= position < start + width]


def _numbered(source: ByteSource, segment: Segment, raw: bytes) -> Iterator[tuple[int, Step, LocatedValue]]:
    """The members of a segment, each after its position."""
    if segment.span is None:
        for position, (key, value) in enumerate(segment.members(raw), segment.first):
            yield position, key, LocatedValue.held(value)
    elif segment.key is not None:
        step: Step = segment.first if segment.kind == "[" else segment.key
        yield segment.first, step, LocatedValue(source, segment.span)
