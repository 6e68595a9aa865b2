"""The log, `/v1/logs`, as unkind as the real one. contract §9.1 and §15.1 (measured).

Bounds are inclusive and cut to milliseconds, rows of one moment have no order, an offset over the total is a fault of
the database.
"""

import random
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from generations.gateway.demo.records.audit_row import audit_row, timestamp
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.shapes import Json

COLUMNS = (
    *("request_id", "created_at", "endpoint", "model_id", "requested_model_id", "routed_model_id"),
    *("canonical_model_id", "provider", "status_code", "success", "error_code", "latency_ms"),
    *("generation_ms", "usage", "cost_nanos", "currency", "pricing_lines", "key_id", "auth_method"),
    *("oauth_client_id", "stream", "byok", "native_response_id", "throughput", "location", "finish_reason"),
)
EXACT = {name: name for name in ("provider", "endpoint", "request_id", "key_id", "session_id", "error_code")}
EXACT["model"] = "model_id"
LONGEST = timedelta(days=90)
USUAL, MOST = 50, 200
SINCE = "since must use <number>m, <number>h, or <number>d and be at most 90d"
STATUS = "status must be success, error, 1xx-5xx, or an exact HTTP status code"
_SINCE = re.compile(r"(\d{1,9})([mhd])", re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_BLANK_OFFSET = re.compile(r" \d\d:?\d\d$")


class QueryError(ValueError):
    """A filter that the gateway refuses with 400."""


class QueryFailed(Exception):
    """What the gateway's database refuses: 500."""


@dataclass(slots=True)
class ServedLogRow:
    """One row of the log. Its columns are made when they are looked at."""

    created: datetime
    rows: Rows
    _row: Json = field(default_factory=dict)

    def row(self) -> Json:
        """The columns of the log, and the session, which only filters see."""
        if not self._row or not self.rows.settled:
            made = audit_row(self.rows) | {"created_at": timestamp(self.created)}
            self._row = {name: made.get(name) for name in (*COLUMNS, "session_id")}
        return self._row

    def shown(self) -> Json:
        return {name: value for name, value in self.row().items() if name != "session_id"}


def answer(query: dict[str, str], entries: list[ServedLogRow], workspace: str, now: datetime) -> Json:
    """The page of the log. Raises QueryError, QueryFailed, and PermissionError for another workspace."""
    check_workspace(query, workspace)
    since, until, shown_until = _window(query, now)
    wanted = _wanted(query)
    status = query.get("status", "")
    _check_status(status)
    seen = [
        entry for entry in entries if since <= entry.created and (until is None or entry.created <= until)
    ]
    found = [entry for entry in seen if _matches(entry, wanted, status)]
    limit, offset = _paged(query)
    if offset > len(found):
        raise QueryFailed
    # Ties have no order: that of one answer says nothing about the next.
    found.sort(key=lambda entry: (entry.created, random.random()), reverse=True)
    page = [entry.shown() for entry in found[offset : offset + limit]]
    made: Json = {"ok": True, "data": page, "total": len(found), "limit": limit, "offset": offset}
    return made | {"from": _iso(since), "to": _iso(shown_until) if shown_until else None}


def check_workspace(query: dict[str, str], workspace: str) -> None:
    """Raises PermissionError for one that is not the credential's."""
    if query.get("workspace_id", workspace) != workspace:
        raise PermissionError("workspace_id must match authenticated workspace")


def _paged(query: dict[str, str]) -> tuple[int, int]:
    """contract: bad values of limit and offset fall back silently; fractions are cut."""
    limit, offset = (_number(query.get(name, "")) for name in ("limit", "offset"))
    return min(limit or USUAL, MOST), offset or 0


def _number(text: str) -> int:
    try:
        return max(int(float(text)), 0)
    except (ValueError, OverflowError):
        return 0


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str, name: str) -> datetime:
    """contract: ISO 8601 or a date alone, never an epoch; what is finer than a millisecond is cut off."""
    try:
        if not _DATE.match(text) or _BLANK_OFFSET.search(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(f"{name} must be a valid ISO-8601 timestamp") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _window(query: dict[str, str], now: datetime) -> tuple[datetime, datetime | None, datetime | None]:
    """From, to, and `to` as the answer shows it. `since` counts back from `to`."""
    until = _moment(query["to"], "to") if query.get("to") else None
    end = until or now
    if query.get("from"):
        if query.get("since"):
            raise QueryError("Use either since or from, not both")
        since = _moment(query["from"], "from")
    else:
        since = end - _span(query.get("since") or "24h")
    if since > end:
        raise QueryError("from must be before to")
    if end - since > LONGEST:
        raise QueryError("log time range must be at most 90d")
    return since.replace(microsecond=since.microsecond // 1000 * 1000), until, until


def _span(text: str) -> timedelta:
    match = _SINCE.fullmatch(text)
    span = min(int(match[1]), 10**6) * _UNITS[match[2].lower()] if match else timedelta()
    if not timedelta() < span <= LONGEST:
        raise QueryError(SINCE)
    return span


def _wanted(query: dict[str, str]) -> dict[str, str]:
    for name in EXACT:
        if len(query.get(name, "")) > 256:
            raise QueryError(f"{name} is too long")
    wanted = {column: query[name] for name, column in EXACT.items() if query.get(name)}
    if any("\0" in value for value in wanted.values()):
        raise QueryFailed
    if "key_id" in wanted:
        try:
            uuid.UUID(wanted["key_id"])
        except ValueError:
            raise QueryFailed from None
    return wanted


def _check_status(wanted: str) -> None:
    code = wanted.isascii() and wanted.isdigit() and 100 <= int(wanted[:4]) <= 599
    if wanted and not code and not re.fullmatch(r"success|error|[1-5]xx", wanted.lower()):
        raise QueryError(STATUS)


def _matches(entry: ServedLogRow, wanted: dict[str, str], status: str) -> bool:
    if not wanted and not status:
        return True
    row = entry.row()
    if any(row.get(name) != value for name, value in wanted.items()):
        return False
    if status.lower() in ("success", "error"):
        return row.get("success") is (status.lower() == "success")
    code = str(row.get("status_code"))
    return not status or code == status or (status.lower().endswith("xx") and code[0] == status[0])
