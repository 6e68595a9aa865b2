"""Network streams in a wrapper, and the backend that makes httpcore use them: its public way to read in another way.

httpcore asks a backend for a connection's stream, and a stream for the one that TLS puts on top of it; what wraps the
first wraps the second, too.
"""

import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

__all__ = ["Backend", "Wrap", "WrappedStream"]


class WrappedStream(httpcore.NetworkStream):
    """Another stream, which does everything. Subclasses do something of their own around `read`."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self.stream = stream

    def wrap(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """The wrapper for the stream that TLS makes of this one."""
        return type(self)(stream)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, timeout)

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return self.wrap(self.stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


Wrap = Callable[[httpcore.NetworkStream], httpcore.NetworkStream]


class Backend(httpcore.SyncBackend):
    """The ordinary connections, each in the wrapper that `wrap` puts around it."""

    def __init__(self, wrap: Wrap) -> None:
        self.wrap = wrap

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return self.wrap(super().connect_tcp(host, port, timeout, local_address, socket_options))
