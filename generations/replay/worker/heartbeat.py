"""The heartbeat: one thread per worker process apart from the replay threads. It never waits for the database.

Every 50 ms it sends what is new to the live channel (one pipeline for all replays) and looks at the deadlines. Each
second it announces in Redis that this process is alive, and reads there who is asked to stop. It ends an unwanted read
by shutting the socket down. Checkpoints, and the heartbeat of the rows, are the saver's (`saving.py`).
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from generations.replay.live import publisher
from generations.replay.live.log import LiveLog
from generations.replay.worker import presence
from generations.replay.worker.saving import Saver

log = logging.getLogger(__name__)

TICK_S, LONGEST_PAUSE_S = 0.05, 0.2
ANNOUNCE_S = 1.0
LONGEST_TICK_S, STOPPED_S = 6.0, 1.0


def was_stopped(tick_s: float, overslept_s: float) -> bool:
    """Whether this process, or its machine, was stopped for a while: then no gateway was silent for so long."""
    return tick_s > LONGEST_TICK_S or overslept_s > STOPPED_S


class Heartbeat:
    """Beats for all replays of this process."""

    def __init__(self) -> None:
        self._live_logs: dict[UUID, LiveLog] = {}
        # Held for moments only: nobody waits for a tick to begin.
        self._turn = threading.Condition()
        self._ticks, self._ticking = 0, False
        self._some = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_announcement = 0.0
        self._quit_at: float | None = None
        self._idle_s: float | None = None
        self.saver = Saver(self.running)

    def running(self) -> list[LiveLog]:
        """The replays of this process, those that are stored just now among them."""
        with self._turn:
            return list(self._live_logs.values())

    @contextmanager
    def beating(self, live_log: LiveLog) -> Iterator[None]:
        """Beat for `live_log` while the block runs. After it nobody but the caller touches it any more."""
        with self._turn:
            self._live_logs[live_log.replay_id] = live_log
            self._ensure_thread()
            self._some.set()
        self.saver.wake()
        try:
            yield
        finally:
            self._leave(live_log)

    def _leave(self, live_log: LiveLog) -> None:
        with live_log.storing:
            live_log.is_stored = True  # the saver leaves it alone
        with self._turn:
            del self._live_logs[live_log.replay_id]
            if not self._live_logs:
                self._some.clear()
            seen = self._ticks
            self._turn.wait_for(lambda: not self._ticking or self._ticks != seen)

    def watch(self) -> None:
        """Announce this process also while it runs nothing: it is a worker."""
        self._idle_s = ANNOUNCE_S
        with self._turn:
            self._ensure_thread()

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._some.wait(self._idle_s)
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
            # With many replays half of the time is left to them.
            pause = min(max(TICK_S - took, took), LONGEST_PAUSE_S)
            time.sleep(pause)
            if was_stopped(took, time.monotonic() - begun - took - pause):
                for live_log in self.running():
                    live_log.excuse()

    def tick(self, live_logs: list[LiveLog], now: float) -> None:
        """One step for these live logs."""
        reading = [live_log for live_log in live_logs if not live_log.is_over]
        for live_log in reading:
            live_log.share(len(reading))
            if late := live_log.overdue():
                live_log.end(late)
            elif self.is_time_up:
                live_log.end("shutdown")
        if any(live_log.held.is_worth_saving for live_log in live_logs):
            self.saver.hurry()
        publisher.publish(live_logs)
        if now >= self._next_announcement:
            self._next_announcement = now + ANNOUNCE_S
            for live_log in presence.announce(live_logs):
                live_log.end("cancelled")

    @property
    def is_time_up(self) -> bool:
        """Whether this process is to end now."""
        return self._quit_at is not None and time.monotonic() >= self._quit_at

    def quit_within(self, seconds: float) -> None:
        """On SIGTERM: let streams run for `seconds`, then end them. Asked again, they get no more time."""
        if self._quit_at is None:
            self._quit_at = time.monotonic() + seconds


heartbeat = Heartbeat()
