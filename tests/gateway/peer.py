"""A scripted HTTP peer on loopback. It sends exactly the bytes that a test asks for, when it asks."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Script: TypeAlias = "Callable[[Call], None]"


@dataclass
class Call:
    """One request as it arrived, and the socket to answer on."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    wire: socket.socket = field(repr=False)

    def say(self, data: bytes) -> None:
        self.wire.sendall(data)

    def answer(
        self, status: int, body: bytes, content_type: str = "application/json", **headers: str
    ) -> None:
        """A whole answer with its length."""
        lines = [
            f"HTTP/1.1 {status} Scripted",
            f"content-type: {content_type}",
            f"content-length: {len(body)}",
        ]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.say("\r\n".join([*lines, "", ""]).encode() + body)

    def open(self, content_type: str = "text/event-stream") -> None:
        """The head of a chunked answer."""
        self.say(
            f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        )

    def chunk(self, data: bytes) -> None:
        self.say(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def finish(self) -> None:
        self.say(b"0\r\n\r\n")

    def reset(self) -> None:
        """Break the connection with an RST; nothing of the script comes after it."""
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionResetError

    def gone(self) -> bool:
        """Wait until the other side has closed."""
        try:
            return self.wire.recv(1) == b""
        except OSError:
            return True


class Peer:
    """Answers every request by `script`, one thread for each connection; `calls` holds what arrived."""

    def __init__(self, script: Script) -> None:
        self.script, self.calls = script, list[Call]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        for wire in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()
        for thread in list(self._threads):
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(wire)
            self._threads.append(
                threading.Thread(target=self._serve, args=(wire, len(self._open)), daemon=True)
            )
            self._threads[-1].start()

    def _serve(self, wire: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), wire, wire.makefile("rb") as lines:
            while first := lines.readline():
                method, target, _ = first.decode().split(" ", 2)
                head = iter(lambda: lines.readline().decode("latin-1").strip(), "")
                pairs = (line.partition(":") for line in head)
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                body = lines.read(int(headers.get("content-length", 0)))
                self.calls.append(Call(method, target, headers, body, number, wire))
                self.script(self.calls[-1])


@contextlib.contextmanager
def serving(script: Script) -> Iterator[Peer]:
    peer = Peer(script)
    try:
        yield peer
    finally:
        peer.close()
