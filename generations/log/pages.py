"""One page of the log: what is asked, and what is shown of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.models import GatewayConnection, Team
from generations.gateway import log_paging
from generations.gateway.log import MOST_ROWS, LogPage, LogRow
from generations.gateway.log_paging import LogCursor, LogMark
from generations.log import asking, listing
from generations.log.asking import LogRefusal
from generations.log.listing import LogItem

PAGE = 50
TRIES = 5  # answers that hold nothing new, one after the other


@dataclass(frozen=True, slots=True)
class ShownLog:
    """What a page shows: rows, or why there are none; neither while the gateway is being asked."""

    items: tuple[LogItem, ...] = ()
    total: int | None = None
    older: LogCursor | None = None
    mark: LogMark | None = None
    refusal: LogRefusal | None = None
    waits: bool = False
    missed: int = 0


def page(
    source: GatewayConnection,
    exact: Mapping[str, str],
    window: Mapping[str, str],
    cursor: LogCursor | None,
    size: int = PAGE,
) -> ShownLog:
    """The rows of one page. An answer that brings only rows that were seen is followed by the next one."""
    answer: asking.Answer = None
    for _ in range(TRIES):
        asked = cursor.query(size) if cursor else {**window, "limit": str(size)}
        answer = asking.page(source, {**exact, **asked})
        if not isinstance(answer, LogPage):
            return _without(answer)
        made = log_paging.cut(answer, cursor, size)
        if made.rows or made.older is None:
            break
        cursor = made.older
    assert isinstance(answer, LogPage)
    mark = log_paging.mark_of(answer) if cursor is None else None
    return ShownLog(_items(source.team, made.rows), answer.total, made.older, mark)


def single(source: GatewayConnection, request_id: str) -> ShownLog:
    """The row of a request, whatever its age."""
    answer = asking.row(source, request_id)
    if not isinstance(answer, LogPage):
        return _without(answer)
    return ShownLog(_items(source.team, answer.rows), answer.total)


def news(source: GatewayConnection, exact: Mapping[str, str], mark: LogMark) -> ShownLog:
    """What has arrived since `mark`."""
    answer = asking.page(source, {**exact, **mark.query()})
    if not isinstance(answer, LogPage):
        return _without(answer)
    made = log_paging.arrivals(answer, mark)
    return ShownLog(_items(source.team, made.rows), mark=made.mark, missed=made.missed)


def session(source: GatewayConnection, session_id: str, until: datetime) -> ShownLog:
    """The calls of one conversation, oldest first: those of 90 days up to `until`, at most 200."""
    window = {"to": log_paging.moment(log_paging.ms_of(until) + 1), "since": "90d"}
    shown = page(source, {"session_id": session_id}, window, None, MOST_ROWS)
    return ShownLog(shown.items[::-1], shown.total, shown.older, None, shown.refusal, shown.waits)


def _without(answer: LogRefusal | None) -> ShownLog:
    return ShownLog(refusal=answer, waits=answer is None)


def _items(team: Team, rows: tuple[LogRow, ...]) -> tuple[LogItem, ...]:
    return tuple(listing.items(team, rows))
