"""The live channel: published by workers, followed by open pages.

Each replay has a short-lived Redis stream whose entry IDs are the engine's own sequence numbers, which are the SSE ids
too. One pub/sub connection per web process wakes its readers, who then fetch what is new through a small pool.
Postgres is the truth: a gap, or Redis being unavailable, sends the reader to the checkpoints.
"""

import logging
import time
from collections.abc import Iterable
from uuid import UUID

import redis

from dashboard.telemetry import logs
from generations.replay.live.log import LiveLog, LogEntry
from generations.replay.live.redis_client import client

log = logging.getLogger(__name__)

WAKEUPS = "retake:bell"
KEPT_ENTRIES, KEPT_BYTES = 2000, 256 * 1024
"""Of one replay's stream; a reader who needs older entries finds them in the checkpoints."""
KEPT_SECONDS, ENDED_SECONDS = 600, 60


def key_of(replay_id: UUID) -> str:
    """The Redis stream of a replay."""
    return f"retake:replay:{replay_id}"


def writer() -> "redis.Redis":
    return client(2, 2)


class _Backoff:
    """After a failure the writer leaves Redis alone for a second, so that a dead one slows no replay down."""

    until = 0.0


def is_resting() -> bool:
    """Whether Redis has failed within the last second."""
    return time.monotonic() < _Backoff.until


def rest(error: redis.RedisError) -> None:
    """Leave Redis alone for a second."""
    if _Backoff.until < time.monotonic() - 10:
        log.warning(
            "The live channel is unavailable (%s); pages poll until it is back",
            type(error).__name__,
            extra=logs.REDIS,
        )
    _Backoff.until = time.monotonic() + 1.0


def publish(live_logs: Iterable[LiveLog]) -> None:
    """Number what is new and send it, all in one pipeline. What could not be sent is kept and sent later."""
    waiting = []
    for live_log in live_logs:
        live_log.number()
        if live_log.unsent:
            waiting.append(live_log)
    if not waiting or is_resting():
        return
    batches = [(live_log.replay_id, list(live_log.unsent)) for live_log in waiting]
    try:
        _send(batches)
    except redis.RedisError as error:
        rest(error)
        return
    for live_log, (_, entries) in zip(waiting, batches, strict=True):
        live_log.is_sent(entries)


def _send(batches: list[tuple[UUID, list[LogEntry]]]) -> None:
    with writer().pipeline(transaction=False) as pipe:
        for replay_id, entries in batches:
            for entry in entries:
                pipe.xadd(
                    key_of(replay_id),
                    {"k": entry.kind, "t": entry.text},
                    id=f"{entry.seq}-0",
                    maxlen=KEPT_ENTRIES,
                    approximate=True,
                )
            if entries[0].seq == 1 or entries[-1].kind == "end":
                pipe.expire(key_of(replay_id), ENDED_SECONDS if entries[-1].kind == "end" else KEPT_SECONDS)
        pipe.publish(WAKEUPS, " ".join(str(replay_id) for replay_id, _ in batches))
        for answer in pipe.execute(raise_on_error=False):
            # An entry that Redis has already (its answer got lost) is refused as not newer: that is well.
            if isinstance(answer, redis.RedisError) and not isinstance(answer, redis.ResponseError):
                raise answer


def keep(pipe: "redis.client.Pipeline", live_logs: Iterable[LiveLog]) -> None:
    """Put the expiry of these running replays' streams off again, and drop what is old of the large ones."""
    for live_log in live_logs:
        pipe.expire(key_of(live_log.replay_id), KEPT_SECONDS)
        if (first := live_log.first_kept(KEPT_BYTES)) is not None:
            pipe.xtrim(key_of(live_log.replay_id), minid=f"{first}-0", approximate=False)


def notify(replay_id: UUID) -> None:
    """Wake the readers of a replay whose row has changed, without an entry."""
    try:
        writer().publish(WAKEUPS, str(replay_id))
    except redis.RedisError:
        log.info("Nobody was woken for %s: its readers find out by themselves", replay_id)


def wipe(replay_ids: Iterable[UUID]) -> None:
    """Drop the live streams of replays whose content is to be forgotten. They vanish by themselves in ten minutes."""
    keys = [key_of(replay_id) for replay_id in replay_ids]
    try:
        if keys:
            writer().delete(*keys)
    except redis.RedisError as error:
        log.warning(
            "The live channel is unavailable (%s); what it holds expires",
            type(error).__name__,
            extra=logs.REDIS,
        )
