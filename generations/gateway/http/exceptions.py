"""The error for what goes wrong on the way: an exception of httpx, or of what reads for it."""

import socket
import ssl
import zlib
from collections.abc import Iterator

import httpx

from generations.gateway import errors
from generations.gateway.errors import GatewayError
from generations.gateway.http import head_limits


def error_of_exception(fault: Exception, *, sent: bool) -> GatewayError:
    """The error for an exception of httpx. Its text is dropped: the class has the words."""
    return _broken_kind(fault)(sent=sent)


def _broken_kind(fault: Exception) -> type[GatewayError]:
    causes = list(_causes(fault))
    for kind, error in _HEADS:
        if any(isinstance(cause, kind) for cause in causes):
            return error
    for kind, error in _CONNECTION:
        if isinstance(fault, kind):
            return error
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return errors.TlsFailed
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return errors.Unresolved
    return errors.ConnectFailed if isinstance(fault, httpx.ConnectError) else errors.ConnectionLost


_CONNECTION: tuple[tuple[type[Exception], type[GatewayError]], ...] = (
    (httpx.ConnectTimeout, errors.ConnectTimeout),
    (httpx.TimeoutException, errors.ReadTimeout),
    (httpx.LocalProtocolError, errors.NotSent),
    (httpx.UnsupportedProtocol, errors.NotSent),
    (httpx.InvalidURL, errors.NotSent),
    (httpx.DecodingError, errors.Garbled),
    (zlib.error, errors.Garbled),
)


_HEADS: tuple[tuple[type[Exception], type[GatewayError]], ...] = (
    (head_limits.OversizedHead, errors.HeadTooLarge),
    (head_limits.SlowHead, errors.HeadTooSlow),
)


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__
