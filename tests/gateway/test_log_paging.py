"""Pages of the log follow each other: no row twice, none lost, whatever arrives and however ties are shuffled."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.log import MOST_ROWS, LogPage, LogRow
from generations.gateway.log_paging import LONGEST, MOST_SEEN, LogCursor, LogMark, arrivals, cut, mark_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


class OffsetFault(Exception):
    """contract: an offset over the total is a 500."""


@dataclass
class Gateway:
    """A log that answers as the real one was measured to."""

    made: list[datetime]
    shuffled: bool = True
    rows: list[LogRow] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.arrive(self.made)

    def arrive(self, moments: list[datetime]) -> list[str]:
        names = [f"G-{len(self.rows) + number}" for number in range(len(moments))]
        self.rows += [LogRow(name, at) for name, at in zip(names, moments, strict=True)]
        return names

    def get(self, query: dict[str, str]) -> LogPage:
        self.asked += 1
        until = self._cut(query["to"]) if "to" in query else None
        end = until or NOW + timedelta(days=1)
        since = self._cut(query["from"]) if "from" in query else end - timedelta(days=2)
        assert timedelta() <= end - since <= LONGEST or until is None
        found = [row for row in self.rows if row.created_at and since <= row.created_at <= end]
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 50)), MOST_ROWS)
        if offset > len(found):
            raise OffsetFault
        tie = random.random if self.shuffled else (lambda: 0)
        found.sort(key=lambda row: (row.created_at, tie()), reverse=True)
        return LogPage(tuple(found[offset : offset + limit]), len(found), since)

    @staticmethod
    def _cut(text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)


def walk(gateway: Gateway, size: int, arriving: list[datetime] | None = None) -> list[str]:
    """The rows of all pages, from the newest on, while new rows arrive after each page."""
    cursor, names = None, list[str]()
    for _ in range(2000):
        page = gateway.get(cursor.query(size) if cursor else {"limit": str(size)})
        made = cut(page, cursor, size)
        assert len(made.rows) <= size
        names += [row.request_id for row in made.rows]
        if made.older is None:
            return names
        cursor = LogCursor.read(str(made.older))
        assert cursor == made.older
        if arriving:
            gateway.arrive([arriving.pop() for _ in range(min(len(arriving), 100))])
    raise AssertionError("the pages never end")


micros = st.one_of(
    st.integers(0, 3000),  # a few milliseconds, crowded
    st.integers(0, 10).map(lambda ms: ms * 1000),  # on the millisecond
    st.integers(0, 86_400_000_000),
)
moments = st.lists(micros.map(lambda us: NOW - timedelta(microseconds=us)), max_size=150)


@given(moments, st.integers(1, 60))
def test_every_row_comes_once_newest_first(made: list[datetime], size: int) -> None:
    gateway = Gateway(made)
    names = walk(gateway, size)
    assert sorted(names) == sorted(row.request_id for row in gateway.rows)
    at = {row.request_id: row.created_at for row in gateway.rows}
    times = [at[name] for name in names]
    assert times == sorted(times, reverse=True)  # type: ignore[type-var]


@given(moments, st.integers(1, 60), st.integers(1, 1000))
def test_nothing_is_lost_or_repeated_while_new_rows_arrive(made: list[datetime], size: int, new: int) -> None:
    gateway = Gateway(made)
    before = [row.request_id for row in gateway.rows]
    arriving = [NOW + timedelta(microseconds=1001 + 7 * number) for number in range(new)]
    assert sorted(walk(gateway, size, arriving)) == sorted(before)


def test_a_row_that_arrives_in_the_millisecond_that_was_just_read_is_shown_once() -> None:
    gateway = Gateway([NOW, NOW, NOW - timedelta(seconds=1)])
    names = walk(gateway, 1, [NOW + timedelta(microseconds=number) for number in range(1, 30)])
    assert len(names) == len(set(names))
    assert {"G-0", "G-1", "G-2"} <= set(names)


def test_a_thousand_rows_arrive_while_somebody_pages() -> None:
    gateway = Gateway([NOW - timedelta(seconds=number) for number in range(2000)])
    arriving = [NOW + timedelta(milliseconds=number) for number in range(1000)]
    names = walk(gateway, 50, arriving)
    assert names == [f"G-{number}" for number in range(2000)]
    assert gateway.asked == 40


@pytest.mark.parametrize("count", [50, MOST_SEEN, MOST_SEEN + 1, MOST_ROWS, 777])
def test_a_page_full_of_one_millisecond_goes_on_by_offset(count: int) -> None:
    crowd = [NOW + timedelta(microseconds=number % 1000) for number in range(count)]
    gateway = Gateway([*crowd, *(NOW - timedelta(seconds=number) for number in range(1, 120))])
    names = walk(gateway, 50)
    assert sorted(names) == sorted(row.request_id for row in gateway.rows)


@pytest.mark.parametrize("count", [60, MOST_SEEN, 400])
def test_a_crowd_of_one_microsecond_is_complete(count: int) -> None:
    """As many as one answer holds may come in any order; beyond that the database's order must hold."""
    gateway = Gateway([NOW] * count + [NOW - timedelta(microseconds=1)] * 3, shuffled=count <= MOST_SEEN)
    names = walk(gateway, 50)
    assert sorted(names) == sorted(row.request_id for row in gateway.rows)


