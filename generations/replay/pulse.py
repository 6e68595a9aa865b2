"""The pulse: one thread per worker process beside the replay threads.

A thread that waits minutes for a byte can neither beat nor see a cancel. Every 50 ms the pulse sends what is new to
the live channel (one pipeline for all replays); each second it saves a checkpoint (one INSERT), beats and reads the
cancel flags (one UPDATE), and looks at the deadlines. It ends an unwanted read by shutting the socket down.
"""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from generations.models import ReplayPart
from generations.replay import live
from generations.replay.feed import Feed

log = logging.getLogger(__name__)

TICK_S = 0.05
BEAT_S = 1.0

BEAT = """
UPDATE generations_replay SET heartbeat_at = %s
WHERE id = ANY(%s) AND state = 'running' RETURNING id, cancel_asked_at IS NOT NULL
"""


class Pulse:
    """Beats for all replays of this process."""

    def __init__(self) -> None:
        self._feeds: dict[UUID, Feed] = {}
        # Held for moments only: a tick may take long, and nobody waits for it to begin.
        self._turn = threading.Condition()
        self._ticks, self._ticking = 0, False
        self._some = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_beat = 0.0
        self._quit_at: float | None = None

    @contextmanager
    def beating(self, feed: Feed) -> Iterator[None]:
        """Beat for `feed` while the block runs. After it the pulse does not touch the feed any more."""
        with self._turn:
            self._feeds[feed.replay_id] = feed
            self._ensure_thread()
            self._some.set()
        try:
            yield
        finally:
            self._leave(feed)

    def _leave(self, feed: Feed) -> None:
        with self._turn:
            del self._feeds[feed.replay_id]
            if not self._feeds:
                self._some.clear()
            seen = self._ticks
            self._turn.wait_for(lambda: not self._ticking or self._ticks != seen)

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._some.wait()
            begun = time.monotonic()
            with self._turn:
                self._ticking, feeds = True, list(self._feeds.values())
            try:
                self.tick(feeds, begun)
            except Exception:
                log.exception("The pulse missed a beat")
            with self._turn:
                self._ticking = False
                self._ticks += 1
                self._turn.notify_all()
            took = time.monotonic() - begun
            time.sleep(max(TICK_S - took, took))  # with many replays the pulse leaves them half of the time

    def tick(self, feeds: list[Feed], now: float) -> None:
        """One step for these feeds."""
        for feed in feeds:
            feed.neighbours = len(feeds)
        live.publish(feeds)
        if now < self._next_beat:
            return
        self._next_beat = now + BEAT_S
        live.keep(feeds)
        for feed in feeds:
            if late := feed.overdue():
                feed.end(late)
            elif self._quit_at is not None and now >= self._quit_at:
                feed.end("shutdown")
        try:
            save(feeds)
            beat(feeds)
        except (DatabaseError, InterfaceError):
            log.warning("The database is away; replays go on and are saved when it is back")
        finally:
            connection.close()

    def quit_within(self, seconds: float) -> None:
        """On SIGTERM: let streams run for `seconds`, then end them."""
        self._quit_at = time.monotonic() + seconds


def beat(feeds: list[Feed]) -> None:
    """Say that these replays are alive, and end those that somebody has asked to stop."""
    running = {feed.replay_id: feed for feed in feeds}
    if not running:
        return
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [timezone.now(), list(running)])
        for replay_id, cancelled in cursor.fetchall():
            if cancelled:
                running[replay_id].end("cancelled")


def save(feeds: list[Feed]) -> None:
    """Append to each replay's checkpoint what came since the last one: one INSERT for all."""
    taken: list[tuple[Feed, int, int]] = []
    parts: list[ReplayPart] = []
    for feed in feeds:
        if not feed.unsaved:
            continue
        entries, chunks = len(feed.unsaved), len(feed.chunks)
        parts.append(part_of(feed, chunks))
        taken.append((feed, entries, chunks))
    if not parts:
        return
    ReplayPart.objects.bulk_create(parts, ignore_conflicts=True)
    for feed, entries, chunks in taken:
        del feed.unsaved[:entries]
        feed.saved_chunks = chunks


def part_of(feed: Feed, chunks: int) -> ReplayPart:
    """The checkpoint row for what is not saved yet."""
    return ReplayPart(
        replay_id=feed.replay_id,
        first_seq=feed.unsaved[0].seq,
        last_seq=feed.unsaved[-1].seq,
        entries=json.dumps([[one.seq, one.kind, one.text] for one in feed.unsaved]),
        wire=b"".join(feed.chunks[feed.saved_chunks : chunks]),
    )


pulse = Pulse()
