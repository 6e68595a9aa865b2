"""Pick the error for an answer that is no success.

contract: "Authentication and errors". The shapes of bodies are read by `error_bodies`, the words are in
`error_catalogue`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

from generations.gateway import error_bodies, errors
from generations.gateway.error_bodies import ORIGINS, entry_of
from generations.gateway.error_catalogue import CODES, OF_KEYS, TRANSIENT
from generations.gateway.errors import GatewayError
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, Value, is_text, loads

__all__ = ["all_errors", "error_of_answer", "is_page", "seconds"]

Asked: TypeAlias = Literal["record", "send"]
_DAY = 86_400


def all_errors(root: type[GatewayError] = GatewayError) -> list[type[GatewayError]]:
    """Every class of the error tree, parents first."""
    return [root, *(kind for child in root.__subclasses__() for kind in all_errors(child))]


_BY_CODE: dict[str, type[GatewayError]] = {kind.code: kind for kind in all_errors() if kind.code in CODES} | {
    "db_error": errors.DatabaseFault,
    "gateway_error": errors.PipelineFailed,
    "insufficient_scope": errors.InsufficientScope,
    "not_implemented_yet": errors.NotImplementedYet,
}
_BY_STATUS: dict[int, type[GatewayError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    402: errors.PaymentRequired,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.NotReady,
    413: errors.PayloadTooLarge,
    422: errors.ValidationFailed,
    429: errors.RateLimited,
    501: errors.NotImplementedYet,
    502: errors.UpstreamFailed,
}


def error_of_answer(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """The error for an HTTP answer that is no success. `headers` have lower-case names."""
    fields = _flat_fields(body)
    kind = _kind(asked, status, fields) if fields is not None else _foreign(status, headers, body)
    error = kind(_message(fields, body), status=status, body=body, sent=True)
    error.retry_after = seconds(headers.get("retry-after", ""), headers.get("date", ""))
    if fields is not None:
        _fill(error, fields)
    return error


def _flat_fields(body: bytes) -> dict[str, Value] | None:
    """The flat form of a body that is a JSON object or list, None for everything else."""
    try:
        value = loads(body)
    except Unreadable:
        return None
    return error_bodies.flat(value) if isinstance(value, dict | list) else None


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


def _kind(asked: Asked, status: int, fields: dict[str, Value]) -> type[GatewayError]:
    code = _text(fields.get("error"))
    if status == 401:
        return errors.AuthUnavailable if fields.get("reason") in TRANSIENT else errors.Unauthorized
    if asked == "record" and status == 404:
        return errors.RecordNotFound
    if 300 <= status < 400:
        return errors.Redirected
    known = _BY_CODE.get(code) or _BY_STATUS.get(status)
    return known or (errors.ServerFault if status >= 500 else GatewayError)


def _message(fields: dict[str, Value] | None, body: bytes) -> str:
    """The gateway's own words, at most 2,000 characters."""
    if fields is not None:
        return _text(fields.get("description"))[:2000]
    text = body[:8000].decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else visible(text[:2000])


def _fill(error: GatewayError, fields: dict[str, Value]) -> None:
    """Set the error's attributes from the gateway's error fields."""
    error.payload = fields
    error.code = _text(fields.get("error")) or error.code
    error.reason = _text(fields.get("reason"))
    error.generation_id = _text(fields.get("generation_id") or fields.get("requestId")) or None
    entry = entry_of(fields)
    if entry is not None and not isinstance(error, errors.RecordNotFound):
        error.explain(entry, _names(fields))
    elif origin := ORIGINS.get(_text(fields.get("error_origin"))):
        error.fault = origin
    if isinstance(error, errors.Unauthorized) and entry is not None and entry.key in OF_KEYS - TRANSIENT:
        error.advice += " Keys are saved in the team's gateway connections."


def _names(fields: dict[str, Value]) -> dict[str, str]:
    """The provider, where the error names just one."""
    failed = fields.get("failed_providers")
    names = [_text(name) for name in failed] if isinstance(failed, list) else []
    return {"provider": names[0][:60]} if len(names) == 1 and names[0] else {}


def _text(value: Value) -> str:
    return visible(str(value)) if is_text(value) else ""


def seconds(header: str, now: str = "") -> float | None:
    """`Retry-After` as seconds, up to a day; its other form, a date, against the answer's own `Date`."""
    if header.isascii() and header.isdigit() and len(header) < 7:
        return float(header)
    try:
        then = parsedate_to_datetime(header)
        left = (then - (parsedate_to_datetime(now) if now else datetime.now(UTC))).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return left if 0 <= left <= _DAY else None
