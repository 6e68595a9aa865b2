"""Reading many streams at once, in few large reads, one thread at a time.

Two hundred threads that wake up for every frame spend more on waking up, and on waiting for the interpreter's lock,
than on reading. So with many neighbours a thread pauses before each read, which then gets several frames at once, and
takes its turn: one thread at a time reads and parses. The turn is a courtesy, not a lock: it is taken only when bytes
are there, and nobody waits long for it.
"""

import threading
import time
from collections.abc import Callable

import httpcore

from generations.gateway.http.exchange import Stop
from generations.gateway.http.streams import WrappedStream

CROWD = 16
PAUSE_EACH_S, LONGEST_PAUSE_S = 0.001, 0.2
PATIENCE_S = 0.1

_turn = threading.Lock()


class PacedReads(Stop):
    """A Stop that also lets each read of the socket wait for `pause()` seconds; 0 is an ordinary read."""

    def __init__(self, pause: Callable[[], float]) -> None:
        super().__init__()
        self._pause = pause
        self._mine = False

    def wrapped(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        return PacedStream(stream, self)

    def before_read(self, stream: httpcore.NetworkStream) -> None:
        """Wait, and take a turn where bytes are there."""
        self.rest()
        if (seconds := self._pause()) > 0:
            time.sleep(seconds)
            if stream.get_extra_info("is_readable"):
                self._mine = _turn.acquire(timeout=PATIENCE_S)

    def rest(self) -> None:
        """What was read is dealt with: the next thread's turn."""
        if self._mine:
            self._mine = False
            _turn.release()


class PacedStream(WrappedStream):
    """A stream whose reads are paced."""

    def __init__(self, stream: httpcore.NetworkStream, pace: PacedReads) -> None:
        super().__init__(stream)
        self._pace = pace

    def wrap(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        return PacedStream(stream, self._pace)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._pace.before_read(self.stream)
        return self.stream.read(max_bytes, timeout)


def pause_for(neighbours: int) -> float:
    """Seconds to wait before a read while so many replays run: none for a few."""
    return 0.0 if neighbours < CROWD else min(LONGEST_PAUSE_S, neighbours * PAUSE_EACH_S)
