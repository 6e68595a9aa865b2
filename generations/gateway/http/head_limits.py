"""Bounds for the head of an answer (status line and headers), which httpx reads without any of its own.

A head that comes a byte at a time would hold a thread for ever: h11 bounds its size, nothing bounds its time.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

import httpcore

from generations.gateway.http.streams import WrappedStream

__all__ = [
    "MOST_BYTES",
    "MOST_LINES",
    "SECONDS",
    "BoundedHeads",
    "OversizedHead",
    "SlowHead",
    "end_of",
    "trace",
]

MOST_BYTES, MOST_LINES = 64 * 2**10, 100
SECONDS = 15.0
"""From the head's first byte to its last one. The wait for the first byte has limits of its own."""
_MOST_INTERIM = 2**20  # bytes of 1xx answers before the real one


class OversizedHead(httpcore.RemoteProtocolError):
    """The head is larger, or has more lines, than allowed."""


class SlowHead(httpcore.ReadTimeout):
    """The head took longer than `SECONDS`."""


class _Head:
    """The head that is being read."""

    def __init__(self) -> None:
        self.begun: float | None = None
        self.raw = bytearray()
        self.total = 0

    def left(self) -> float | None:
        """Seconds that are left for it; None before its first byte."""
        if self.begun is None:
            return None
        return SECONDS - (time.monotonic() - self.begun)

    def take(self, data: bytes) -> None:
        """More bytes of it. Raises OversizedHead. After a 1xx answer another head follows."""
        if self.begun is None:
            self.begun = time.monotonic()
        self.raw += data
        self.total += len(data)
        end = end_of(self.raw, len(self.raw) - len(data))
        head = self.raw if end is None else self.raw[:end]
        if len(head) > MOST_BYTES or head.count(b"\n") > MOST_LINES + 2 or self.total > _MOST_INTERIM:
            raise OversizedHead("the head of the answer is too large")
        while end is not None and self.raw[9:10] == b"1":
            del self.raw[:end]
            self.begun = None
            end = end_of(self.raw, 0)
        if self.raw and self.begun is None:
            self.begun = time.monotonic()


def end_of(raw: bytearray, seen: int) -> int | None:
    """Where the empty line of a head ends, None while it has not come. `seen` bytes were looked at before."""
    start = max(0, seen - 3)
    usual = raw.find(b"\n\r\n", start)
    # Only before it: behind it stand perhaps thousands of other heads, which each of them would look through.
    bare = raw.find(b"\n\n", start, len(raw) if usual < 0 else usual + 1)
    if bare >= 0:
        return bare + 2
    return usual + 3 if usual >= 0 else None


class _Now(threading.local):
    """The head that this thread reads, if it reads one: a connection is read by the thread that asked."""

    head: _Head | None = None


_now = _Now()


def trace(event: str, info: Mapping[str, Any]) -> None:
    """httpx's `trace` extension, for every request: what `BoundedHeads` read between two events of it is the head."""
    if event == "http11.receive_response_headers.started":
        _now.head = _Head()
    elif event.startswith("http11.receive_response_headers."):
        _now.head = None


class BoundedHeads(WrappedStream):
    """A stream that gives no head but one within the bounds."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        head = _now.head
        if head is None:
            return self.stream.read(max_bytes, timeout)
        return _read(self.stream, head, max_bytes, timeout)


def _read(stream: httpcore.NetworkStream, head: _Head, most: int, timeout: float | None) -> bytes:
    """More of the head. Raises OversizedHead, SlowHead."""
    left = head.left()
    if left is not None:
        timeout = left if timeout is None else min(timeout, left)
        if left <= 0:
            raise SlowHead("the head of the answer took too long")
    try:
        data = stream.read(most, timeout)
    except httpcore.ReadTimeout:
        if left is not None and timeout == left:
            raise SlowHead("the head of the answer took too long") from None
        raise
    head.take(data)
    return data
