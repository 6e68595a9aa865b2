"""The bytes of the gateway's answers, with the outline that pages read instead of them."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.utils import timezone

from generations.models.generation import Generation
from generations.reading import documents
from generations.reading.large import index
from generations.reading.large.index import MemorySource, Span

CHUNK = 256 * 1024  # bytes of a large record in one row
AHEAD = 4  # chunks read with one query
BEST_FIRST = "has_request::int + has_answer::int DESC, fetched_at DESC"  # for statements by hand: what `best_first` says
_BODIES = Cast("has_request", models.IntegerField()) + Cast("has_answer", models.IntegerField())
_ORDERING = (_BODIES.desc(), "-fetched_at")


class StoredRecordQuerySet(models.QuerySet["StoredRecord"]):
    def best_first(self) -> Self:
        """The record with most bodies first, the newest of those first."""
        return self.order_by(*_ORDERING)

    def best_of_each(self) -> Self:
        """The first of these for each generation."""
        return self.order_by("generation_id", *_ORDERING).distinct("generation_id")

    def slim(self) -> Self:
        """Without the bytes: what pages read."""
        return self.defer("packed", "marks")


class StoredRecord(models.Model):
    """The bytes of one answer of the gateway, with the outline that pages read instead of them.

    A generation keeps its newest record and, when that one has lost bodies, the last one that had them. The bytes of
    a small record are `packed`; those of a large one are in its chunks, and `marks` says what is where.
    """

    generation = models.ForeignKey(Generation, models.CASCADE, related_name="records")
    fetched_at = models.DateTimeField(default=timezone.now)
    packed = models.BinaryField()
    marks = models.TextField(blank=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    has_request = models.BooleanField(default=False)
    has_answer = models.BooleanField(default=False)
    replayable = models.BooleanField(default=False)
    outline = models.TextField()

    objects = StoredRecordQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["generation", "-fetched_at"]),
            models.Index(fields=["fetched_at"], condition=Q(size__gt=0), name="with_content"),
        ]

    def __str__(self) -> str:
        return f"record of {self.generation_id}, {self.size} bytes"

    @property
    def raw(self) -> bytes:
        """The bytes exactly as the gateway sent them, all in memory."""
        if self.packed:
            return zlib.decompress(bytes(self.packed))
        whole = BytesIO()
        for piece in self.source.pieces(0, self.size):
            whole.write(piece)
        return whole.getvalue()

    @property
    def source(self) -> "MemorySource | Chunks":
        """The bytes to be read in parts."""
        return MemorySource(self.raw) if self.packed else Chunks(self.pk, self.size)

    @property
    def root(self) -> Span | None:
        """Where the large values stand; None if nobody has walked the record."""
        return index.load(self.marks) if self.marks else None

    def value(self, at: str) -> index.LocatedValue | None:
        """The value at JSON pointer `at`, to be read in full or in parts; None if there is none.

        A pointer may lead into a value that is read out of text: see `documents`.
        """
        name, rest = documents.split(at)
        return documents.find(name, rest, self._at) if name else self._at(at)

    def _at(self, at: str) -> index.LocatedValue | None:
        return index.locate(self.source, self.root, at)

    @staticmethod
    def pack(raw: bytes) -> bytes:
        """The stored form of `raw`."""
        return zlib.compress(raw, 3)

    def take(self, raw: bytes) -> None:
        """Make `raw` the bytes of this new row; those of a large record are stored by `keep`."""
        self.size = len(raw)
        self.packed = self.pack(raw) if len(raw) <= index.SMALL else b""

    def keep(self, raw: bytes) -> None:
        """Store this new row with its bytes: a large record in chunks of their own, made one after the other."""
        self.take(raw)
        self.save(force_insert=True)
        numbers = range(0) if self.packed else _numbers(0, len(raw))
        for batch in (numbers[first : first + AHEAD] for first in numbers[::AHEAD]):
            rows = [(number, self.pack(raw[number * CHUNK : (number + 1) * CHUNK])) for number in batch]
            RecordChunk.objects.bulk_create(
                RecordChunk(record=self, position=number, packed=packed) for number, packed in rows
            )


class RecordChunk(models.Model):
    """CHUNK bytes of a large record, the last one fewer: number `position` from 0 on."""

    record = models.ForeignKey(StoredRecord, models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    packed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "position"], name="one_chunk_per_position")]

    def __str__(self) -> str:
        return f"chunk {self.position} of record {self.record_id}"


@dataclass(frozen=True, slots=True)
class Chunks:
    """The bytes of a large stored record, read where they are wanted.

    Raises RecordChunk.DoesNotExist when they were forgotten meanwhile.
    """

    record: int
    length: int

    def slices(self, spans: Sequence[index.Range]) -> list[bytes]:
        """The bytes of each span, with one query."""
        wanted = {number for span in spans for number in _numbers(*span)}
        found = self._read(wanted) if wanted else {}
        return [self._cut(found, start, end) for start, end in spans]

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes of one span, chunk by chunk. No cursor stays open for a slow reader."""
        numbers = _numbers(start, end)
        for batch in (numbers[first : first + AHEAD] for first in range(0, len(numbers), AHEAD)):
            found = self._read(set(batch))
            for number in batch:
                begins = number * CHUNK
                yield self._cut(found, max(start, begins), min(end, begins + CHUNK))

    def _read(self, wanted: set[int]) -> dict[int, bytes]:
        rows = RecordChunk.objects.filter(record=self.record, position__in=wanted)
        found = {number: zlib.decompress(packed) for number, packed in rows.values_list("position", "packed")}
        if len(found) < len(wanted):
            raise RecordChunk.DoesNotExist
        return found

    @staticmethod
    def _cut(found: dict[int, bytes], start: int, end: int) -> bytes:
        numbers = _numbers(start, end)
        begins = numbers.start * CHUNK
        return b"".join(found[number] for number in numbers)[start - begins : end - begins]


def _numbers(start: int, end: int) -> range:
    """The chunks that hold the bytes from start to end."""
    return range(start // CHUNK, -(-end // CHUNK) if end > start else start // CHUNK)
