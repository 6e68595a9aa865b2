"""The two statements that every replay costs a worker, by hand.

Compiled by the ORM and sent one by one they took most of the time that two hundred replays spend on anything but reading
(docs/benchmarks.md). Each is one round trip, and each is whole or not done at all.
"""

import uuid
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from dashboard.consents.models import NEWEST_GOOD, Consent
from dashboard.models import GatewayConnection, Team
from dashboard.rows.joined_rows import RowPart
from generations.models import Generation, Replay, ReplayAnswer, StoredRecord
from generations.models.replay import State

# What a worker needs of each row, in the order of TAKE's answer.
REPLAY = RowPart(Replay, "id", "state", "claim", "heartbeat_at", "patch", "batch_id")
RECORD = RowPart(StoredRecord, "id", "packed", "size")
GENERATION = RowPart(Generation, "id", "endpoint", "model_id", "success", "status_code", "error_code")
SOURCE = RowPart(GatewayConnection, "id", "base_url", "read_key", "replay_key")
CONSENT = RowPart(Consent, "id", "key")
TEAM = RowPart(Team, "id", "slug")
SWAP = timedelta(seconds=30)  # a consent that is exchanged for longer has lost its process


TAKE = f"""
UPDATE generations_replay AS replay
SET state = 'running', claim = %(claim)s, claimed_at = %(at)s, heartbeat_at = %(at)s, consent_id = consent.id
FROM generations_replay AS seen
JOIN generations_storedrecord AS record ON record.id = seen.record_id
JOIN generations_generation AS generation ON generation.id = seen.generation_id
JOIN dashboard_team AS team ON team.id = seen.team_id
LEFT JOIN dashboard_gatewayconnection AS source ON source.id = seen.connection_id
{NEWEST_GOOD}
WHERE replay.id = %(id)s AND seen.id = replay.id AND replay.state = 'queued' AND replay.cancel_asked_at IS NULL
    AND (source.swapping_at IS NULL OR source.swapping_at < %(stuck)s)
RETURNING replay.patch, replay.batch_id,
    {RECORD.listed("record")}, {GENERATION.listed("generation")}, {SOURCE.listed("source")},
    {CONSENT.listed("consent")}, {TEAM.listed("team")}
"""  # noqa: S608 -- names of this module


def take(replay_id: UUID) -> Replay | None:
    """Claim a queued replay for the calling worker, with what its POST needs. A replay for exactly one caller, ever."""
    claim, now = uuid.uuid4(), timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"id": replay_id, "claim": claim, "at": now, "stuck": now - SWAP})
        found = cursor.fetchone()
    if found is None:
        return None
    values = iter(found)
    known = (replay_id, State.RUNNING, claim, now, next(values), next(values))
    replay = REPLAY.row(iter(known))
    replay.record = RECORD.row(values)
    replay.generation = GENERATION.row(values)
    replay.connection = SOURCE.row_or_none(values)
    replay.consent = CONSENT.row_or_none(values)
    replay.team = TEAM.row(values)
    return replay


def waits_for_key(replay_id: UUID) -> bool:
    """Whether a replay that `take` did not give is still queued: the consent of its connection was being exchanged.

    Not whether it still is: an exchange that has ended meanwhile is no reason to leave the replay to the sweep.
    """
    return Replay.objects.queued().filter(pk=replay_id, cancel_asked_at=None).exists()


ENDED = """
UPDATE generations_replay SET {columns}
WHERE id = %s AND claim = %s AND state IN ('running', 'interrupted') RETURNING id
"""
ANSWER = ("packed", "size", "text", "outline", "version", "assembled", "unread")
KEEP = f"""
INSERT INTO generations_replayanswer (replay_id, {", ".join(ANSWER)})
SELECT id, coalesce(%s, (
    SELECT string_agg(wire, ''::bytea ORDER BY first_seq) FROM generations_replaypart
    WHERE replay_id = ended.id AND first_seq < 0
)), {", ".join("%s" for _ in ANSWER[1:])} FROM ended
ON CONFLICT (replay_id) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in ANSWER)}
"""  # noqa: S608 -- names of this module
LIMITS = "SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '120s', true);"
"""Both statements go in one message, which is one transaction."""
SAVE_RESULT = f"""
{LIMITS}
WITH ended AS ({ENDED}),
parts AS (DELETE FROM generations_replaypart USING ended WHERE replay_id = ended.id)
{KEEP}
"""  # noqa: S608 -- constants of this module


def save_result(replay: Replay, facts: dict[str, Any], answer: ReplayAnswer) -> bool:
    """The end of a replay (its columns, `facts`) and its answer, both or neither. False when another claim owns the row.

    Where the answer is not packed, its pieces are there (`raw_answer.put_packed`) and are joined.

    A worker that comes back after it was taken for lost (interrupted) still delivers the answer it paid for.
    """
    for name, value in facts.items():
        setattr(replay, name, value)
    columns = ", ".join(f"{name} = %s" for name in facts)
    kept = [answer.packed or None, *(getattr(answer, name) for name in ANSWER[1:])]
    values = [*facts.values(), replay.pk, replay.claim, *kept]
    with connection.cursor() as cursor:
        cursor.execute(SAVE_RESULT.format(columns=columns), values)
        cursor.nextset()
        return bool(cursor.rowcount == 1)
