"""What was derived from stored bytes by an older Retake, made again: when a page reads it, and by the clock.

Lists and batches show columns and keys that were made once. When the reader changes they are made again, the newest
first, a few at a time, so that lists and pages agree. The bytes are never touched.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Sum

from generations.gateway.record import Record
from generations.models import Generation, ReplayAnswer, StoredRecord
from generations.reading import outline as outlines
from generations.reading.page_types.outline import Outline
from generations.records import store, trend_days
from generations.records.search_text import remember_words
from generations.replay import derived_answer

log = logging.getLogger(__name__)

ROWS, BYTES, SECONDS = 100, 64 * 2**20, 3.0
"""Of one tick: rows of each kind, bytes that are read again, and time after which no further row begins."""


def outline_of(record_id: int, text: str) -> Outline:
    """The stored outline; made again (and stored) when it is of another version of Retake."""
    try:
        outline = outlines.load(text)
    except msgspec.MsgspecError:
        outline = None
    if outline is not None and outline.version == outlines.VERSION:
        return outline
    record = StoredRecord.objects.get(pk=record_id)
    outline = outlines.make(Record.read(record.raw))
    StoredRecord.objects.filter(pk=record_id).update(
        outline=outlines.dump(outline), has_answer=outline.answered
    )
    return outline


def tick() -> dict[str, int]:
    """One periodic step. Returns how many of each were made again."""
    limit = time.monotonic() + SECONDS
    return {
        "answers": _rebuild(_answers(), answer, limit),
        "generations": _rebuild(_generations(), generation, limit),
    }


def _answers() -> list[tuple[UUID, int]]:
    """Answers that an older reader read, the newest first, with their bytes."""
    old = ReplayAnswer.objects.filter(version__lt=derived_answer.VERSION).order_by("-replay__finished_at")
    return list(old.values_list("pk", "size")[:ROWS])


def _generations() -> list[tuple[int, int]]:
    """The same of generations, with the bytes of their records."""
    old = Generation.objects.filter(derived__lt=outlines.VERSION).order_by("-id")
    stale = list(old.values_list("pk", flat=True)[:ROWS])
    records = StoredRecord.objects.filter(generation__in=stale).values("generation")
    sizes = dict(records.annotate(bytes=Sum("size")).values_list("generation", "bytes"))
    return [(pk, sizes.get(pk, 0)) for pk in stale]


def _rebuild(rows: Iterable[tuple[Any, int]], make: Callable[[Any], bool], limit: float) -> int:
    """Make rows again until a bound is reached; the first one in any case."""
    made, left = 0, BYTES
    for pk, size in rows:
        if made and (left < size or time.monotonic() > limit):
            break
        made, left = made + make(pk), left - size
    return made


def answer(replay_id: UUID) -> bool:
    """Read one answer again. One that cannot be read is not tried a second time."""
    rows = ReplayAnswer.objects.filter(pk=replay_id).select_related("replay__generation")
    row = rows.defer("text", "outline", "assembled").first()
    if row is None:
        return False
    try:
        derived_answer.current(row, row.replay.generation.endpoint, row.replay.content_type)
    except Exception:
        log.exception("The answer of replay %s could not be read again", replay_id)
        rows.update(version=derived_answer.VERSION)
    return True


def generation(pk: int) -> bool:
    """Make the outlines and columns of one generation again. One that cannot be read is not tried a second time."""
    try:
        with transaction.atomic():
            return _generation(pk)
    except Exception:
        log.exception("The record of generation %s could not be read again", pk)
        return bool(Generation.objects.filter(pk=pk).update(derived=outlines.VERSION))


def _generation(pk: int) -> bool:
    # Whoever looks it up or forgets it goes first.
    locked = Generation.objects.select_for_update(skip_locked=True)
    row = locked.filter(pk=pk, derived__lt=outlines.VERSION).first()
    if row is None:
        return False
    columns: dict[str, Any] = {}
    said: dict[str, str] = {}
    for record in row.records.order_by("fetched_at").defer("marks", "outline"):
        read = Record.read(record.raw, asked_id=row.request_id)
        outline = outlines.make(read)
        facts = {"has_answer": outline.answered and record.size > 0, "replayable": outline.replayable}
        StoredRecord.objects.filter(pk=record.pk).update(outline=outlines.dump(outline), **facts)
        columns = store.columns(read, outline)  # of the newest one in the end
        if record.size:
            remember_words(row, outline)
        if outline.question or outline.reply:
            said = store.words(outline)
    if columns:
        columns |= said
        columns["replayable"] = row.records.filter(replayable=True, size__gt=0).exists()
    Generation.objects.filter(pk=pk).update(derived=outlines.VERSION, **columns)
    trend_days.mark_changed(row.team_id, row.sorted_at, columns.get("made_at") or row.looked_up_at)
    return True
