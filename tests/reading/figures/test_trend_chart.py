"""Axes, bars, lines and joined percentiles of the trends."""

import json
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, floor, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading.figures import trend_sums
from generations.reading.figures.round_ticks import STEPS, TIME_STEPS, ticks, time_ticks
from generations.reading.figures.trend_chart import HEIGHT, bars, lines
from generations.reading.figures.trend_sums import STEP, TrendSums

DAYS = [date(2026, 11, 1) + timedelta(days=at) for at in range(4)]
AMOUNTS = st.one_of(
    st.integers(0, 10**20), st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=6)
)


@pytest.mark.parametrize(
    ("most", "whole", "values"),
    [
        (0, True, "0 1"),
        (1, True, "0 1"),
        (3, True, "0 1 2 3"),
        (10, True, "0 5 10"),
        (10, False, "0 2.5 5 7.5 10"),
        (101, True, "0 50 100 150"),
        (Decimal("0.003"), False, "0 0.001 0.002 0.003"),
        (7, True, "0 2 4 6 8"),
    ],
)
def test_ticks(most: Decimal, whole: bool, values: str) -> None:
    assert " ".join(map(str, ticks(most, whole=whole))) == values


@pytest.mark.parametrize(
    ("most", "values"),
    [
        (900, "0 250 500 750 1000"),
        (4001, "0 2000 4000 6000"),
        (59_000, "0 15000 30000 45000 60000"),
        (200_000, "0 60000 120000 180000 240000"),
        (9_000_000, "0 3600000 7200000 10800000"),
    ],
)
def test_times_have_steps_of_a_clock(most: int, values: str) -> None:
    assert " ".join(map(str, time_ticks(most))) == values


@given(AMOUNTS, st.integers(1, 8), st.booleans())
def test_ticks_are_round_few_and_reach_the_top(most: Decimal, number: int, whole: bool) -> None:
    found = ticks(most, number, whole=whole)
    step = found[1]
    assert found == [step * at for at in range(len(found))]
    assert found[-1] >= most
    assert found[-2] < most or len(found) == 2
    assert len(found) <= number + 1 or step == 1
    assert step.scaleb(-step.adjusted()) in STEPS
    assert not whole or step % 1 == 0
    clock = time_ticks(most, number)
    assert clock[-1] >= most
    assert len(clock) <= number + 1 or clock[1] == 1
    assert not 1000 < clock[1] <= 1_800_000 or clock[1] in TIME_STEPS


def test_bars_stand_on_each_other() -> None:
    chart = bars(DAYS, [[0, 5, 1, 0], [0, 5, 0, 1000]], ticks(1000))
    heights = [[(part.series, part.y, part.height) for part in slot.segments] for slot in chart.slots]
    assert heights == [[], [(0, "158", "2"), (1, "156", "2")], [(0, "158", "2")], [(1, "0", "160")]]
    assert [(slot.x, slot.width, slot.middle) for slot in chart.slots][1] == ("25", "25", "37.5")
    assert (chart.ticks[0].y, chart.ticks[-1].y) == (str(HEIGHT), "0")
    assert [label.day for label in chart.labels] == DAYS


def test_a_line_breaks_where_a_day_has_no_value() -> None:
    chart = lines(DAYS, [[10, None, 20, 40]], ticks(40))
    assert chart.lines == ["M12.5 120 M62.5 80 L87.5 0"]
    assert [len(slot.points) for slot in chart.slots] == [1, 0, 1, 1]


@pytest.mark.parametrize("number", [1, 7, 30, 90])
def test_labels_are_few_and_end_with_the_last_day(number: int) -> None:
    days = [date(2026, 1, 1) + timedelta(days=at) for at in range(number)]
    labels = bars(days, [[0] * number], ticks(1)).labels
    assert (labels[-1].day, len(labels) <= 6) == (days[-1], True)


@given(st.lists(st.lists(st.integers(1, 10**7), max_size=30), min_size=1, max_size=4), st.integers(1, 100))
def test_a_percentile_of_joined_sums_is_near_the_exact_one(days: list[list[int]], percent: int) -> None:
    parts = []
    for waits in days:
        parts.append(TrendSums("m", count=len(waits)))
        for wait in waits:
            trend_sums._join(parts[-1].waits, {floor(log(wait) / log(STEP)): 1})
    joined = trend_sums.total(trend_sums.load(json.dumps(trend_sums.dump(parts))))
    known = sorted(wait for waits in days for wait in waits)
    found = trend_sums.percentile(joined.waits, percent)
    if not known:
        assert found is None
    else:
        exact = known[ceil(len(known) * percent / 100) - 1]
        assert found is not None
        assert abs(found / exact - 1) < Decimal("0.0251")


def test_what_is_too_much_is_joined_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trend_sums, "MOST_PARTS", 2)
    monkeypatch.setattr(trend_sums, "MOST_CAUSES", 1)
    parts = [TrendSums(f"m{n}", "p", n, causes={"a": n, f"b{n}": 1}, cost=2**70) for n in range(1, 6)]
    kept = trend_sums.bounded(parts)
    assert [(part.model, part.count) for part in kept] == [("m5", 5), ("m4", 4), ("(other)", 6)]
    assert [part.causes for part in kept] == [
        {"a": 5, "(other)": 1},
        {"a": 4, "(other)": 1},
        {"a": 6, "(other)": 3},
    ]
    assert trend_sums.total(kept).cost == 5 * 2**70
