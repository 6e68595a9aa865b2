"""What open pages follow: the events of one running replay, from Redis, and from Postgres where Redis has a gap.

One pub/sub connection per web process wakes the readers, which then fetch what is new through a small pool.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff

from dashboard.web.event_streams import encode
from generations.models import Replay, ReplayPart
from generations.replay.live.log import LogEntry
from generations.replay.live.log_html import render, visible_from
from generations.replay.live.publisher import WAKEUPS, key_of
from generations.replay.live.redis_client import connection_options

POLL_S = 1.0
QUIET_S = 5.0


class Hub:
    """One per web process: one pub/sub connection, one small pool, and who waits for which replay."""

    def __init__(self) -> None:
        self.waiters: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.up = False
        quick = {"retry": AsyncRetry(NoBackoff(), 0), **connection_options()}
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            settings.REDIS_URL, max_connections=1, timeout=5, socket_timeout=2, **quick
        )
        self.reader = redis.asyncio.Redis(connection_pool=pool)
        self.wakeups = redis.asyncio.Redis.from_url(settings.REDIS_URL, health_check_interval=10, **quick)
        self.asked: dict[tuple[UUID, int], asyncio.Future[list[LogEntry] | None]] = {}
        self.loop = asyncio.get_running_loop()
        self.task = self.loop.create_task(self.listen())
        self.fetching: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Ring whoever waits; after a lost connection ring everybody, for nobody knows what was missed."""
        me = asyncio.current_task()
        while me is not None and not me.cancelling():  # redis-py may lose a cancellation (3.11's wait_for)
            try:
                async with self.wakeups.pubsub() as channel:
                    await channel.subscribe(WAKEUPS)
                    if me.cancelling():
                        return
                    self.up = True
                    self.wake_all()
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self.wake(message["data"].decode().split())
            except (redis.RedisError, OSError):
                pass
            self.up = False
            self.wake_all()
            await asyncio.sleep(0.5)

    def wake(self, names: Iterable[str]) -> None:
        for name in names:
            for waiter in self.waiters.get(name, ()):
                waiter.set()

    def wake_all(self) -> None:
        self.wake(list(self.waiters))

    async def after(self, replay_id: UUID, seq: int) -> list[LogEntry]:
        """The entries after `seq` that Redis has. Raises redis.RedisError.

        Whatever is asked while an answer is on its way goes out together, and equal questions only once.
        """
        answer = self.asked.setdefault((replay_id, seq), self.loop.create_future())
        if self.fetching is None or self.fetching.done():
            self.fetching = self.loop.create_task(self.fetch())
        entries = await asyncio.shield(answer)
        if entries is None:
            raise redis.ConnectionError("The live channel is unavailable")
        return entries

    async def fetch(self) -> None:
        """Answer what is asked, in one pipeline, until nothing is."""
        while self.asked:
            asked, self.asked = self.asked, {}
            found: list[list[LogEntry] | None] = [None] * len(asked)
            with suppress(redis.RedisError, OSError):
                async with self.reader.pipeline(transaction=False) as pipe:
                    for replay_id, seq in asked:
                        pipe.xrange(key_of(replay_id), f"({seq}-0", "+", count=500)
                    found = [entries_of(got) for got in await pipe.execute()]
            for answer, entries in zip(asked.values(), found, strict=True):
                answer.set_result(entries)


def entries_of(got: Any) -> list[LogEntry]:
    """The entries in an answer to XRANGE."""
    return [
        LogEntry(int(key.split(b"-")[0]), fields[b"k"].decode(), fields[b"t"].decode()) for key, fields in got
    ]


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of this event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs or _hubs[loop].task.done():
        _hubs[loop] = Hub()
    return _hubs[loop]


@dataclass(slots=True)
class SavedState:
    """What Postgres knows of a replay: whether it is open, and its log after some entry."""

    is_open: bool
    entries: list[LogEntry]


def saved_state(replay_id: UUID, after: int = 0) -> SavedState | None:
    """Read a replay's state and its saved log after entry `after`. None when there is no such replay."""
    replay = Replay.objects.filter(pk=replay_id).only("state").first()
    return None if replay is None else SavedState(replay.is_open, saved_log(replay_id, after))


def saved_log(replay_id: UUID, after: int = 0) -> list[LogEntry]:
    """The checkpointed entries of a replay after entry `after`, in order."""
    parts = ReplayPart.objects.filter(replay=replay_id, last_seq__gt=after).order_by("first_seq")
    rows = [row for entries in parts.values_list("entries", flat=True) for row in json.loads(entries)]
    return [LogEntry(*row) for row in rows if row[0] > after]


Reread = Callable[[int], Awaitable[SavedState | None]]


async def follow(replay_id: UUID, seen: int | None, reread: Reread) -> AsyncIterator[bytes]:
    """The events of one open page, as SSE bytes, until the replay ends.

    `seen` is the reader's Last-Event-ID, None for a reader without one: it first gets an event that replaces, then
    events that append. `reread(seq)` reads Postgres. Events: `snap` and `delta` (HTML), `state`, `end`.
    """
    centre, waiter = hub(), asyncio.Event()
    seq, first = (0, True) if seen is None else (seen, False)
    waiters = centre.waiters[str(replay_id)]
    waiters.add(waiter)
    try:
        now = await reread(seq)
        while now is not None:
            waiter.clear()
            fresh = now.entries
            # The log of an ended replay is gone: an empty snap would wipe the text until the panel comes.
            if fresh or (first and now.is_open):
                yield _event(fresh, first, seq)
                seq, first = fresh[-1].seq if fresh else seq, False
            if any(entry.kind == "state" for entry in fresh):
                yield encode("state", "running")
            if not now.is_open or any(entry.kind == "end" for entry in fresh):
                break
            now = await _next(centre, replay_id, seq, waiter, reread)
        yield encode("end", "end")
    finally:
        waiters.discard(waiter)
        if not waiters:
            centre.waiters.pop(str(replay_id), None)


async def _next(
    centre: Hub, replay_id: UUID, seq: int, waiter: asyncio.Event, reread: Reread
) -> SavedState | None:
    """What comes after `seq`: from Redis, woken by its channel; from Postgres on silence, a gap, or an unavailable Redis."""
    entries, reliable = await _fetch(centre, replay_id, seq)
    if entries:
        return SavedState(True, entries)
    if reliable and await _woken(waiter, QUIET_S if centre.up else POLL_S):
        entries, reliable = await _fetch(centre, replay_id, seq)
        if entries:
            return SavedState(True, entries)
    elif not reliable:
        await asyncio.sleep(POLL_S)
    return await reread(seq)


async def _fetch(centre: Hub, replay_id: UUID, seq: int) -> tuple[list[LogEntry], bool]:
    """What Redis has after `seq`, and whether it can be relied on (no fault, no gap)."""
    try:
        entries = await centre.after(replay_id, seq)
    except (redis.RedisError, OSError):
        return [], False
    if entries and entries[0].seq != seq + 1:
        return [], False
    return entries, True


async def _woken(waiter: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await waiter.wait()
    except TimeoutError:
        return False
    return True


def _event(entries: list[LogEntry], first: bool, seq: int) -> bytes:
    replaces, shown = visible_from(entries)
    name = "snap" if first or replaces else "delta"
    return encode(name, render(shown), id=str(entries[-1].seq if entries else seq), html=True)
