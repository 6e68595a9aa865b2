"""Which workers are alive and what they run, in Redis: so it is known while the database is unavailable or locked.

`retake:workers` is a set of worker IDs. `retake:worker:<id>` is the JSON of a `Worker`, written each second and gone
`TTL_S` after the last time. `retake:stop:<replay>` asks for the end of a running replay. No content, no credential.
"""

import json
import os
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

from generations.replay.live import publisher
from generations.replay.live.log import LiveLog

TTL_S = 10
STOP_S = 3600
NOBODY = UUID(int=0)
WORKERS = "retake:workers"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process: where it runs, since when (epoch s), its threads, and the replays that it runs (IDs)."""

    id: str
    host: str
    pid: int
    since: float
    threads: int
    running: tuple[str, ...] = ()


ME = Worker(uuid.uuid4().hex, socket.gethostname(), os.getpid(), time.time(), settings.WORKER_CONCURRENCY)


def key_of(worker_id: str) -> str:
    return f"retake:worker:{worker_id}"


def stop_key(replay_id: UUID) -> str:
    return f"retake:stop:{replay_id}"


def announce(live_logs: Sequence[LiveLog]) -> list[LiveLog]:
    """Say that this process is alive and runs these; gives those that somebody asked to stop. Never raises."""
    if publisher.is_resting():
        return []
    asked: Any = None
    try:
        with publisher.writer().pipeline(transaction=False) as pipe:
            publisher.keep(pipe, live_logs)
            running = [str(live_log.replay_id) for live_log in live_logs]
            pipe.sadd(WORKERS, ME.id)
            pipe.set(key_of(ME.id), json.dumps({**asdict(ME), "running": running}), ex=TTL_S)
            pipe.mget([stop_key(live_log.replay_id) for live_log in live_logs] or [stop_key(NOBODY)])
            asked = pipe.execute(raise_on_error=False)[-1]
    except redis.RedisError as error:
        publisher.rest(error)
    marks = asked if isinstance(asked, list) else []
    return [live_log for live_log, mark in zip(live_logs, marks, strict=False) if mark]


def withdraw() -> None:
    """This process ends."""
    try:
        publisher.writer().delete(key_of(ME.id))
        publisher.writer().srem(WORKERS, ME.id)
    except redis.RedisError:
        return  # the key expires


def ask_stop(replay_id: UUID) -> bool:
    """Ask the worker of a running replay to end it, without the database. False when Redis is unavailable."""
    try:
        publisher.writer().set(stop_key(replay_id), 1, ex=STOP_S)
    except redis.RedisError:
        return False
    return True


def workers() -> list[Worker] | None:
    """Every worker that was heard of within `TTL_S`; None when Redis cannot tell."""
    try:
        members: Any = publisher.writer().smembers(WORKERS)
        names = [name.decode() for name in members]
        found: Any = publisher.writer().mget([key_of(name) for name in names]) if names else []
        if gone := [name for name, stored in zip(names, found, strict=True) if stored is None]:
            publisher.writer().srem(WORKERS, *gone)
    except redis.RedisError:
        return None
    return [_read(stored) for stored in found if stored is not None]


def _read(stored: bytes) -> Worker:
    fields = json.loads(stored)
    return Worker(**{**fields, "running": tuple(fields["running"])})


def running() -> set[UUID] | None:
    """The replays that live workers run; None when Redis cannot tell."""
    alive = workers()
    return None if alive is None else {UUID(name) for worker in alive for name in worker.running}
