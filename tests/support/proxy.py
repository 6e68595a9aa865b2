"""A TCP proxy on loopback whose line can be cut, or go silent, while both ends stay up."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

from dashboard.local.system import LOOPBACK


class Proxy:
    """Passes bytes between its port and `target`'s. `refuse` cuts every line and takes no new one; `freeze` passes none."""

    def __init__(self, target: int) -> None:
        self.target, self.port, self.refused = target, 0, 0
        self.loop = asyncio.new_event_loop()
        self.open = asyncio.Event()
        self.writers: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self._do(self._listen())
        self.pass_on()

    def _do(self, work: "asyncio.coroutines.Coroutine[None, None, None]") -> None:  # type: ignore[name-defined]
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _listen(self) -> None:
        self.server = await asyncio.start_server(self._line, LOOPBACK, self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        with suppress(OSError, asyncio.CancelledError):
            await self.open.wait()
            there, back = await asyncio.open_connection(LOOPBACK, self.target)
            self.writers.add(back)
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
            self.writers.discard(back)
        writer.close()
        self.writers.discard(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self.open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    def pass_on(self) -> None:
        """Let bytes through again, and take new lines."""

        async def work() -> None:
            if self.server is None:
                await self._listen()
            self.open.set()

        self._do(work())

    def freeze(self) -> None:
        """Take lines, answer nothing: a server that hangs, or a firewall that drops packets."""

        async def work() -> None:
            self.open.clear()

        self._do(work())

    def refuse(self) -> None:
        """Cut every line and refuse new ones: a server that has ended."""

        async def work() -> None:
            if self.server is not None:
                self.server.close()
            self.server = None
            for writer in list(self.writers):
                writer.transport.abort()
            self.writers.clear()

        self._do(work())

    def close(self) -> None:
        self.refuse()

        async def settle() -> None:
            """No line is left in the middle of its work."""
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._do(settle())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


@contextmanager
def proxied(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of the server of `url`, and the URL through it."""
    parts = urlsplit(url)
    proxy = Proxy(parts.port or 0)
    try:
        there = parts.netloc.rpartition("@")[0]
        yield proxy, urlunsplit(parts._replace(netloc=f"{there}@{LOOPBACK}:{proxy.port}"))
    finally:
        proxy.close()
