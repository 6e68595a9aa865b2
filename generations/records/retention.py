"""Forgetting: one generation by hand, with every trace of its content; the bodies of old ones by age.

`BODY_RETENTION_DAYS` counts from the day a record was last fetched, for replays from their end, for pasted answers from
the day they were pasted. What is pinned, with its replays, does not expire. What expires loses
request, answer and every text that may quote them; figures, times, models and states stay.
"""

import hashlib
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard.models import User
from dashboard.people.team_service import audit
from generations.gateway.record import Record
from generations.models import (
    Batch,
    BulkLookup,
    Feedback,
    Fetch,
    FirstWords,
    Generation,
    PastedAnswer,
    Pin,
    RecordChunk,
    Replay,
    ReplayAnswer,
    ReplayPart,
    StoredRecord,
)
from generations.models.replay import IS_WORDLESS, OPEN_STATES, RECORD_TRIES
from generations.reading import outline
from generations.reading.export.redaction import without_bodies
from generations.records import trend_days
from generations.replay.live import publisher
from generations.replay.order import spending_limits

log = logging.getLogger(__name__)

BITE = 50  # rows looked for at a time
SECONDS = 120.0  # of one run; the rest is left to the next hour
EXPIRED = "expired_here"
"""`io_log.status` of a record whose content has expired in Retake; `replayability.STATUSES` has its words."""


class ReplayIsOpen(Exception):
    """A replay of the generation is queued or running, so nothing was forgotten."""


@dataclass(frozen=True, slots=True)
class ForgetScope:
    """What goes when a generation is forgotten: itself, the generations that its replays made, and their replays."""

    generations: list[int]
    replays: list[UUID]
    is_busy: bool


def forget_scope(generation: Generation) -> ForgetScope:
    """What forgetting `generation` would remove: a replay's own generation holds the same request."""
    found, fresh = {generation.pk}, [generation.pk]
    while fresh:
        fresh = [pk for pk in _made_from(fresh, generation.team_id) if pk not in found]
        found.update(fresh)
    replays = list(Replay.rows.filter(generation__in=found).values_list("pk", "state"))
    busy = any(state in OPEN_STATES for _, state in replays)
    return ForgetScope(sorted(found), [pk for pk, _ in replays], busy)


def _made_from(generations: list[int], team: int) -> set[int]:
    """What replays of these made: as linked, and by its request ID, for a record that came before its replay was linked."""
    made = Replay.rows.filter(generation__in=generations)
    linked = made.exclude(new_generation=None).values_list("new_generation", flat=True)
    named = (
        made.filter(new_generation=None).exclude(new_request_id="").values_list("new_request_id", flat=True)
    )
    unlinked = Generation.rows.filter(team=team, request_id__in=list(named)).values_list("pk", flat=True)
    return {pk for pk in linked if pk} | set(unlinked)


def makers_of(generations: list[int], team: int) -> "QuerySet[Replay]":
    """The replays that made these, linked or not yet: their answers are the answers of these."""
    names = Generation.rows.filter(pk__in=generations).values_list("request_id", flat=True)
    unlinked = Q(new_generation=None, new_request_id__in=list(names), team=team)
    return Replay.rows.filter(Q(new_generation__in=generations) | unlinked)


def forget(generation: Generation, user: User | None) -> ForgetScope:
    """Remove every trace of its content; an audit event with the ID and counts remains. Raises ReplayIsOpen.

    The replays that made one of the generations keep their figures and lose their answers.
    """
    with transaction.atomic():
        list(Generation.rows.select_for_update().filter(pk=generation.pk))  # no replay can start meanwhile
        gone = forget_scope(generation)
        rows = Generation.rows.select_for_update().filter(pk__in=gone.generations, team=generation.team_id)
        names, days = list(rows.values_list("request_id", flat=True)), trend_days.days_of(rows)
        gone = forget_scope(generation)
        if gone.is_busy:
            raise ReplayIsOpen
        makers = list(makers_of(gone.generations, generation.team_id).values_list("pk", flat=True))
        # Records that are asked for just now: an answer without its claim is not stored.
        ordered = Replay.rows.filter(pk__in=gone.replays).exclude(new_request_id="")
        awaited = list(ordered.values_list("new_request_id", flat=True))
        used = spending_limits.spend_by_person(gone.replays)
        _drop_answers([*gone.replays, *makers])
        Feedback.objects.filter(team=generation.team_id, request_id__in=names).delete()
        Replay.rows.filter(pk__in=makers).update(record_tries=RECORD_TRIES, record_due_at=None, detail="")
        Replay.rows.filter(pk__in=makers).drop_words()
        Replay.rows.filter(pk__in=makers).update(hidden=False)
        Replay.rows.filter(pk__in=gone.replays).delete()
        StoredRecord.objects.filter(generation__in=gone.generations).only("pk").delete()
        Fetch.objects.filter(team=generation.team_id, request_id__in=[*names, *awaited]).delete()
        Generation.rows.filter(pk__in=gone.generations).delete()
        trend_days.count_now(generation.team_id, days)
        _drop_reasons(generation.team_id, set(names))
        counts = {"generations": len(gone.generations), "replays": len(gone.replays)}
        audit(generation.team, user, spending_limits.FORGOTTEN, generation.request_id, **counts, used=used)
    publisher.wipe([*gone.replays, *makers])
    return gone


