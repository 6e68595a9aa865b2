"""A small load client: keeps some connections busy with one GET and counts the answers."""

import asyncio
import re
import time

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class Asker(asyncio.Protocol):
    """Sends its request again as soon as the answer is whole, until one comes that begins otherwise (`wrong`)."""

    def __init__(self, request: bytes, status: int) -> None:
        self.request, self.begins = request, f"HTTP/1.1 {status} ".encode()
        self.answers, self.buffer, self.wrong = 0, b"", b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        length = LENGTH.search(self.buffer, 0, head + 2) if head >= 0 else None
        if head >= 0 and not (length and self.buffer.startswith(self.begins)):
            self.wrong = self.buffer[:head]
            self.transport.abort()
        elif length and len(self.buffer) >= head + 4 + int(length[1]):
            self.buffer = b""
            self.answers += 1
            self.transport.write(self.request)


def requests_per_s(
    place: str, path: str, cookie: str, *, status: int, connections: int, seconds: float
) -> float:
    """Answers per second to a GET of `path` at host:port `place` over so many kept-alive connections."""
    host, _, port = place.partition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {place}\r\nCookie: {cookie}\r\n\r\n".encode()
    return asyncio.run(_count(host, int(port), request, status, connections, seconds))


async def _count(
    host: str, port: int, request: bytes, status: int, connections: int, seconds: float
) -> float:
    connect = asyncio.get_running_loop().create_connection
    askers = [(await connect(lambda: Asker(request, status), host, port))[1] for _ in range(connections)]
    begun, before = time.monotonic(), sum(asker.answers for asker in askers)
    await asyncio.sleep(seconds)
    after, took = sum(asker.answers for asker in askers), time.monotonic() - begun
    for asker in askers:
        asker.transport.abort()
        assert not asker.wrong, f"an answer other than {status}: {asker.wrong!r}"
    return (after - before) / took
