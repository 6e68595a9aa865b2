"""The new generation's record: it arrives at the gateway seconds after the replay, as a second update."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from generations.models import Generation, Replay
from generations.models.replay import RECORD_TRIES
from generations.records import lookup, makers

log = logging.getLogger(__name__)

WITHIN = timedelta(minutes=15)
UNRESOLVED = "unknown"
"""contract: the `model_id` of a request whose model the gateway never resolved."""


def record_of(replay: Replay) -> Generation | None:
    """The stored generation that this replay made, asking the gateway for it when that is due. None when not there yet."""
    if replay.new_generation_id is not None or not is_awaited(replay):
        return replay.new_generation
    user = replay.requested_by
    if user is None:
        return None
    found = lookup.find(replay.team, replay.new_request_id, user)
    if isinstance(found, Generation):
        Replay.objects.filter(pk=replay.pk).update(
            new_generation=found, record_due_at=None, **_known_by_record(found)
        )
        replay.new_generation = found
        if (
            not found.is_replay and found.pk != replay.generation_id
        ):  # it was stored before its replay had ended
            makers.note([found.pk])
        return found
    return None


def _known_by_record(found: Generation) -> dict[str, Any]:
    """The columns of a replay that its record tells better than its answer, which names a model by the provider's slug."""
    columns = {"cost_nanos": Coalesce("cost_nanos", Value(found.cost_nanos)), "provider": found.provider}
    named = found.model_id not in ("", UNRESOLVED)
    return columns | {"model_id": found.model_id} if named else columns


def is_awaited(replay: Replay) -> bool:
    """Whether the record of the new generation may still come."""
    if replay.is_open or not replay.new_request_id or replay.new_generation_id is not None:
        return False
    ended = replay.finished_at
    is_recent = ended is not None and timezone.now() - ended < WITHIN
    return replay.record_tries < RECORD_TRIES and (is_recent or replay.record_due_at is not None)


EARLY = 3
"""Tries that come before all later ones: else records that never come would hold up the new ones."""
BITE, OF_A_TEAM = 16, 4
"""Replays that are asked for at a time, and those of one team among them: a gateway that hangs keeps no other team back."""
SECONDS, SPACING_S = 4.0, 0.05
"""Of one call, and between two questions: records are read beyond the replays that run, not in their stead."""

# Whoever takes a due replay puts it off first, so nobody else takes it, and one that is not there yet waits its turn.
TAKE_DUE = f"""
UPDATE generations_replay AS replay
SET record_tries = record_tries + 1,
    record_due_at = CASE WHEN record_tries + 1 < %(tries)s THEN
        %(now)s + make_interval(secs => coalesce((ARRAY[1, 2, 3, 5, 8, 13, 20, 30])[record_tries + 1], 45) + 1) END
FROM (
    SELECT id FROM (
        SELECT id, record_due_at, record_tries >= {EARLY} AS is_late, row_number() OVER (
            PARTITION BY team_id ORDER BY record_tries >= {EARLY}, record_due_at, id) AS place
        FROM generations_replay WHERE record_due_at <= %(now)s
    ) AS ranked
    WHERE place <= {OF_A_TEAM} ORDER BY is_late, record_due_at, id LIMIT {BITE}
) AS due
WHERE replay.id = due.id AND replay.record_due_at <= %(now)s
RETURNING replay.id
"""  # noqa: S608 -- numbers of this module


def fetch_due(seconds: float = SECONDS) -> int:
    """Ask for the records that are due, early tries and then the oldest first, for so long. Returns how many came."""
    end, came = time.monotonic() + seconds, 0
    while time.monotonic() < end and (taken := _take_due()):
        with ThreadPoolExecutor(BITE // 2, thread_name_prefix="records") as pool:
            found = []
            for pk in taken:
                found.append(pool.submit(_fetch, pk))
                time.sleep(SPACING_S)
            came += sum(future.result() for future in found)
    return came


def _take_due() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_DUE, {"now": timezone.now(), "tries": RECORD_TRIES})
        return [pk for (pk,) in cursor.fetchall()]


def _fetch(pk: UUID) -> bool:
    """Whether the record is there now."""
    try:
        replay = Replay.objects.select_related("team", "requested_by", "new_generation").filter(pk=pk).first()
        return replay is not None and record_of(replay) is not None
    except Exception:
        log.exception("The record of replay %s could not be stored", pk)
        return False
    finally:
        connection.close()
