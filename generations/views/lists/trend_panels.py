"""What the page of the trends is drawn from: charts whose days lead to lists, figures, lines of tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from generations.lists import generation_list
from generations.reading.figures import formatting, round_ticks, trend_chart
from generations.reading.figures.formatting import Amount
from generations.reading.figures.trend_chart import ChartPiece, Slot, TrendChart
from generations.reading.figures.trend_sums import OTHER, TrendSums

NO_CODE = "no error code"


@dataclass(frozen=True, slots=True)
class BarPart:
    """A part of a bar that opens a list of its own."""

    segment: ChartPiece
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class TrendMark:
    """A day of a chart: where it leads, and what it says."""

    slot: Slot
    href: str
    title: str
    parts: list[BarPart]


@dataclass(frozen=True, slots=True)
class TrendSeries:
    """A name in the legend, its sum, and the list that it opens."""

    name: str
    sum: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class TrendPanel:
    """One chart. `scale`: each line across as its place and its words; `kind` chooses the colours."""

    heading: str
    note: str
    chart: TrendChart
    scale: list[tuple[str, str]]
    marks: list[TrendMark]
    series: list[TrendSeries]
    kind: str = "series"

    @property
    def scale_end(self) -> int:
        """Where the words of the scale end, in px from its left: a digit is up to 7 px wide."""
        return max(52, *(8 + 7 * len(words) for _, words in self.scale))


@dataclass(frozen=True, slots=True)
class TrendTile:
    """A figure of the whole span, and of the same time before; "" where nothing is known of that."""

    name: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """A line of the table: all that the charts show of a day."""

    day: date
    href: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class NameRow:
    """What is known of a model or provider; `trends` shows it alone, `href` opens its list. "" where no filter can."""

    name: str
    trends: str
    href: str
    sums: TrendSums


def bar_panel(
    heading: str,
    note: str,
    days: Sequence[date],
    values: Sequence[Sequence[int]],
    write: Callable[[Amount], str],
    titles: Sequence[str],
    address: Callable[[date], str],
    series: list[TrendSeries],
) -> TrendPanel:
    most = max((sum(line[at] for line in values) for at in range(len(days))), default=0)
    chart = trend_chart.bars(days, values, round_ticks.ticks(most, whole=True))
    scale = formatting.dollars if write is formatting.dollars else formatting.short
    marks = [
        TrendMark(slot, address(slot.day), title, []) for slot, title in zip(chart.slots, titles, strict=True)
    ]
    return TrendPanel(
        heading, note, chart, [(tick.y, scale(tick.value)) for tick in chart.ticks], marks, series
    )


def asks(code: str) -> dict[str, str]:
    """The filter of a cause; rare ones, which are counted together, are found among all that failed."""
    return {"outcome": "failed"} | ({} if code == OTHER else {"status": code or generation_list.NO_CODE})


def cause(code: str) -> str:
    return "other causes" if code == OTHER else code or NO_CODE


def written(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def about(ms: Amount | None) -> str:
    """A percentile, in no more digits than are known of it."""
    return formatting.UNKNOWN if ms is None else formatting.duration(ms)


def percent(share: Amount | None) -> str:
    return formatting.UNKNOWN if share is None else f"{formatting.significant(share, 2)}%"
