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
from generations.replay.live import publisher
from generations.replay.live.log import Checkpoint, Feed
from generations.replay.raw_answer import ENOUGH

log = logging.getLogger(__name__)

TICK_S = 0.05
BEAT_S = 1.0
MOST_SAVED = 8 * 2**20  # bytes in one INSERT

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
        self._next_beat = self._rest_until = 0.0
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
        publisher.publish(feeds)
        if now < self._next_beat:
            self._relieve(feeds)
            return
        self._next_beat = now + BEAT_S
        publisher.keep(feeds)
        for feed in feeds:
            if late := feed.overdue():
                feed.end(late)
            elif self._quit_at is not None and now >= self._quit_at:
                feed.end("shutdown")
        with self._patience():
            save(feeds)
            beat(feeds)

    def _relieve(self, feeds: list[Feed]) -> None:
        """Save those that have received much since the last checkpoint: soon they would have to wait."""
        full = [feed for feed in feeds if feed.held.waiting > ENOUGH]
        if full and time.monotonic() >= self._rest_until:
            with self._patience():
                save(full)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """What could not be saved stays in the feeds and is tried again in a second."""
        try:
            yield
        except (DatabaseError, InterfaceError):
            self._rest_until = time.monotonic() + BEAT_S
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
    """Append to each replay's checkpoint what came since the last one: one INSERT for all, or some if that is much."""
    taken: list[tuple[Feed, Checkpoint]] = []
    size = 0
    for feed in feeds:
        if (checkpoint := feed.checkpoint()) is None:
            continue
        taken.append((feed, checkpoint))
        size += len(checkpoint.wire)
        if size >= MOST_SAVED:
            _insert(taken)
            taken, size = [], 0
    _insert(taken)


def _insert(taken: "list[tuple[Feed, Checkpoint]]") -> None:
    """Store checkpoints. One that is stored already is left as it is: a second try repeats the first one exactly."""
    if taken:
        parts = [part_of(feed, checkpoint) for feed, checkpoint in taken]
        ReplayPart.objects.bulk_create(parts, ignore_conflicts=True)
    for feed, _ in taken:
        feed.is_saved()


def part_of(feed: Feed, checkpoint: Checkpoint) -> ReplayPart:
    """The row of a checkpoint."""
    return ReplayPart(
        replay_id=feed.replay_id,
        first_seq=checkpoint.entries[0].seq,
        last_seq=checkpoint.entries[-1].seq,
        entries=json.dumps([[one.seq, one.kind, one.text] for one in checkpoint.entries]),
        wire=checkpoint.wire,
    )


pulse = Pulse()
