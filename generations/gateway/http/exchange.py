"""HTTP under the client: shared TLS settings, kept-alive reads, one connection per send, Stop.

httpx's transports are used directly: no cookies, no redirects, no proxies from the environment, and opening
one costs microseconds. Functions return a GatewayError instead of raising it inside `except`: an exception of
httpx keeps the request's headers in its frames, and a raised error must not drag the credential along.
"""

import contextlib
import functools
import os
import socket
import ssl
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from generations.gateway import errors
from generations.gateway.errors import GatewayError
from generations.gateway.http import decoding, exceptions, head_limits
from generations.gateway.http.merged_chunks import MergedChunks
from generations.gateway.http.streams import Backend, Wrap
from generations.gateway.rawjson.display import visible

__all__ = ["Stop", "Timeouts", "chunks", "is_read", "once", "open_send", "pool", "read"]

_BROKEN = (
    httpx.TransportError,
    httpx.InvalidURL,
    httpx.DecodingError,
    httpx.StreamError,
    zlib.error,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `read` is one silent wait while a record is read, `total` the whole reading of it, `write` one
    wait while a body is sent. The wait for an answer's next byte has no limit (`answer`): the caller's Stop
    ends it."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 120.0
    write: float = 60.0
    answer: float | None = None

    def reading(self) -> dict[str, float | None]:
        return {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.connect}

    def sending(self) -> dict[str, float | None]:
        return self.reading() | {"read": self.answer}


class Stop:
    """Ends a send from another thread, within a millisecond, by shutting its socket down.

    Closing the response would not wake a blocked read. While a host name is looked up or a connection is
    made, it takes effect when that is done (`Timeouts.connect`). One Stop serves one send.
    """

    def __init__(self) -> None:
        self.sent = False
        """May the request have reached the gateway?"""
        self._cancelled = threading.Event()
        self._socket: socket.socket | None = None

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):  # closed already
                # Not self._socket.shutdown(): that of an SSLSocket drops its state under the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def wrapped(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """The stream that the answer is read from: `stream` itself, or one around it."""
        return stream

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx's `trace` extension: learns the socket (TLS replaces the first one) and how far the request
        got."""
        head_limits.trace(event, info)
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.cancelled:
                self.cancel()
        elif event == "http11.send_request_headers.started":
            self.sent = True
        elif event in ("http11.send_request_headers.failed", "http11.send_request_body.failed"):
            self.sent = False  # half a request is none


# -- transports ----------------------------------------------------------------------------------------------

_TLS_LOCK = threading.Lock()
_KEEPALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


def _tls() -> ssl.SSLContext:
    """One for the process: building it costs tens of milliseconds. SSL_CERT_FILE names other authorities."""
    with _TLS_LOCK:
        return _build_tls()


@functools.cache
def _build_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


_POOLS_KEPT = 64
_POOL_LOCK = threading.Lock()
_pools: OrderedDict[tuple[str, int], httpx.HTTPTransport] = OrderedDict()


def pool(base_url: str) -> httpx.HTTPTransport:
    """The kept-alive connections to one gateway, shared by every Client of this process (not with a forked
    child). Those of the gateway that was not asked for longest are closed when there are too many; a read
    that still waits on them is asked again."""
    key = (base_url, os.getpid())
    with _POOL_LOCK:
        transport = _pools.pop(key, None) or _new_pool()
        _pools[key] = transport
        crowded_out = _pools.popitem(last=False) if len(_pools) > _POOLS_KEPT else None
    if crowded_out and crowded_out[0][1] == os.getpid():  # a parent's connections are the parent's to close
        crowded_out[1].close()
    return transport


def _new_pool() -> httpx.HTTPTransport:
    return _Transport(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30.0)


class _Transport(httpx.HTTPTransport):
    """httpx's own, over connections that bound the heads of answers, and that `wrap` may read in its own way.

    httpx hands no backend on to httpcore, so the pool is made here, as httpx makes it.
    """

    def __init__(self, *, wrap: Wrap | None = None, **limits: Any) -> None:
        super().__init__(verify=_tls(), trust_env=False)

        def both(stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
            bounded = head_limits.BoundedHeads(stream)
            return wrap(bounded) if wrap else bounded

        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), network_backend=Backend(both), socket_options=_KEEPALIVE, **limits
        )


# -- reading -------------------------------------------------------------------------------------------------


def read(
    base_url: str, request: httpx.Request, limit: int, seconds: float
) -> "tuple[httpx.Response, bytes] | GatewayError":
    """A whole answer of at most `limit` bytes within `seconds`. A GET on a connection that the gateway had
    closed meanwhile is asked once more."""
    for attempt in (1, 2):
        outcome = _read(pool(base_url), request, limit, seconds)
        if attempt == 2 or not isinstance(outcome, errors.ConnectionLost):
            break
    return outcome


def once(request: httpx.Request, limit: int, seconds: float) -> "tuple[httpx.Response, bytes] | GatewayError":
    """A whole answer of at most `limit` bytes within `seconds`, asked once, on a connection of its own."""
    transport = _Transport()
    try:
        return _read(transport, request, limit, seconds)
    finally:
        transport.close()


def _read(
    transport: httpx.HTTPTransport, request: httpx.Request, limit: int, seconds: float
) -> "tuple[httpx.Response, bytes] | GatewayError":
    deadline = time.monotonic() + seconds
    request.extensions = {**request.extensions, "trace": head_limits.trace}
    try:
        response = transport.handle_request(request)
        try:
            body = _limited(response, limit, deadline)
        finally:
            response.close()
    except _BROKEN as fault:
        return exceptions.error_of_exception(fault, sent=False)
    return body if isinstance(body, GatewayError) else (response, body)


def _limited(response: httpx.Response, limit: int, deadline: float) -> bytes | GatewayError:
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length[:18]) > limit:
        return _too_large(limit, length)
    applied = decoding.codings(response.headers)
    if not decoding.is_known(applied):
        return undecodable(applied, sent=False)
    pieces, size = [], 0
    for piece in _unpacked(response, applied):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            return _too_large(limit, "" if applied else length)
        if time.monotonic() > deadline:
            return errors.Overdue()
    return b"".join(pieces)


def _unpacked(response: httpx.Response, applied: list[str]) -> Iterator[bytes]:
    """The body in pieces, its one coding taken off. Raises zlib.error."""
    raw = response.iter_raw()
    yield from decoding.decoded(raw, applied[0]) if applied else filter(None, raw)


def undecodable(applied: list[str], *, sent: bool) -> GatewayError:
    """The error for a body under these codings."""
    named = visible(", ".join(applied))[:100]
    return errors.Undecodable(f"Its content encoding is: {named}.", sent=sent)


def _too_large(limit: int, length: str) -> GatewayError:
    size = f"It has {int(length):,} bytes" if length.isdigit() and len(length) < 19 else "It is larger"
    return errors.RecordTooLarge(f"{size}; the limit is {limit:,}.")


# -- sending -------------------------------------------------------------------------------------------------


def open_send(
    request: httpx.Request, stop: Stop
) -> "tuple[httpx.HTTPTransport, httpx.Response] | GatewayError":
    """Send a request on a connection of its own and wait for the headers. The caller closes the transport."""
    transport = _Transport(wrap=lambda stream: stop.wrapped(MergedChunks(stream)))
    try:
        return transport, transport.handle_request(request)
    except _BROKEN as fault:
        transport.close()
        return (
            errors.Stopped(sent=stop.sent)
            if stop.cancelled
            else exceptions.error_of_exception(fault, sent=stop.sent)
        )


def chunks(response: httpx.Response) -> "Iterator[bytes | GatewayError]":
    """The body's bytes as they come, a coding that we know taken off. A broken connection is the last item.

    A body under codings that are not decoded comes as it is, with that error as its last item.
    """
    applied = decoding.codings(response.headers)
    known = decoding.is_known(applied)
    try:
        yield from _unpacked(response, applied if known else [])
    except _BROKEN as fault:
        lost = exceptions.error_of_exception(fault, sent=True)
    else:
        if known:
            return
        lost = undecodable(applied, sent=True)
    yield lost


def is_read(response: httpx.Response) -> bool:
    """Whether what `chunks` yields is the body itself, not a packed form of it that we do not read."""
    return decoding.is_known(decoding.codings(response.headers))
