"""The gateway's log: its rows, and what one answer holds of it.

contract: "Other read endpoints", `/v1/logs`, as measured. A row is a record without bodies, so
its columns are read as a record's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from generations.gateway import errors, timestamps
from generations.gateway.id_typos import possible
from generations.gateway.rawjson.spans import member
from generations.gateway.rawjson.values import Number, Value, object_of
from generations.gateway.record import FIELDS

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
    answer = object_of(body)
    items = answer.get("data")
    if not isinstance(items, list):
        return None
    rows = tuple(row for item in items[:MOST_ROWS] if isinstance(item, dict) and (row := _row(item)))
    total = answer.get("total")
    count = total.integer if isinstance(total, Number) else None
    return LogPage(rows, count, timestamps.read(answer.get("from")))


_COLUMNS = (
    "created_at",
    "status_code",
    "success",
    "latency_ms",
    "generation_ms",
    "cost_nanos",
    "stream",
    "byok",
)
_TEXTS = ("endpoint", "model_id", "provider", "error_code", "finish_reason", "currency", "key_id")


def _row(item: dict[str, Value]) -> LogRow | None:
    """A row is read as a record's columns are: what is not of its type is None."""
    request_id = FIELDS["request_id"].convert(item.get("request_id")) or ""
    if not possible(request_id):
        return None
    read: dict[str, Any] = {name: FIELDS[name].convert(item.get(name)) for name in _COLUMNS}
    texts: dict[str, Any] = {name: FIELDS[name].convert(item.get(name)) or "" for name in _TEXTS}
    usage = item.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return LogRow(
        request_id=request_id,
        input_tokens=_tokens(counts, "input_tokens", "prompt_tokens"),
        output_tokens=_tokens(counts, "output_tokens", "completion_tokens"),
        **read,
        **texts,
    )


def _tokens(counts: dict[str, Value], *names: str) -> int | None:
    found = (counts.get(name) for name in names)
    return next((value.integer for value in found if isinstance(value, Number)), None)
