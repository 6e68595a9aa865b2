"""Heads of requests that are bounded: size, lines and time. The parser itself has no limit."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 64 * 1024  # request line and headers; the same for what stands between the pieces of a body
MOST_LINES = 100
SECONDS = 15.0  # from the connection, or from what follows an answer, to the end of the head
TOO_LARGE, TOO_SLOW, BAD = "431 Request Header Fields Too Large", "408 Request Timeout", "400 Bad Request"


class HeadRefused(Exception):
    """The head is not read on."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol. Too large a head is answered 431, too slow a one 408; then the connection ends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unread = 0  # bytes that came since a head or a piece of a body was whole
        self.status = BAD
        self.late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_ended()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self.unread += len(data)
        super().data_received(data)
        if self.unread > MOST_BYTES:
            self._refuse(TOO_LARGE)
        elif self._is_idle and self.timeout_keep_alive_task is None:
            self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Also called for a trailer, which follows a body in pieces."""
        if len(self.headers) >= MOST_LINES:
            self.status = TOO_LARGE
            raise HeadRefused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MOST_BYTES:
            self.status = TOO_LARGE
            raise HeadRefused
        self._head_ended()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.unread = 0
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Called for what the parser, or a method above, refuses."""
        self._refuse(self.status)

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect_head(self) -> None:
        if self.late is None and not self.transport.is_closing():
            self.late = self.loop.call_later(SECONDS, self._refuse, TOO_SLOW)

    def _head_ended(self) -> None:
        self.unread = 0
        if self.late is not None:
            self.late.cancel()
            self.late = None

    def _refuse(self, status: str) -> None:
        """Send one line, unless another answer is on its way, and end the connection."""
        self._head_ended()
        if not self.transport.is_closing():
            if self._is_idle:
                self.transport.write(
                    f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
                    f"content-length: {len(status) - 2}\r\n\r\n{status[4:]}.\n".encode()
                )
            self.transport.close()