def _drop_reasons(team: int, names: set[str]) -> None:
    """Why batches left these generations out may quote their requests."""
    for batch in Batch.objects.filter(team=team).exclude(left_out=[]):
        left = [item for item in batch.left_out if item[0] not in names]
        if len(left) < len(batch.left_out):
            Batch.objects.filter(pk=batch.pk).update(left_out=left)


def _drop_answers(replays: Iterable[UUID]) -> None:
    replays = list(replays)
    ReplayPart.objects.filter(replay__in=replays).delete()
    ReplayAnswer.objects.filter(replay__in=replays).delete()


# -- by age --------------------------------------------------------------------------------------------------


def expire(now: datetime | None = None, *, seconds: float = SECONDS) -> dict[str, int]:
    """Take the content of what is older than BODY_RETENTION_DAYS, in small batches. Returns how many of each.

    Rows with an open replay are left alone. 0 days: nothing expires.
    """
    done = {"records": 0, "answers": 0, "pasted": 0}
    if settings.BODY_RETENTION_DAYS <= 0:
        return done
    cutoff = (now or timezone.now()) - timedelta(days=settings.BODY_RETENTION_DAYS)
    limit = time.monotonic() + seconds
    Batch.objects.filter(created_at__lt=cutoff).exclude(left_out=[]).update(left_out=[])
    Feedback.objects.filter(created_at__lt=cutoff).drop_words()
    for kind, bite in (
        ("records", _expire_records),
        ("answers", _expire_answers),
        ("pasted", _expire_pasted),
    ):
        while time.monotonic() < limit and (count := bite(cutoff)):
            done[kind] += count
    return done


def _old_records(cutoff: datetime) -> "list[int]":
    """Records with content, the oldest first. An expired one has the size 0."""
    old = StoredRecord.objects.filter(fetched_at__lt=cutoff, size__gt=0)
    idle = old.exclude(generation__replays__state__in=OPEN_STATES).filter(generation__pin=None)
    return list(idle.order_by("fetched_at").values_list("pk", flat=True)[:BITE])


def _expire_records(cutoff: datetime) -> int:
    return sum(_expire_record(pk, cutoff) for pk in _old_records(cutoff))


def _expire_record(pk: int, cutoff: datetime) -> bool:
    """Replace a record by what is left without its bodies. False when it was refreshed or is in use by now."""
    with transaction.atomic():
        rows = StoredRecord.objects.select_for_update().filter(pk=pk, fetched_at__lt=cutoff, size__gt=0)
        record = rows.defer("outline").first()
        if record is None or Pin.objects.filter(generation=record.generation_id).exists():
            return False
        if Replay.objects.filter(generation=record.generation_id).unfinished().exists():
            return False
        raw = without_bodies(record.raw, EXPIRED)
        rows.update(
            packed=StoredRecord.pack(raw),
            marks="",
            size=0,
            sha256=hashlib.sha256(raw + str(pk).encode()).hexdigest(),
            has_request=False,
            has_answer=False,
            replayable=False,
            outline=outline.dump(outline.make(Record.read(raw))),
        )
        RecordChunk.objects.filter(record=pk).delete()
        _forget_words(record.generation_id)
    return True


def _forget_words(generation: int) -> None:
    """What lists and free text know of the content, once no record has it any more."""
    left = StoredRecord.objects.filter(generation=generation, size__gt=0)
    if not left.exists():
        FirstWords.objects.filter(generation=generation).delete()
        Generation.objects.filter(pk=generation).update(prompt_start="", answer_start="")
    if not left.filter(replayable=True).exists():
        Generation.objects.filter(pk=generation).update(replayable=False)


def _expire_answers(cutoff: datetime) -> int:
    """The answers of replays that ended before, and what an interrupted one left in its checkpoints."""
    with transaction.atomic():
        old = Replay.objects.filter(finished_at__lt=cutoff, generation__pin=None).exclude(
            state__in=OPEN_STATES
        )
        kept = old.exclude(Q(answer=None, parts=None), IS_WORDLESS).order_by("finished_at")
        replays = list(kept.values_list("pk", flat=True).distinct()[:BITE])
        _drop_answers(replays)
        ended = Replay.objects.filter(pk__in=replays)
        ended.filter(status_code__isnull=False).update(detail="")
        ended.drop_words()
    publisher.wipe(replays)
    return len(replays)


def _expire_pasted(cutoff: datetime) -> int:
    """Answers that were pasted before."""
    old = PastedAnswer.objects.filter(pasted_at__lt=cutoff, generation__pin=None).order_by("pasted_at")
    return PastedAnswer.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BITE])).delete()[0]


# -- every hour ----------------------------------------------------------------------------------------------


def tidy(now: datetime | None = None) -> None:
    """Drop questions to the gateway that nobody has repeated for a day, and the content that has expired."""
    now = now or timezone.now()
    Fetch.objects.filter(lease_until__lt=now - timedelta(days=1)).delete()
    BulkLookup.objects.old(now).delete()
    expire(now)
