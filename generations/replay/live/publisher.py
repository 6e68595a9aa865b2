"""The live channel: published by workers, followed by open pages.

Each replay has a short-lived Redis stream whose entry IDs are the engine's own sequence numbers, which are the SSE ids
too. One pub/sub connection per web process rings the bell; readers then fetch what is new through a small pool.
Postgres is the truth: a gap, or Redis being away, sends the reader to the checkpoints.
"""

import asyncio
import json
import logging
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from django.conf import settings
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from dashboard.web.event_streams import encode
from generations.models import Replay, ReplayPart
from generations.replay.live.log import Entry, Feed

log = logging.getLogger(__name__)

BELL = "retake:bell"
CARRIAGE_RETURN = SafeString("&#13;")
KEPT_ENTRIES = 2000
KEPT_SECONDS = 600
POLL_S = 1.0
QUIET_S = 5.0


def key_of(replay_id: UUID) -> str:
    """The Redis stream of a replay."""
    return f"retake:replay:{replay_id}"


# --- the worker's side ------------------------------------------------------------------------------------------


def _options() -> dict[str, Any]:
    tls = {"ssl_cert_reqs": ssl.CERT_NONE} if settings.REDIS_URL.startswith("rediss://") else {}
    return {"socket_connect_timeout": 0.5, **tls}


_making = Lock()


def _writer() -> "redis.Redis":
    with _making:  # two threads at once would make two pools
        return _make_writer()


@cache
def _make_writer() -> "redis.Redis":
    pool = redis.BlockingConnectionPool.from_url(
        settings.REDIS_URL,
        max_connections=2,
        timeout=2,
        socket_timeout=1,
        retry=Retry(NoBackoff(), 0),
        **_options(),
    )
    return redis.Redis(connection_pool=pool)


class _Rest:
    """After a failure the writer leaves Redis alone for a second, so that a dead one slows no replay down."""

    until = 0.0


def publish(feeds: Iterable[Feed]) -> None:
    """Number what is new in the feeds and send it, all in one pipeline. What could not be sent is kept and sent later."""
    waiting = []
    for feed in feeds:
        feed.number()
        if feed.unsent:
            waiting.append(feed)
    now = time.monotonic()
    if not waiting or now < _Rest.until:
        return
    try:
        _send([(feed.replay_id, list(feed.unsent)) for feed in waiting])
    except redis.RedisError as error:
        _Rest.until = now + 1.0
        log.warning("The live channel is away (%s); pages poll until it is back", type(error).__name__)
        return
    for feed in waiting:
        feed.unsent.clear()


def _send(batches: list[tuple[UUID, list[Entry]]]) -> None:
    with _writer().pipeline(transaction=False) as pipe:
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
                pipe.expire(key_of(replay_id), KEPT_SECONDS)
        pipe.publish(BELL, " ".join(str(replay_id) for replay_id, _ in batches))
        for answer in pipe.execute(raise_on_error=False):
            # An entry that Redis has already (its answer got lost) is refused as not newer: that is well.
            if isinstance(answer, redis.RedisError) and not isinstance(answer, redis.ResponseError):
                raise answer


def keep(feeds: Iterable[Feed]) -> None:
    """Put the expiry of these running replays' streams off again."""
    if time.monotonic() < _Rest.until:
        return
    try:
        with _writer().pipeline(transaction=False) as pipe:
            for feed in feeds:
                pipe.expire(key_of(feed.replay_id), KEPT_SECONDS)
            pipe.execute()
    except redis.RedisError:
        log.debug("The expiry of the live channel was not put off")


def ring(replay_id: UUID) -> None:
    """Wake the readers of a replay whose row has changed, without an entry."""
    try:
        _writer().publish(BELL, str(replay_id))
    except redis.RedisError:
        log.info("No bell for %s: its readers find out by themselves", replay_id)


def wipe(replay_ids: Iterable[UUID]) -> None:
    """Drop the live streams of replays whose content is to be forgotten. They vanish by themselves in ten minutes."""
    keys = [key_of(replay_id) for replay_id in replay_ids]
    try:
        if keys:
            _writer().delete(*keys)
    except redis.RedisError as error:
        log.warning("The live channel is away (%s); what it holds expires", type(error).__name__)


# --- the web process's side -------------------------------------------------------------------------------------


