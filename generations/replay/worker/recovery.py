"""The periodic sweep: no replay stays open for ever, none is sent twice, and no living worker is called lost.

A worker beats in the row, and announces in Redis. Who is silent in both may still live: while the database is unavailable,
locked or read-only nobody can beat in it. So the sweep watches for `WATCH_S` whether the rows of the silent can be
written, by writing them. A living worker beats within `saving.LOCK_S + saving.BEAT_S` of a database that can be written
(its waits are no longer than that), which is less: whoever is still silent afterwards has gone.
"""

import logging
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import redis
from django.db import InternalError, OperationalError, connection, transaction
from django.utils import timezone

from dashboard.processes.queues import REPLAYS
from dashboard.telemetry import logs
from generations.gateway.rawjson.display import visible
from generations.models import Replay, ReplayAnswer, ReplayPart
from generations.models.replay import RESEND_AFTER, RESEND_SOON, State
from generations.replay import derived_answer, raw_answer
from generations.replay.derived_answer import DerivedAnswer
from generations.replay.live import publisher
from generations.replay.order.start import send_message
from generations.replay.raw_answer import LARGE, join_packed, put_packed
from generations.replay.worker import presence
from generations.replay.worker.own_connection import limited

log = logging.getLogger(__name__)


def sweep(now: datetime | None = None) -> dict[str, int]:
    """Send lost messages again, end what never started, mark what went silent. Returns how many of each."""
    now = now or timezone.now()
    return {"never_started": end_unstarted(now), "resent": resend(now), "interrupted": interrupt_silent(now)}


def end_unstarted(now: datetime) -> int:
    """Queued for over 10 minutes: failed, nothing charged."""
    detail = "No worker took this replay within ten minutes. Nothing was sent and nothing was charged."
    ended = 0
    for replay in Replay.objects.never_started(now):
        ended += replay.give_up(State.QUEUED, State.FAILED, "never_started", detail, sent=False)
        publisher.notify(replay.pk)
    return ended


def resend(now: datetime) -> int:
    """Send the message of those queued for long again. The claim makes a second message harmless.

    While no message waits, 8 s are long: it was taken, and no claim followed, or it was never there.
    """
    sent, unsent = 0, Replay.objects.unsent(now, RESEND_SOON if _none_waits() else RESEND_AFTER)
    for replay_id in list(unsent.values_list("pk", flat=True)):
        if unsent.filter(pk=replay_id).update(message_sent_at=now):
            sent += send_message(replay_id)
    return sent


def _none_waits() -> bool:
    """Whether no message of a replay waits in the broker; False when it cannot tell."""
    try:
        waiting: Any = publisher.writer().llen(REPLAYS)
    except redis.RedisError:
        return False
    return not waiting


WATCH_S, LOOK_S = 4.0, 0.5
LOST = (
    "The worker stopped unexpectedly. Whether the gateway finished the request is unknown: it may have been "
    "charged. It is not sent again automatically."
)
TOUCH = """
UPDATE generations_replay SET heartbeat_at = heartbeat_at
WHERE id = ANY(%s) AND state = 'running' RETURNING id, heartbeat_at
"""


def interrupt_silent(now: datetime) -> int:
    """A replay whose worker went silent: outcome unknown, may have been charged, never sent again by itself."""
    ended = 0
    for replay in _still_silent(list(Replay.objects.silent(now).select_related("generation"))):
        if replay.give_up(State.RUNNING, State.INTERRUPTED, "worker_lost", LOST):
            join_parts(replay.pk, replay.generation.endpoint, replay.content_type)
            publisher.notify(replay.pk)
            ended += 1
    return ended


def _still_silent(suspects: list[Replay]) -> list[Replay]:
    """Those that stay silent while their rows can be written."""
    end = time.monotonic() + WATCH_S
    while suspects := _not_announced(suspects):
        if (suspects := _touched(suspects)) and time.monotonic() < end:
            time.sleep(LOOK_S)
        else:
            break
    return suspects


def _not_announced(suspects: list[Replay]) -> list[Replay]:
    announced = presence.running() if suspects else None
    return [replay for replay in suspects if replay.pk not in (announced or ())]


def _touched(suspects: list[Replay]) -> list[Replay]:
    """Those whose heartbeat is the same as before. None when the rows cannot be written: nobody is called lost then."""
    before = {replay.pk: replay.heartbeat_at for replay in suspects}
    try:
        with limited(1, 3), connection.cursor() as cursor:
            cursor.execute(TOUCH, [list(before)])
            found = dict(cursor.fetchall())
    except (OperationalError, InternalError):
        log.warning(
            "The rows of %d silent replays cannot be written, so none is called lost",
            len(suspects),
            extra=logs.DATABASE,
        )
        return []
    return [replay for replay in suspects if found.get(replay.pk) == before[replay.pk]]


def join_parts(replay_id: UUID, endpoint: str, content_type: str) -> None:
    """Make the partial answer out of the checkpoints of a replay that nobody finishes, and what was joined before."""
    wire, parts = raw_answer.with_parts(replay_id)
    if not parts:
        return
    raw = derived_answer.excerpt(wire)
    reading = derived_answer.read(endpoint, content_type or "text/event-stream", raw)
    row = reading.row(replay_id, raw)
    with transaction.atomic():
        # Its worker may have come back: then the row is no longer interrupted, and holds the whole answer.
        lost = Replay.objects.select_for_update(of=("self",)).filter(pk=replay_id, state=State.INTERRUPTED)
        asked = lost.values_list("patch", "generation__model_id").first()
        if asked is None:
            return
        if wire.size > LARGE:
            put_packed(wire)  # of what the row holds, and of the checkpoints
        ReplayAnswer.objects.filter(pk=replay_id).delete()
        row.save(force_insert=True)
        if wire.size > LARGE:
            join_packed(replay_id)
        # Only these: a worker that comes back adds more, and finds its answer's beginning in the row.
        ReplayPart.objects.filter(pk__in=parts).delete()
        Replay.objects.filter(pk=replay_id).update(**reading.columns_of(*asked), **_record_of(reading))


def _record_of(reading: DerivedAnswer) -> dict[str, Any]:
    """The columns that have the new generation's record asked for: it tells what the gateway did, and what that cost."""
    request_id = visible(reading.facts.request_id)[:256]
    return {"new_request_id": request_id, "record_due_at": timezone.now()} if request_id else {}
