"""Bars and lines over days, drawn with the attributes of SVG: places in per cent across, in px down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from generations.reading.figures.formatting import svg_length

HEIGHT = 160  # px
LEAST = Decimal(2)  # px: what is there can be seen
MOST_LABELS = 6
Amount = int | Decimal


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart: its value, and where it lies."""

    value: Decimal
    y: str


@dataclass(frozen=True, slots=True)
class DayLabel:
    """A day below the chart, around `x`."""

    day: date
    x: str


@dataclass(frozen=True, slots=True)
class ChartPiece:
    """A part of a bar: which series it belongs to (from 0)."""

    series: int
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a day, whether there is something to draw or not; `bar_x` and `bar_width` are the bar's."""

    day: date
    x: str
    width: str
    middle: str
    bar_x: str
    bar_width: str
    segments: list[ChartPiece]
    points: list[ChartPiece]


@dataclass(frozen=True, slots=True)
class TrendChart:
    """`lines`: for each series the `d` of a path in a box that is 100 wide and HEIGHT high."""

    ticks: list[Tick]
    labels: list[DayLabel]
    slots: list[Slot]
    lines: list[str]


def bars(days: Sequence[date], series: Sequence[Sequence[Amount]], ticks: Sequence[Decimal]) -> TrendChart:
    """The values of a day on top of each other, the first series at the bottom."""
    slots = [_slot(days, at, segments=_stack(series, at, ticks[-1])) for at in range(len(days))]
    return TrendChart(_ticks(ticks), _labels(days), slots, [])


def lines(
    days: Sequence[date], series: Sequence[Sequence[Amount | None]], ticks: Sequence[Decimal]
) -> TrendChart:
    """A line for each series, broken where a day has no value; every value is a point."""
    slots = [_slot(days, at, points=_points(series, at, ticks[-1])) for at in range(len(days))]
    paths = [_path(values, ticks[-1]) for values in series]
    return TrendChart(_ticks(ticks), _labels(days), slots, paths)


def _slot(
    days: Sequence[date], at: int, segments: Sequence[ChartPiece] = (), points: Sequence[ChartPiece] = ()
) -> Slot:
    width = Decimal(100) / len(days)
    bar = width * Decimal("0.72")
    return Slot(
        day=days[at],
        x=svg_length(at * width),
        width=svg_length(width),
        middle=svg_length(at * width + width / 2),
        bar_x=svg_length(at * width + (width - bar) / 2),
        bar_width=svg_length(bar),
        segments=list(segments),
        points=list(points),
    )


def _stack(series: Sequence[Sequence[Amount]], at: int, top: Decimal) -> list[ChartPiece]:
    found, ground = [], Decimal(HEIGHT)
    for number, values in enumerate(series):
        if values[at] > 0:
            height = max(LEAST, HEIGHT * Decimal(values[at]) / top)
            ground -= height
            found.append(ChartPiece(number, svg_length(max(ground, Decimal(0))), svg_length(height)))
    return found


def _points(series: Sequence[Sequence[Amount | None]], at: int, top: Decimal) -> list[ChartPiece]:
    known = [(number, value) for number, values in enumerate(series) if (value := values[at]) is not None]
    return [ChartPiece(number, svg_length(_down(value, top)), "") for number, value in known]


def _path(values: Sequence[Amount | None], top: Decimal) -> str:
    """Moves to the first of neighbouring days that have a value, and draws through the others."""
    width, path = Decimal(100) / len(values), []
    for at, value in enumerate(values):
        if value is not None:
            command = "L" if at and values[at - 1] is not None else "M"
            path.append(f"{command}{svg_length(at * width + width / 2)} {svg_length(_down(value, top))}")
    return " ".join(path)


def _down(value: Amount, top: Decimal) -> Decimal:
    return HEIGHT - HEIGHT * Decimal(value) / top


def _ticks(values: Sequence[Decimal]) -> list[Tick]:
    return [Tick(value, svg_length(_down(value, values[-1]))) for value in values]


def _labels(days: Sequence[date]) -> list[DayLabel]:
    """At most MOST_LABELS, in equal steps back from the last day."""
    step = -(-len(days) // MOST_LABELS)
    width = Decimal(100) / len(days)
    places = range(len(days) - 1, -1, -step)
    return [DayLabel(days[at], svg_length(at * width + width / 2)) for at in reversed(places)]
