"""A TCP line in front of a server that a test can cut in the middle, and mend."""

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from dashboard.local.system import LOOPBACK

State = Literal["open", "reset", "502"]
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Line:
    """Forwards every connection to `server` (host, port) while `state` is "open"."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.state: State = "open"
        self.listening = socket.create_server((LOOPBACK, 0))
        self.port: int = self.listening.getsockname()[1]
        self.ends: set[socket.socket] = set()
        self.asked: list[bytes] = []  # what was sent through it, piece by piece
        self.cut_off = 0  # connections that came while it was cut
        self.refused: list[bytes] = []  # what they asked, where they got an answer
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the web server behind it."""
        return f"http://{LOOPBACK}:{self.port}"

    def cut(self, state: State = "reset") -> None:
        """Reset every open connection; new ones are reset, or with "502" answered as a proxy does in a deploy."""
        self.state = state
        for end in list(self.ends):
            self._reset(end)

    def mend(self) -> None:
        """Forward again."""
        self.state = "open"

    def close(self) -> None:
        self.cut()
        self.listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=[near], daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        if self.state == "open":
            self._forward(near)
        else:
            self._refuse(near)

    def _refuse(self, near: socket.socket) -> None:
        if self.state == "502":
            self.refused.append(near.recv(65536))
            near.sendall(BAD_GATEWAY)
            near.close()
        else:
            self._reset(near)
        self.cut_off += 1

    def _forward(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self.server)
        except OSError:
            return self._reset(near)
        pair = {near: far, far: near}
        self.ends.update(pair)
        try:
            while True:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65536)
                    if end is near:
                        self.asked.append(data)
                    if not data:
                        return None
                    pair[end].sendall(data)
        except (OSError, ValueError):  # reset by either side, or cut
            return None
        finally:
            self.ends.difference_update(pair)
            near.close()
            far.close()

    @staticmethod
    def _reset(end: socket.socket) -> None:
        """RST instead of FIN. The shutdown wakes the thread that reads from it."""
        try:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


@contextmanager
def line_to(port: int, host: str = LOOPBACK) -> Iterator[Line]:
    """A line to a server until the block ends."""
    line = Line((host, port))
    try:
        yield line
    finally:
        line.close()
