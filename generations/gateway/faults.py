"""Pick the error for an answer that is no success, or for a connection that failed.

contract: "Authentication and errors". Errors of POST are flat objects whose `error` is a string; `error` as
an object with message, type and code is read too.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

import httpx

from generations.gateway import errors
from generations.gateway.errors import GatewayError, Whose
from generations.gateway.jsontext import Unreadable, Value, is_text, loads, visible

__all__ = ["REASONS", "answered", "broken", "is_page", "tree"]

Asked: TypeAlias = Literal["record", "send"]

_KEY = "Save another key in the connection."
_OAUTH = "Sign the credential in again at the gateway and save the new one."
_FORM = "Save the credential again, without quotes and blanks around it."
_TROUBLE = (errors.AuthUnavailable.title, errors.AuthUnavailable.advice)

REASONS: dict[str, tuple[str, str]] = {
    "missing_or_invalid_authorization_header": ("The gateway saw no usable credential.", _FORM),
    "invalid_key_format": ("The credential does not have the form of a key.", _FORM),
    "legacy_key_prefix_retired": ("The key is of an old kind that the gateway has retired.", _KEY),
    "management_key_not_valid_for_gateway": (
        "This is a management key. It can neither read generations nor send requests.",
        "Use a gateway key, or a delegated key with generations:read.",
    ),
    "key_not_found_or_revoked": ("The key does not exist at the gateway or was revoked.", _KEY),
    "key_expired": ("The key has expired.", _KEY),
    "invalid_secret": ("The key's secret part is wrong.", _FORM),
    "oauth_managed_key_invalid": ("The delegated key is no longer valid.", _OAUTH),
    "oauth_authorization_revoked": ("The authorisation behind the credential was revoked.", _OAUTH),
    "oauth_gateway_scope_required": (
        "The credential lacks the scope gateway:access.",
        "Grant gateway:access at the gateway.",
    ),
    "oauth_resource_token_not_valid_for_api": ("The token was made for another service.", _OAUTH),
    "oauth_not_configured": ("The gateway has no OAuth, so it takes no access tokens.", "Use a key."),
    "invalid_jwt_format": ("The access token is malformed.", _FORM),
    "invalid_oauth_token": ("The access token is not valid or has expired.", _OAUTH),
    "oauth_authentication_failed": ("The access token was refused.", _OAUTH),
    "oauth_delegated_key_required": (
        "An access token cannot send requests.",
        "Use a delegated key with gateway:access to replay.",
    ),
    "management_key_required": ("This needs a management key.", "Use a management key for it."),
    "management_key_scopes_required": (
        "The management key lacks a scope.",
        "Grant the scope at the gateway.",
    ),
    "key_soft_blocked": ("The key is blocked at the gateway.", "Unblock it there, or save another key."),
    "requires_internal_token": ("The request asks for the gateway's testing mode.", "Remove that header."),
    "db_error": _TROUBLE,
    "server_misconfig_missing_pepper": _TROUBLE,
    "oauth_jwks_unavailable": _TROUBLE,
}
_TRANSIENT = ("db_error", "server_misconfig_missing_pepper", "oauth_jwks_unavailable")


def tree(root: type[GatewayError] = GatewayError) -> list[type[GatewayError]]:
    """Every class of the error tree, parents first."""
    return [root, *(kind for child in root.__subclasses__() for kind in tree(child))]


_BY_CODE: dict[str, type[GatewayError]] = {kind.code: kind for kind in tree()} | {
    "gateway_error": errors.PipelineFailed,
    "not_implemented_yet": errors.NotImplementedYet,
}
_BY_STATUS: dict[int, type[GatewayError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorised,
    402: errors.PaymentRequired,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.NotReady,
    413: errors.TooLarge,
    422: errors.ValidationFailed,
    429: errors.RateLimited,
    501: errors.NotImplementedYet,
    502: errors.UpstreamFailed,
}
_ORIGINS: dict[str, Whose] = {"user": "you", "gateway": "gateway", "upstream": "provider"}


def answered(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """The error for an HTTP answer that is no success. `headers` have lower-case names."""
    told = _object(body)
    kind = _kind(asked, status, told) if told is not None else _foreign(status, headers, body)
    error = kind(_message(told, body), status=status, body=body, sent=True)
    error.retry_after = _seconds(headers.get("retry-after", ""))
    if told is not None:
        _tell(error, told)
    return error


def broken(fault: Exception, *, sent: bool) -> GatewayError:
    """The error for an exception of httpx. Its text is not taken over: the class says it all."""
    return _broken_kind(fault)(sent=sent)


def _broken_kind(fault: Exception) -> type[GatewayError]:
    for kind, error in _CONNECTION:
        if isinstance(fault, kind):
            return error
    causes = list(_causes(fault))
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
)


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _object(body: bytes) -> dict[str, Value] | None:
    try:
        told = loads(body)
    except Unreadable:
        return None
    return told if isinstance(told, dict) else None


def _foreign(status: int, headers: Mapping[str, str], body: bytes) -> type[GatewayError]:
    """Answers that are not JSON objects: proxies, web pages, crashes."""
    if 300 <= status < 400:
        return errors.Redirected
    if is_page(headers, body):
        return errors.HtmlAnswer
    if status == 404:
        return errors.WrongPath
    if status >= 500:
        return errors.Crashed
    return _BY_STATUS.get(status, errors.NotGateway)


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """A web page, whatever its status."""
    return "html" in headers.get("content-type", "") or body[:100].lstrip().startswith(b"<")


def _kind(asked: Asked, status: int, told: dict[str, Value]) -> type[GatewayError]:
    code = _code(told)
    if status == 401:
        return errors.AuthUnavailable if told.get("reason") in _TRANSIENT else errors.Unauthorised
    if asked == "record" and status == 404:
        return errors.RecordNotFound
    if 300 <= status < 400:
        return errors.Redirected
    known = _BY_CODE.get(code) or _BY_STATUS.get(status)
    return known or (errors.ServerFault if status >= 500 else GatewayError)


def _code(told: dict[str, Value]) -> str:
    error = told.get("error")
    inner = (error.get("code"), error.get("type")) if isinstance(error, dict) else (error, told.get("code"))
    return next((visible(str(value)) for value in inner if is_text(value) and value), "")


def _message(told: dict[str, Value] | None, body: bytes) -> str:
    """The gateway's own words, at most 2,000 characters."""
    if told is None:
        text = body[:8000].decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else visible(text[:2000])
    error = told.get("error")
    inside = error.get("message") if isinstance(error, dict) else None
    words = (inside, told.get("description"), told.get("message"), told.get("hint"))
    found = next((str(value) for value in words if is_text(value) and value), "")
    return visible(found[:2000])


def _tell(error: GatewayError, told: dict[str, Value]) -> None:
    """What the gateway told about the error goes onto it."""
    error.told = told
    error.code = _code(told) or error.code
    error.reason = _text(told.get("reason"))
    error.generation_id = _text(told.get("generation_id") or told.get("requestId")) or None
    if isinstance(error, errors.Unauthorised):
        error.title, error.advice = REASONS.get(error.reason, (error.title, error.advice))
    origin = _ORIGINS.get(_text(told.get("error_origin")))
    if origin:
        error.fault = origin


def _text(value: Value) -> str:
    return visible(str(value)) if is_text(value) else ""


def _seconds(header: str) -> float | None:
    """`Retry-After` as seconds; its other form, a date, is not used by gateways."""
    return float(header) if header.isascii() and header.isdigit() and len(header) < 7 else None
