"""A bar for each day, or for some days each, drawn with the lengths of SVG attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from generations.reading.figures.formatting import svg_length

MOST_BARS = 62
HEIGHT = 96  # px
LEAST = Decimal(2)  # px: what is there can be seen
WIDEST = Decimal(6)  # % of the chart


@dataclass(frozen=True, slots=True)
class DayBar:
    """The days from `first` to `last`. `sure` is drawn from the ground, `open` on top of it.

    x and width are per cent, y and heights px from the top of a chart that is 96 px high.
    """

    first: date
    last: date
    sure: int
    open: int
    x: str
    width: str
    y: str
    height: str
    open_y: str
    open_height: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from the earliest to the latest, empty ones left out; `span` days each. `top` is the tallest."""

    first: date
    last: date
    span: int
    bars: list[DayBar]
    top: DayBar | None


def chart(values: Mapping[date, tuple[int, int]], first: date, last: date) -> Chart:
    """Bars for the (sure, open) numbers of each day from `first` to `last`; days outside are left out."""
    days = max(1, (last - first).days + 1)
    span = -(-days // MOST_BARS)
    slots = -(-days // span)
    sums = [[0, 0] for _ in range(slots)]
    for day, (sure, unsure) in values.items():
        if first <= day <= last:
            at = sums[(day - first).days // span]
            at[0], at[1] = at[0] + sure, at[1] + unsure
    most = max(map(sum, sums))
    bars = [_bar(first, last, span, at, sums, most) for at in range(slots) if sum(sums[at])]
    return Chart(first, last, span, bars, max(bars, key=lambda bar: bar.sure + bar.open, default=None))


def _bar(first: date, last: date, span: int, at: int, sums: Sequence[Sequence[int]], most: int) -> DayBar:
    sure, unsure = sums[at]
    slot = Decimal(100) / len(sums)
    width = min(slot * Decimal("0.8"), WIDEST)
    low, high = _tall(sure, most), _tall(unsure, most)
    day = first + timedelta(days=at * span)
    places = (at * slot + (slot - width) / 2, width, HEIGHT - low, low, HEIGHT - low - high, high)
    x, *rest = (svg_length(max(place, Decimal(0))) for place in places)
    return DayBar(day, min(last, day + timedelta(days=span - 1)), sure, unsure, x, *rest)


def _tall(value: int, most: int) -> Decimal:
    return max(LEAST, Decimal(HEIGHT) * value / most) if value else Decimal(0)
