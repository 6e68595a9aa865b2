"""Bars of days: places, heights, spans."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from generations.reading.figures.daily_chart import HEIGHT, MOST_BARS, DayBar, chart

FIRST = date(2026, 11, 1)


def test_bars_stand_where_their_days_are() -> None:
    drawn = chart({FIRST: (30, 10), FIRST + timedelta(days=3): (20, 0)}, FIRST, FIRST + timedelta(days=3))
    assert drawn.bars == [
        DayBar(FIRST, FIRST, 30, 10, "9.5", "6", "24", "72", "0", "24"),
        DayBar(
            FIRST + timedelta(days=3), FIRST + timedelta(days=3), 20, 0, "84.5", "6", "48", "48", "48", "0"
        ),
    ]
    assert (drawn.span, drawn.top) == (1, drawn.bars[0])


def test_the_least_can_be_seen() -> None:
    (small, _) = chart({FIRST: (1, 0), FIRST + timedelta(days=1): (10**9, 0)}, FIRST, date(2026, 11, 2)).bars
    assert (small.y, small.height) == ("94", "2")


def test_nothing_known_is_no_bar() -> None:
    drawn = chart({FIRST: (0, 0)}, FIRST, FIRST)
    assert (drawn.bars, drawn.top) == ([], None)


def test_many_days_share_bars() -> None:
    last = FIRST + timedelta(days=364)
    drawn = chart({FIRST + timedelta(days=day): (1, 0) for day in range(365)}, FIRST, last)
    assert (drawn.span, len(drawn.bars)) == (6, 61)
    assert [(bar.first, bar.last, bar.sure) for bar in (drawn.bars[0], drawn.bars[-1])] == [
        (FIRST, FIRST + timedelta(days=5), 6),
        (last - timedelta(days=4), last, 5),
    ]


DAYS = st.integers(0, 3000)


@given(st.dictionaries(DAYS, st.tuples(st.integers(0, 10**18), st.integers(0, 10**18))), DAYS)
def test_any_numbers_fit_into_the_chart(values: dict[int, tuple[int, int]], length: int) -> None:
    inside = {FIRST + timedelta(days=day): counts for day, counts in values.items()}
    last = FIRST + timedelta(days=length)
    drawn = chart(inside, FIRST, last)
    assert len(drawn.bars) <= MOST_BARS
    assert sum(bar.sure + bar.open for bar in drawn.bars) == sum(
        sum(counts) for day, counts in inside.items() if day <= last
    )
    for bar in drawn.bars:
        assert 0 <= float(bar.x) <= float(bar.x) + float(bar.width) <= 100
        assert 0 <= float(bar.open_y) <= float(bar.y) <= HEIGHT
