"""The gateway's log: its rows, and what one answer holds of it.

contract: "Other read endpoints", `/v1/logs`, as measured. A row is a record without bodies, so `Record` reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from generations.gateway import errors, timestamps
from generations.gateway.id_typos import possible
from generations.gateway.rawjson.spans import entries, member
from generations.gateway.rawjson.values import Number, Unreadable, Value, loads
from generations.gateway.record import Record

if TYPE_CHECKING:
    from generations.gateway.client import Client

__all__ = ["MOST_ROWS", "LogPage", "LogRow", "as_page", "page_bytes", "read_page", "recent_ids", "row_bytes"]

MOST_ROWS = 200  # of one answer


@dataclass(frozen=True, slots=True)
class LogRow:
    """One request as the log has it. Times ending in `_ms` are milliseconds, `cost_nanos` is 1e-9 of `currency`."""

    request_id: str
    created_at: datetime | None = None
    endpoint: str = ""
    model_id: str = ""
    provider: str = ""
    status_code: int | None = None
    success: bool | None = None
    error_code: str = ""
    finish_reason: str = ""
    latency_ms: int | Decimal | None = None
    generation_ms: int | Decimal | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nanos: int | None = None
    currency: str = ""
    key_id: str = ""
    stream: bool | None = None
    byok: bool | None = None

    @property
    def total_ms(self) -> int | Decimal | None:
        """The time in ms that is named first: contract: `generation_ms` includes the first token since July 2026."""
        return self.latency_ms if self.generation_ms is None else self.generation_ms


@dataclass(frozen=True, slots=True)
class LogPage:
    """One answer: its rows, newest first, how many rows its window holds, and where the window begins."""

    rows: tuple[LogRow, ...] = ()
    total: int | None = None
    since: datetime | None = None


def page_bytes(client: "Client", query: Mapping[str, str]) -> bytes:
    """One page of the log as received, for `read_page`. Raises GatewayError.

    contract: `GET /logs`, for a management key or a key with `activity:read`.
    """
    return client.get("/logs", query)


def row_bytes(client: "Client", request_id: str) -> bytes:
    """The row of one request, whatever its age, as received. Raises GatewayError."""
    if not possible(request_id):
        raise errors.InvalidId()
    return client.get(f"/logs/{quote(request_id, safe='')}")


def as_page(row: bytes | None) -> bytes:
    """A page of one row as received, or of none."""
    data = member(row, "data") if row is not None else None
    return b'{"data":[%s],"total":%d}' % (data or b"", 1 if data else 0)


def recent_ids(client: "Client", count: int) -> list[str]:
    """The request IDs of the newest successes of the last day, at most `count`. Raises GatewayError."""
    page = read_page(page_bytes(client, {"limit": str(count), "status": "success"})) or LogPage()
    return [found.request_id for found in page.rows[:count]]


def read_page(body: bytes) -> LogPage | None:
    """What an answer of `/logs` holds; None for a body that is none. A row without an ID is left out."""
    try:
        data = member(body, "data")
        items = _items(data) if data is not None else None
        total, since = (_loaded(member(body, name)) for name in ("total", "from"))
    except Unreadable:
        return None
    if items is None:
        return None
    rows = tuple(found for item in items[:MOST_ROWS] if (found := _row(item)))
    count = total.integer if isinstance(total, Number) else None
    return LogPage(rows, count, timestamps.read(since))


def _items(data: bytes) -> list[bytes]:
    """The items of a JSON list. Raises Unreadable for what is no list."""
    if not data.lstrip().startswith(b"["):
        raise Unreadable("not a list")
    return [data[start:end] for _, start, end in entries(data)]


def _loaded(raw: bytes | None) -> Value:
    return None if raw is None else loads(raw)


def _row(raw: bytes) -> LogRow | None:
    record = Record.read(raw)
    if not possible(record.request_id or ""):
        return None
    return LogRow(
        request_id=record.request_id or "",
        created_at=record.created_at,
        endpoint=record.endpoint or "",
        model_id=record.model_id or "",
        provider=record.provider or "",
        status_code=record.status_code,
        success=record.success,
        error_code=record.error_code or "",
        finish_reason=record.finish_reason or "",
        latency_ms=cast("int | Decimal | None", record.latency_ms),
        generation_ms=cast("int | Decimal | None", record.generation_ms),
        input_tokens=_tokens(record, "input_tokens", "prompt_tokens"),
        output_tokens=_tokens(record, "output_tokens", "completion_tokens"),
        cost_nanos=record.cost_nanos,
        currency=record.currency or "",
        key_id=record.key_id or "",
        stream=record.stream,
        byok=record.byok,
    )


def _tokens(record: Record, *names: str) -> int | None:
    found = (record.usage.get(name) for name in names)
    return next((value.integer for value in found if isinstance(value, Number)), None)
