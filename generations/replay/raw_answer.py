"""The bytes of an answer: those of a running replay in memory and in checkpoints, those of an ended one joined.

What is in a checkpoint leaves memory, small answers apart: so a replay holds `ROOM` bytes of its answer at most, however
large that grows, and all replays of a process together little more than `ROOM_OF_ALL`.
"""

import io
import logging
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, F, Func, QuerySet, Value
from django.db.models.functions import Cast

from generations.models import ReplayAnswer, ReplayPart

log = logging.getLogger(__name__)

ROOM, LEAST_ROOM = 2 * 2**20, 2**19
"""Bytes that wait for a checkpoint, with few neighbours and with many; a reader with more than that waits, too."""
ROOM_OF_ALL = 24 * 2**20
"""Bytes that wait for a checkpoint in one process, which its running replays share."""
ENOUGH = 2**20
"""Bytes of one checkpoint."""
SMALL = 2**20
"""An answer of up to so many bytes stays in memory to its end, checkpointed or not."""
START = 200
PIECE = 2**20


def room_for(neighbours: int) -> int:
    """The room of each replay while so many run in one process."""
    return max(LEAST_ROOM, min(ROOM, ROOM_OF_ALL // max(1, neighbours)))


class AnswerBuffer:
    """What a running replay holds of its answer. One thread puts bytes in, another one checkpoints them.

    `received` counts every byte that came, `kept` those up to `most`; `start` are the first `START` of them.
    What is held is one block that grows and shrinks: a piece for each read would leave holes all over the heap.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.room = ROOM
        self.received = self.kept = self.saved = 0
        self.start = b""
        self._held = bytearray()
        # Bytes that came before those that are held; of the next checkpoint.
        self._dropped = self._pending = 0
        self._changed = threading.Condition(threading.Lock())

    def put(self, data: bytes) -> bool:
        """Keep these bytes. False when they are more than an answer may have: what fits is kept."""
        fits = data[: self.most - self.kept]
        with self._changed:
            if self.received < START:
                self.start += fits[: START - self.received]
            self.received += len(data)
            self.kept += len(fits)
            self._held += fits
        return len(fits) == len(data)

    @property
    def waiting(self) -> int:
        """Bytes that no checkpoint holds yet."""
        return self.kept - self.saved

    @property
    def is_worth_saving(self) -> bool:
        """Whether a checkpoint should not wait until the next one is due."""
        return self.waiting > min(ENOUGH, self.room // 2)

    @property
    def is_full(self) -> bool:
        return self.waiting > self.room

    def wait(self, seconds: float) -> None:
        """Wait until a checkpoint has made room, or so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self.is_full, seconds)

    def pending(self) -> bytes:
        """The bytes of the next checkpoint, `ENOUGH` at most: the same ones until `mark_saved`."""
        with self._changed:
            self._pending = self._pending or min(ENOUGH, self.waiting)
            return self._copy(self.saved, self.saved + self._pending)

    def mark_saved(self) -> None:
        """A checkpoint holds what was pending."""
        with self._changed:
            self.saved += self._pending
            self._pending = 0
            if self.kept > SMALL:
                del self._held[: self.saved - self._dropped]
                self._dropped = self.saved
            self._changed.notify_all()

    def forget(self) -> None:
        """Drop what is held."""
        with self._changed:
            self._held, self._pending = bytearray(), 0
            self.saved = self._dropped = self.kept
            self._changed.notify_all()

    def wire(self, replay_id: UUID) -> "RawAnswer":
        """All of it, when no more comes."""
        with self._changed:
            first = 0 if self.kept <= SMALL else self.saved
            return RawAnswer(replay_id, self.kept, (self._copy(max(first, self._dropped), self.kept),))

    def _copy(self, first: int, end: int) -> bytes:
        with memoryview(self._held) as held:
            return bytes(held[first - self._dropped : end - self._dropped])


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The bytes of one answer in order: what the database has of it, then `tail`."""

    replay_id: UUID
    size: int
    tail: tuple[bytes, ...] = field(repr=False)

    @property
    def stored(self) -> int:
        """How many bytes of it are read from the database: the sweep must not join them meanwhile."""
        return self.size - sum(map(len, self.tail))

    def pieces(self) -> Iterator[bytes]:
        """All of them. Raises DatabaseError."""
        missing = self.stored
        if missing:
            for piece in _stored(self.replay_id):
                # A checkpoint whose answer got lost is stored, and in the tail too.
                yield piece[:missing]
                missing = max(0, missing - len(piece))
            if missing:
                log.warning("Of replay %s %d bytes are not stored", self.replay_id, missing)
        yield from self.tail

    def excerpt(self, start: int, end: int) -> "Excerpt":
        """The first `start` bytes and the last `end` ones; JSON is given whole. Raises DatabaseError."""
        joined = io.BytesIO()  # which gives its own buffer away: a list of pieces would be as much again
        last, seen = b"", 0
        for piece in self.pieces():
            if seen < LOOKED_AT and is_json(joined.getvalue() + piece[:LOOKED_AT]):
                start = self.size
            joined.write(piece[: max(0, start - seen)])
            seen += len(piece)
            last = (last + piece)[-end:] if end else b""
        found = joined.getvalue()
        return Excerpt(found, last if len(found) < seen else found, seen)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is read of an answer: all of it, or of a long stream how it starts and how it ends; and its size."""

    start: bytes = field(repr=False)
    end: bytes = field(repr=False)
    size: int

    @classmethod
    def of(cls, raw: bytes) -> "Excerpt":
        """All of an answer that is in memory."""
        return cls(raw, raw, len(raw))


LOOKED_AT = 64


def is_json(start: bytes) -> bool:
    """Whether an answer that starts so is JSON, and no stream."""
    return start[:LOOKED_AT].lstrip()[:1] in (b"{", b"[")


def of_stored(replay_id: UUID) -> RawAnswer:
    """All that is stored of an answer."""
    return with_parts(replay_id)[0]


def with_parts(replay_id: UUID) -> tuple[RawAnswer, list[int]]:
    """All that is stored of an answer, and the rows of its checkpoints.

    Both come from one statement: the sweep may join checkpoints meanwhile, and a worker may add some.
    """
    none, octets = Value(None, BigIntegerField()), Func(F("wire"), function="octet_length")
    joined = ReplayAnswer.objects.filter(replay=replay_id).annotate(part=none).values_list("part", "size")
    parts = _parts(replay_id).order_by().annotate(octets=Cast(octets, BigIntegerField()))
    found = list(joined.union(parts.values_list("pk", "octets"), all=True))
    return RawAnswer(replay_id, sum(size for _, size in found), ()), [pk for pk, _ in found if pk is not None]


def _stored(replay_id: UUID) -> Iterator[bytes]:
    """What checkpoints hold, in order. The sweep may have joined the first of them: then they are an answer."""
    joined = ReplayAnswer.objects.filter(replay=replay_id).values_list("packed", flat=True).first()
    if joined is not None:
        unpack, rest = zlib.decompressobj(), bytes(joined)
        while piece := unpack.decompress(rest, PIECE):
            yield piece
            rest = unpack.unconsumed_tail
    for part in _parts(replay_id).values_list("wire", flat=True).iterator(chunk_size=1):
        yield bytes(part)


def _parts(replay_id: UUID) -> QuerySet[ReplayPart]:
    """Its checkpoints in order."""
    return ReplayPart.objects.filter(replay=replay_id, first_seq__gte=0).order_by("first_seq")


LARGE = 4 * 2**20
"""Bytes of an answer from which on it is packed piece by piece: a statement takes several times its size in memory."""
FIRST_PIECE = -(2**31)
JOINED = """
(SELECT string_agg(wire, ''::bytea ORDER BY first_seq) FROM generations_replaypart
 WHERE replay_id = %(id)s AND first_seq < 0)
"""
JOIN = f"UPDATE generations_replayanswer SET packed = {JOINED} WHERE replay_id = %(id)s"  # noqa: S608


def pack(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The zlib form of an answer, in pieces of about `PIECE`."""
    packer, waiting, size = zlib.compressobj(3), list[bytes](), 0
    for part in _cut(pieces):
        waiting.append(packer.compress(part))
        size += len(waiting[-1])
        if size >= PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join([*waiting, packer.flush()])


def _cut(pieces: Iterable[bytes]) -> Iterator[memoryview]:
    for piece in pieces:
        view = memoryview(piece)
        for at in range(0, len(piece), PIECE):
            yield view[at : at + PIECE]


def put_packed(wire: RawAnswer) -> None:
    """Put the packed pieces of a large answer next to its checkpoints. Within the transaction that joins them."""
    for number, piece in enumerate(pack(wire.pieces())):
        ReplayPart.objects.create(
            replay_id=wire.replay_id, first_seq=FIRST_PIECE + number, last_seq=0, entries="[]", wire=piece
        )


def join_packed(replay_id: UUID) -> None:
    """Give the stored row of a large answer its bytes, which `put_packed` has packed. Within the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(JOIN, {"id": replay_id})
    ReplayPart.objects.filter(replay=replay_id, first_seq__lt=0).delete()
