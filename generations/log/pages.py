"""One page of the log: what is asked, and what is shown of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.models import GatewayConnection, Team
from generations.gateway import log_paging
from generations.gateway.log import MOST_ROWS, LogPage, LogRow
from generations.gateway.log_paging import Cursor, Mark
from generations.log import asking, listing
from generations.log.asking import Refusal
from generations.log.listing import Item

PAGE = 50
TRIES = 5  # answers that hold nothing new, one after the other


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: rows, or why there are none; neither while the gateway is being asked."""

    items: tuple[Item, ...] = ()
    total: int | None = None
    older: Cursor | None = None
    mark: Mark | None = None
    refusal: Refusal | None = None
    waits: bool = False
    missed: int = 0


def page(
    source: GatewayConnection,
    exact: Mapping[str, str],
    window: Mapping[str, str],
    cursor: Cursor | None,
    size: int = PAGE,
) -> Shown:
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
    return Shown(_items(source.team, made.rows), answer.total, made.older, mark)


def one(source: GatewayConnection, request_id: str) -> Shown:
    """The row of a request, whatever its age."""
    answer = asking.row(source, request_id)
    if not isinstance(answer, LogPage):
        return _without(answer)
    return Shown(_items(source.team, answer.rows), answer.total)


def news(source: GatewayConnection, exact: Mapping[str, str], mark: Mark) -> Shown:
    """What has arrived since `mark`."""
    answer = asking.page(source, {**exact, **mark.query()})
    if not isinstance(answer, LogPage):
        return _without(answer)
    made = log_paging.arrivals(answer, mark)
    return Shown(_items(source.team, made.rows), mark=made.mark, missed=made.missed)


def session(source: GatewayConnection, session_id: str, until: datetime) -> Shown:
    """The calls of one conversation, oldest first: those of 90 days up to `until`, at most 200."""
    window = {"to": log_paging.moment(log_paging.ms_of(until) + 1), "since": "90d"}
    shown = page(source, {"session_id": session_id}, window, None, MOST_ROWS)
    return Shown(shown.items[::-1], shown.total, shown.older, None, shown.refusal, shown.waits)


def _without(answer: Refusal | None) -> Shown:
    return Shown(refusal=answer, waits=answer is None)


def _items(team: Team, rows: tuple[LogRow, ...]) -> tuple[Item, ...]:
    return tuple(listing.items(team, rows))
