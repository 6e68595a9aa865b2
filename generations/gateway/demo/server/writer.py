"""Sends a stream on schedule.

Each chunk has an absolute deadline, so a late one does not delay the others.
"""

import asyncio
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from generations.gateway.demo.server.exchange import Exchange
from generations.gateway.demo.server.settings import Settings
from generations.gateway.demo.tokens import seeded

HOUR = 3600.0
# Seconds. Deadlines lie on a common grid, so that many streams are served in one turn of the loop.
TICK = 0.004


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: to the first byte, and from chunk to chunk. `jitter` makes the rhythm less even."""

    first: float
    step: float
    jitter: float = 0.0

    def deadlines(self) -> Iterator[float]:
        """Seconds after the start, one for each chunk, without drift."""
        number = 0
        while True:
            lean = self.jitter * ((number * 7919 % 13) / 13 - 0.5)
            yield self.first + self.step * (number + lean)
            number += 1


def pace_for(settings: Settings, seed: str, speed: int = 75) -> Pace:
    """The pace of one answer: 200 to 600 ms to the first byte, a word at a time, unless the settings say
    more.
    """
    first = settings.first_byte_ms if settings.first_byte_ms is not None else seeded(seed, 200, 600)
    rate = settings.tokens_per_s or speed - 10 + seeded(seed + "/rate", 0, 20)
    step = settings.frame_ms if settings.frame_ms is not None else 1350 / max(rate, 0.001)
    jitter = 0.0 if settings.frame_ms is not None else 0.9
    return Pace(first * settings.pace / 1000, step * settings.pace / 1000, jitter)


async def wait(seconds: float) -> None:
    """Sleeps, but not at all for nothing."""
    if seconds > 0:
        await asyncio.sleep(seconds)


async def write(
    exchange: Exchange, chunks: Iterable[bytes], pace: Pace, started: float, *, whole: bool = True
) -> None:
    """Sends the chunks; those that are due together go out together, unless not `whole`. A client that left
    changes nothing.

    contract: the gateway keeps reading the provider to the end and bills it.
    """
    now = asyncio.get_running_loop().time
    late: list[bytes] = []
    most = 64 if whole else 1
    for chunk, due in zip(chunks, pace.deadlines(), strict=False):
        left = started + due - now()
        if left > 0.0005:
            if late:
                await exchange.write(b"".join(late))
                late.clear()
            await asyncio.sleep(left + -(started + due) % TICK)
        late.append(chunk)
        if len(late) >= most:
            await exchange.write(b"".join(late))
            late.clear()
            await asyncio.sleep(0)
    if late:
        await exchange.write(b"".join(late))


async def hang_up(exchange: Exchange, *, reset: bool) -> None:
    """Ends the connection in the middle: by RST, or by an ordinary close without the end of the body."""
    transport = exchange.transport
    if reset:
        raw = transport.get_extra_info("socket")
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await exchange.gone()
