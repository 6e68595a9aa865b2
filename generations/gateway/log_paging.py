"""How pages of the log follow each other: no row twice, none lost while new ones arrive.

contract, measured: `from` and `to` are inclusive and cut to milliseconds, while rows have microseconds; rows of one
moment have no order; an offset over the total is an error. So the next page asks up to the millisecond after its
last row (`until`), which brings the rows of that millisecond again, and drops those that were seen. A millisecond with
more rows than can be remembered goes on by offset, which is safe where no row arrives any more.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from generations.gateway.log import MOST_ROWS, LogPage, LogRow

__all__ = ["LONGEST", "Arrivals", "Cut", "LogCursor", "LogMark", "arrivals", "cut", "mark_of"]

LONGEST = timedelta(days=90)
MOST_SEEN = 100
_LONGEST_MS = LONGEST // timedelta(milliseconds=1)
_FORM = re.compile(r"(\d{1,14})-(\d{1,14})-(\d{1,9})((?:-[0-9a-f]{8}){0,200})", re.ASCII)
_MARK_FORM = re.compile(r"(\d{1,14})((?:-[0-9a-f]{8}){0,200})", re.ASCII)
_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ms: int) -> str:
    """Milliseconds since 1970 as the log takes them."""
    shown = _EPOCH + timedelta(milliseconds=ms)
    return shown.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms_of(at: datetime) -> int:
    """The millisecond that a moment lies in, since 1970."""
    return (at - _EPOCH) // _MS


def short(request_id: str) -> str:
    """A short name of a row, for addresses."""
    return hashlib.blake2s(request_id.encode(), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True)
class LogCursor:
    """Where a page begins: a window in ms since 1970, how many of its rows are skipped, which were seen (`short`)."""

    since: int
    until: int
    offset: int = 0
    seen: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> "LogCursor | None":
        """The cursor that `str` wrote, None for any other text."""
        form = _FORM.fullmatch(text)
        if form is None or int(form[1]) > int(form[2]):
            return None
        return cls(int(form[1]), int(form[2]), int(form[3]), tuple(form[4].split("-")[1:]))

    def __str__(self) -> str:
        return "-".join([f"{self.since}-{self.until}-{self.offset}", *self.seen])

    def query(self, size: int) -> dict[str, str]:
        """What to ask the log for, to show `size` rows."""
        window = {"from": moment(self.since), "to": moment(self.until)}
        limit = min(MOST_ROWS, size + len(self.seen))
        return window | {"limit": str(limit)} | ({"offset": str(self.offset)} if self.offset else {})


@dataclass(frozen=True, slots=True)
class Cut:
    """The rows of a page, and where the next one begins (None: there is none)."""

    rows: tuple[LogRow, ...]
    older: LogCursor | None


@dataclass(frozen=True, slots=True)
class _Known:
    """A row that was shown, with its time: one without a readable time has that of the row before."""

    row: LogRow
    at: datetime


def cut(page: LogPage, cursor: LogCursor | None, size: int) -> Cut:
    """The page that an answer makes. `cursor` is what was asked with, None for the newest page."""
    seen = set(cursor.seen) if cursor else set[str]()
    known: list[_Known] = []
    shown: dict[str, LogRow] = {}
    for row in page.rows:
        is_new = short(row.request_id) not in seen and row.request_id not in shown
        if is_new and len(shown) == size:
            break
        at = row.created_at or (known[-1].at if known else None)
        if at is not None:
            known.append(_Known(row, at))
        if is_new:
            shown[row.request_id] = row
    rows = tuple(shown.values())
    return Cut(rows, _older(page, cursor, known) if _is_more(page, cursor, known, rows) else None)


def _is_more(
    page: LogPage, cursor: LogCursor | None, known: Sequence[_Known], rows: Sequence[LogRow]
) -> bool:
    if not known:
        return False
    if len(known) < len(page.rows) or page.total is None:
        return bool(rows)
    return (cursor.offset if cursor else 0) + len(page.rows) < page.total


def _older(page: LogPage, cursor: LogCursor | None, known: Sequence[_Known]) -> LogCursor:
    last = known[-1].at
    until = min(ms_of(last) + 1, cursor.until) if cursor else ms_of(last) + 1
    end = _EPOCH + timedelta(milliseconds=until)
    inside = [row for row in known if row.at <= end]
    # A seen row of the last moment may come behind the rows that were shown: ties have no order.
    before = cursor.seen if cursor and cursor.until == until else ()
    names = tuple(dict.fromkeys([*before, *(short(known_row.row.request_id) for known_row in inside)]))
    ties = min(len([known_row for known_row in inside if known_row.at == last]), MOST_SEEN)
    if cursor and cursor.offset and known[0].at <= end:
        # Rows that were skipped may lie in the narrower window, too: stay in this one, where they are counted.
        skipped = cursor.offset + len(known) - ties
        return LogCursor(cursor.since, cursor.until, skipped, names[-MOST_SEEN:])
    begins = cursor.since if cursor else ms_of(page.since) if page.since else 0
    since = max(begins, until - _LONGEST_MS)
    skipped = len(inside) - ties if len(names) > MOST_SEEN else 0
    return LogCursor(since, until, skipped, names[-MOST_SEEN:])


# --- what arrives -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogMark:
    """Up to where the log is known: a millisecond since 1970, and its rows that were seen."""

    since: int
    seen: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> "LogMark | None":
        """The mark that `str` wrote, None for any other text."""
        form = _MARK_FORM.fullmatch(text)
        return cls(int(form[1]), tuple(form[2].split("-")[1:])) if form else None

    def __str__(self) -> str:
        return "-".join([str(self.since), *self.seen])

    def query(self) -> dict[str, str]:
        """What to ask the log for: as much as it gives in one answer."""
        return {"from": moment(self.since), "limit": str(MOST_ROWS)}


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New rows, newest first, the next mark, and how many are new beyond those that one answer holds."""

    rows: tuple[LogRow, ...]
    mark: LogMark
    missed: int = 0


def mark_of(page: LogPage) -> LogMark | None:
    """Up to where the newest page is known; None where the gateway says no time at all."""
    times = [row.created_at for row in page.rows if row.created_at]
    if not times:
        return LogMark(ms_of(page.since)) if page.since else None
    newest = ms_of(max(times))
    return LogMark(newest, _at(page, newest))


def arrivals(page: LogPage, mark: LogMark) -> Arrivals:
    """What is new in an answer to `mark.query()`."""
    seen = set(mark.seen)
    fresh = {row.request_id: row for row in page.rows if short(row.request_id) not in seen}
    times = [row.created_at for row in page.rows if row.created_at]
    newest = max([mark.since, *map(ms_of, times)])
    # Names of a millisecond with more rows than are remembered: the older ones are found again, and dropped by the page.
    names = _at(page, newest) if newest > mark.since else (*mark.seen, *map(short, fresh))[-MOST_SEEN:]
    missed = max(0, (page.total or 0) - len(page.rows))
    return Arrivals(tuple(fresh.values()), LogMark(newest, names), missed)


def _at(page: LogPage, ms: int) -> tuple[str, ...]:
    found = [row for row in page.rows if row.created_at and ms_of(row.created_at) == ms]
    return tuple(short(row.request_id) for row in found)[:MOST_SEEN]