def test_ties_on_the_edge_of_the_next_millisecond_are_not_lost() -> None:
    edge = NOW.replace(microsecond=5000)
    made = [edge] * 130 + [edge - timedelta(microseconds=1)] * 130 + [edge - timedelta(milliseconds=3)] * 5
    gateway = Gateway(made, shuffled=False)
    assert sorted(walk(gateway, 50)) == sorted(row.request_id for row in gateway.rows)


def test_a_window_is_never_longer_than_the_gateway_takes() -> None:
    page = LogPage((LogRow("G-1", NOW), LogRow("G-2", NOW)), 9, NOW - LONGEST - timedelta(milliseconds=5))
    older = cut(page, None, 2).older
    assert older is not None
    assert older.until - older.since == LONGEST // timedelta(milliseconds=1)


def test_two_rows_of_one_request_are_one() -> None:
    page = LogPage((LogRow("G-1", NOW), LogRow("G-1", NOW - timedelta(seconds=9))), 2, NOW)
    assert [row.request_id for row in cut(page, None, 50).rows] == ["G-1"]


def test_a_row_without_a_time_stands_where_it_came() -> None:
    page = LogPage((LogRow("G-1", NOW), LogRow("G-2"), LogRow("G-3", NOW)), 9, NOW)
    made = cut(page, None, 2)
    assert [row.request_id for row in made.rows] == ["G-1", "G-2"]
    assert made.older is not None
    assert len(made.older.seen) == 2


@pytest.mark.parametrize(
    "text",
    ["", "x", "1-2", "2-1-0", "1-2-3-xyz", "-1-2-3", "1-2-0-" + "-".join(["abcdef01"] * 201), "1-2-0\n"],
)
def test_other_texts_are_no_cursors(text: str) -> None:
    assert LogCursor.read(text) is None
    assert LogMark.read(f"{text}x") is None


@given(moments, st.lists(st.integers(1, 80), min_size=1, max_size=8))
def test_what_arrives_comes_once(made: list[datetime], bursts: list[int]) -> None:
    gateway = Gateway(made)
    mark = mark_of(gateway.get({"limit": "50"}))
    assert mark is not None
    newest, arrived, seen = NOW + timedelta(seconds=1), list[str](), list[str]()
    for burst in bursts:
        times = [newest + timedelta(microseconds=13 * number) for number in range(burst)]
        newest = times[-1]
        arrived += gateway.arrive(times)
        news = arrivals(gateway.get(mark.query()), mark)
        assert news.missed == 0
        seen += [row.request_id for row in reversed(news.rows)]
        mark = news.mark
        assert LogMark.read(str(mark)) == mark
    before = {row.request_id for row in gateway.rows} - set(arrived)
    assert sorted(set(seen) - before) == sorted(arrived)
    assert len([name for name in seen if name in arrived]) == len(arrived)


def test_more_than_one_answer_holds_is_said() -> None:
    gateway = Gateway([NOW])
    mark = mark_of(gateway.get({"limit": "50"}))
    assert mark is not None
    gateway.arrive([NOW + timedelta(seconds=number) for number in range(1, 251)])
    news = arrivals(gateway.get(mark.query()), mark)
    assert (len(news.rows), news.missed) == (MOST_ROWS, 51)
