"""The heartbeat: one thread per worker process, apart from the replay threads.

A thread that waits minutes for a byte can neither beat nor see a cancel. Every 50 ms the heartbeat sends what is new to
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
from generations.replay.live.log import Checkpoint, LiveLog
from generations.replay.raw_answer import ENOUGH

log = logging.getLogger(__name__)

TICK_S = 0.05
BEAT_S = 1.0
MOST_SAVED = 8 * 2**20  # bytes in one INSERT

BEAT = """
UPDATE generations_replay SET heartbeat_at = %s
WHERE id = ANY(%s) AND state = 'running' RETURNING id, cancel_asked_at IS NOT NULL
"""


class Heartbeat:
    """Beats for all replays of this process."""

    def __init__(self) -> None:
        self._live_logs: dict[UUID, LiveLog] = {}
        # Held for moments only: a tick may take long, and nobody waits for it to begin.
        self._turn = threading.Condition()
        self._ticks, self._ticking = 0, False
        self._some = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_beat = self._rest_until = 0.0
        self._quit_at: float | None = None

    @contextmanager
    def beating(self, live_log: LiveLog) -> Iterator[None]:
        """Beat for `live_log` while the block runs. After it the heartbeat does not touch the live log any more."""
        with self._turn:
            self._live_logs[live_log.replay_id] = live_log
            self._ensure_thread()
            self._some.set()
        try:
            yield
        finally:
            self._leave(live_log)

    def _leave(self, live_log: LiveLog) -> None:
        with self._turn:
            del self._live_logs[live_log.replay_id]
            if not self._live_logs:
                self._some.clear()
            seen = self._ticks
            self._turn.wait_for(lambda: not self._ticking or self._ticks != seen)

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._some.wait()
            begun = time.monotonic()
            with self._turn:
                self._ticking, live_logs = True, list(self._live_logs.values())
            try:
                self.tick(live_logs, begun)
            except Exception:
                log.exception("The heartbeat missed a beat")
            with self._turn:
                self._ticking = False
                self._ticks += 1
                self._turn.notify_all()
            took = time.monotonic() - begun
            time.sleep(max(TICK_S - took, took))  # with many replays half of the time is left to them

    def tick(self, live_logs: list[LiveLog], now: float) -> None:
        """One step for these live logs."""
        for live_log in live_logs:
            live_log.neighbours = len(live_logs)
        publisher.publish(live_logs)
        if now < self._next_beat:
            self._relieve(live_logs)
            return
        self._next_beat = now + BEAT_S
        publisher.keep(live_logs)
        for live_log in live_logs:
            if late := live_log.overdue():
                live_log.end(late)
            elif self._quit_at is not None and now >= self._quit_at:
                live_log.end("shutdown")
        with self._patience():
            save(live_logs)
            beat(live_logs)

    def _relieve(self, live_logs: list[LiveLog]) -> None:
        """Save those that have received much since the last checkpoint: soon they would have to wait."""
        full = [live_log for live_log in live_logs if live_log.held.waiting > ENOUGH]
        if full and time.monotonic() >= self._rest_until:
            with self._patience():
                save(full)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """What could not be saved stays in the live logs and is tried again in a second."""
        try:
            yield
        except (DatabaseError, InterfaceError):
            self._rest_until = time.monotonic() + BEAT_S
            log.warning("The database is unavailable; replays go on and are saved when it is back")
        finally:
            connection.close()

    def quit_within(self, seconds: float) -> None:
        """On SIGTERM: let streams run for `seconds`, then end them."""
        self._quit_at = time.monotonic() + seconds


def beat(live_logs: list[LiveLog]) -> None:
    """Say that these replays are alive, and end those that somebody has asked to stop."""
    running = {live_log.replay_id: live_log for live_log in live_logs}
    if not running:
        return
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [timezone.now(), list(running)])
        for replay_id, cancelled in cursor.fetchall():
            if cancelled:
                running[replay_id].end("cancelled")


def save(live_logs: list[LiveLog]) -> None:
    """Append to each replay's checkpoint what came since the last one: one INSERT for all, or some if that is much."""
    taken: list[tuple[LiveLog, Checkpoint]] = []
    size = 0
    for live_log in live_logs:
        if (checkpoint := live_log.checkpoint()) is None:
            continue
        taken.append((live_log, checkpoint))
        size += len(checkpoint.wire)
        if size >= MOST_SAVED:
            _insert(taken)
            taken, size = [], 0
    _insert(taken)


def _insert(taken: "list[tuple[LiveLog, Checkpoint]]") -> None:
    """Store checkpoints. One that is stored already is left as it is: a second try repeats the first one exactly."""
    if taken:
        parts = [part_of(live_log, checkpoint) for live_log, checkpoint in taken]
        ReplayPart.objects.bulk_create(parts, ignore_conflicts=True)
    for live_log, _ in taken:
        live_log.is_saved()


def part_of(live_log: LiveLog, checkpoint: Checkpoint) -> ReplayPart:
    """The row of a checkpoint."""
    return ReplayPart(
        replay_id=live_log.replay_id,
        first_seq=checkpoint.entries[0].seq,
        last_seq=checkpoint.entries[-1].seq,
        entries=json.dumps([[entry.seq, entry.kind, entry.text] for entry in checkpoint.entries]),
        wire=checkpoint.wire,
    )


heartbeat = Heartbeat()
