"""Reading a crowd of streams in gulps, one thread at a time.

Two hundred threads that wake up for every frame spend more on waking up, and on waiting for the interpreter's lock,
than on reading. So with many neighbours a thread pauses before each read, which then gets several frames at once, and
takes its turn: one thread at a time reads and parses. The turn is a courtesy, not a lock: it is taken only when bytes
are there, and nobody waits long for it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from generations.gateway.http.exchange import Stop

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

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx's `trace` extension: the stream that it reports is the one that is read later."""
        super().trace(event, info)
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            stream = info["return_value"]
            stream.read = partial(self._read, stream, stream.read)

    def _read(self, stream: Any, read: Callable[..., bytes], *args: Any, **options: Any) -> bytes:
        self.rest()
        if (seconds := self._pause()) > 0:
            time.sleep(seconds)
            if stream.get_extra_info("is_readable"):
                self._mine = _turn.acquire(timeout=PATIENCE_S)
        return read(*args, **options)

    def rest(self) -> None:
        """What was read is dealt with: the next thread's turn."""
        if self._mine:
            self._mine = False
            _turn.release()


def pause_for(neighbours: int) -> float:
    """Seconds to wait before a read while so many replays run: none for a few."""
    return 0.0 if neighbours < CROWD else min(LONGEST_PAUSE_S, neighbours * PAUSE_EACH_S)