class Hub:
    """One per web process: one pub/sub connection, one small pool, and who waits for which replay."""

    def __init__(self) -> None:
        self.waiters: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.up = False
        quick = {"retry": AsyncRetry(NoBackoff(), 0), **_options()}
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            settings.REDIS_URL, max_connections=1, timeout=5, socket_timeout=2, **quick
        )
        self.reader = redis.asyncio.Redis(connection_pool=pool)
        self.bell = redis.asyncio.Redis.from_url(settings.REDIS_URL, health_check_interval=10, **quick)
        self.asked: dict[tuple[UUID, int], asyncio.Future[list[Entry] | None]] = {}
        self.loop = asyncio.get_running_loop()
        self.task = self.loop.create_task(self.listen())
        self.fetching: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Ring whoever waits; after a lost connection ring everybody, for nobody knows what was missed."""
        me = asyncio.current_task()
        while me is not None and not me.cancelling():  # redis-py may lose a cancellation (3.11's wait_for)
            try:
                async with self.bell.pubsub() as channel:
                    await channel.subscribe(BELL)
                    if me.cancelling():
                        return
                    self.up = True
                    self.ring_all()
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self.ring(message["data"].decode().split())
            except (redis.RedisError, OSError):
                pass
            self.up = False
            self.ring_all()
            await asyncio.sleep(0.5)

    def ring(self, names: Iterable[str]) -> None:
        for name in names:
            for waiter in self.waiters.get(name, ()):
                waiter.set()

    def ring_all(self) -> None:
        self.ring(list(self.waiters))

    async def after(self, replay_id: UUID, seq: int) -> list[Entry]:
        """The entries after `seq` that Redis has. Raises redis.RedisError.

        Whatever is asked while an answer is on its way goes out together, and equal questions only once.
        """
        answer = self.asked.setdefault((replay_id, seq), self.loop.create_future())
        if self.fetching is None or self.fetching.done():
            self.fetching = self.loop.create_task(self.fetch())
        entries = await asyncio.shield(answer)
        if entries is None:
            raise redis.ConnectionError("The live channel is away")
        return entries

    async def fetch(self) -> None:
        """Answer what is asked, in one pipeline, until nothing is."""
        while self.asked:
            asked, self.asked = self.asked, {}
            found: list[list[Entry] | None] = [None] * len(asked)
            with suppress(redis.RedisError, OSError):
                async with self.reader.pipeline(transaction=False) as pipe:
                    for replay_id, seq in asked:
                        pipe.xrange(key_of(replay_id), f"({seq}-0", "+", count=500)
                    found = [entries_of(got) for got in await pipe.execute()]
            for answer, entries in zip(asked.values(), found, strict=True):
                answer.set_result(entries)


def entries_of(got: Any) -> list[Entry]:
    """The entries in an answer to XRANGE."""
    return [Entry(int(key.split(b"-")[0]), told[b"k"].decode(), told[b"t"].decode()) for key, told in got]


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of this event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs or _hubs[loop].task.done():
        _hubs[loop] = Hub()
    return _hubs[loop]


@dataclass(slots=True)
class Standing:
    """What Postgres knows of a replay: whether it is open, and its log after some entry."""

    is_open: bool
    entries: list[Entry]


def standing(replay_id: UUID, after: int = 0) -> Standing | None:
    """Read a replay's state and its saved log after entry `after`. None when there is no such replay."""
    replay = Replay.objects.filter(pk=replay_id).only("state").first()
    return None if replay is None else Standing(replay.is_open, saved_log(replay_id, after))


def saved_log(replay_id: UUID, after: int = 0) -> list[Entry]:
    """The checkpointed entries of a replay after entry `after`, in order."""
    parts = ReplayPart.objects.filter(replay=replay_id, last_seq__gt=after).order_by("first_seq")
    rows = [row for entries in parts.values_list("entries", flat=True) for row in json.loads(entries)]
    return [Entry(*row) for row in rows if row[0] > after]


def render(entries: Iterable[Entry]) -> SafeString:
    """The log as escaped HTML: increments that a page can append to each other."""
    return format_html_join("", "{}", ((_render_one(entry),) for entry in entries))


def _render_one(entry: Entry) -> SafeString | str:
    if entry.kind in ("text", "reasoning", "refusal", "note", "tool", "args"):
        return format_html('<span class="live-{}">{}</span>', entry.kind, _escaped(entry.text))
    return ""


def _escaped(text: str) -> SafeString:
    """A carriage return would end a line of the event, so it travels as a character reference."""
    if "\r" not in text:
        return escape(text)
    return format_html_join(CARRIAGE_RETURN, "{}", ((piece,) for piece in text.split("\r")))


def visible_from(entries: list[Entry]) -> tuple[bool, list[Entry]]:
    """Whether the entries void what came before, and those that are still to be shown."""
    for place in range(len(entries) - 1, -1, -1):
        if entries[place].kind == "replace":
            return True, entries[place + 1 :]
    return False, entries


def shown_now(entries: list[Entry]) -> list[Entry]:
    """The entries that a page which opens now shows."""
    return visible_from(entries)[1]


def text_of(entries: list[Entry]) -> str:
    """The plain text that the log amounts to: text only, after the last replacement."""
    return "".join(entry.text for entry in visible_from(entries)[1] if entry.kind == "text")


Reread = Callable[[int], Awaitable[Standing | None]]


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
) -> Standing | None:
    """What comes after `seq`: from Redis as the bell rings; from Postgres on silence, a gap, or a Redis that is away."""
    entries, reliable = await _fetch(centre, replay_id, seq)
    if entries:
        return Standing(True, entries)
    if reliable and await _rung(waiter, QUIET_S if centre.up else POLL_S):
        entries, reliable = await _fetch(centre, replay_id, seq)
        if entries:
            return Standing(True, entries)
    elif not reliable:
        await asyncio.sleep(POLL_S)
    return await reread(seq)


async def _fetch(centre: Hub, replay_id: UUID, seq: int) -> tuple[list[Entry], bool]:
    """What Redis has after `seq`, and whether it can be relied on (no fault, no gap)."""
    try:
        entries = await centre.after(replay_id, seq)
    except (redis.RedisError, OSError):
        return [], False
    if entries and entries[0].seq != seq + 1:
        return [], False
    return entries, True


async def _rung(waiter: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await waiter.wait()
    except TimeoutError:
        return False
    return True


def _event(entries: list[Entry], first: bool, seq: int) -> bytes:
    replaces, shown = visible_from(entries)
    name = "snap" if first or replaces else "delta"
    return encode(name, render(shown), id=str(entries[-1].seq if entries else seq), html=True)
