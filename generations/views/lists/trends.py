"""The trends of a team: failures, waits, costs, tokens and replays over days, each point a link to its list."""

from collections.abc import Callable, Sequence
from datetime import UTC, date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from generations.forms.trends import DAYS, TrendForm
from generations.lists import trends
from generations.lists.trends import Trends
from generations.reading.figures import formatting, round_ticks, trend_chart
from generations.reading.figures.formatting import Amount
from generations.reading.figures.trend_chart import Slot
from generations.reading.figures.trend_sums import OTHER, TrendSums
from generations.views.lists.generations import whole_days
from generations.views.lists.trend_panels import (
    BarPart,
    DayRow,
    NameRow,
    TrendMark,
    TrendPanel,
    TrendSeries,
    TrendTile,
    about,
    asks,
    bar_panel,
    cause,
    percent,
    written,
)

MOST_CAUSES = 5  # in colours of their own; the rest is one more


@for_team(Right.READ)
@require_GET
def team_trends(request: TeamRequest) -> HttpResponse:
    """The trends of the last 7, 30 or 90 days, of everything or of one model or provider."""
    form = TrendForm(request.GET)
    page = TrendPage(request, form)
    context = {
        "form": form,
        "wanted": page.wanted,
        "spans": [(days, page.own_address(days=days)) for days in DAYS],
        "all": page.own_address(model="", provider=""),
        "found": page.found,
        "page": page,
        "offers": page.found.offered,
    }
    return render(request, "generations/trends/trends.html", context)


class TrendPage:
    """What the page draws, and the addresses behind it."""

    def __init__(self, request: TeamRequest, form: TrendForm) -> None:
        slug, self.wanted = request.team.slug, form.wanted
        self._own, self._list, self._ledger = (
            reverse(name, args=[slug]) for name in ("trends", "generations", "ledger")
        )
        self.found: Trends = trends.read(request.team, self.wanted, timezone.now().astimezone(UTC).date())

    # --- addresses ------------------------------------------------------------------------------------------------

    def own_address(self, **changed: object) -> str:
        """This page with something else asked for."""
        query = {name: value for name, value in (self.wanted | changed).items() if value}
        return f"{self._own}?{urlencode(query)}"

    def list_address(self, first: date, last: date, **more: str) -> str:
        """The generations behind a point: those of the team's apps, which alone are counted."""
        asked = {"model": self.wanted["model"], "provider": self.wanted["provider"], **more}
        asked["made_by"] = "app"
        filters = {name: value for name, value in asked.items() if value} | whole_days(first, last)
        return f"{self._list}?{urlencode(filters, safe=':/')}"

    def _day(self, day: date) -> str:
        return self.list_address(day, day)

    def _whole(self, **more: str) -> str:
        return self.list_address(self.found.days[0], self.found.days[-1], **more)

    def _replays_of(self, day: date) -> str:
        asked = {
            "model": self.wanted["model"],
            "provider": self.wanted["provider"],
            "since": day,
            "until": day,
        }
        return f"{self._ledger}?{urlencode({name: value for name, value in asked.items() if value})}"

    # --- figures --------------------------------------------------------------------------------------------------

    @property
    def tiles(self) -> list[TrendTile]:
        """The whole span next to the same time before."""
        now, before = self.found.total, self.found.before
        kinds: list[tuple[str, Callable[[TrendSums], str]]] = [
            ("Generations", lambda sums: formatting.count(sums.count)),
            ("Failed", lambda sums: percent(sums.failed_share)),
            ("Wait, p50", lambda sums: about(sums.median_wait)),
            ("Wait, p95", lambda sums: about(sums.p95_wait)),
            ("Cost", lambda sums: formatting.dollars(sums.cost if sums.priced else None)),
            ("Tokens", lambda sums: formatting.short(sums.tokens)),
        ]
        return [TrendTile(name, write(now), write(before) if before.count else "") for name, write in kinds]

    @property
    def panels(self) -> list[TrendPanel]:
        """The charts; of a time without generations that of the replays alone."""
        if not self.found.total.count:
            return [self._replays()]
        return [
            self._failures(),
            self._waits(),
            self._bars("Generations", [("Generations", lambda sums: sums.count)], formatting.count),
            self._bars(
                "Cost", [("Cost", lambda sums: sums.cost)], formatting.dollars, note=self._priceless()
            ),
            self._bars(
                "Tokens",
                [("Input", lambda sums: sums.input), ("Output", lambda sums: sums.output)],
                formatting.short,
            ),
            self._replays(),
        ]

    def _priceless(self) -> str:
        unknown = self.found.total.count - self.found.total.priced
        return f"unknown for {formatting.plural(unknown, 'generation')}" if unknown else ""

    def _bars(
        self,
        heading: str,
        kinds: Sequence[tuple[str, Callable[[TrendSums], int]]],
        write: Callable[[Amount], str],
        note: str = "",
    ) -> TrendPanel:
        values = [[max(0, of(sums)) for sums in self.found.by_day] for _, of in kinds]
        names = [name for name, _ in kinds]
        marks = [self._title(at, names, values, write) for at in range(len(self.found.days))]
        series = [TrendSeries(name, write(sum(line))) for name, line in zip(names, values, strict=True)]
        return bar_panel(heading, note, self.found.days, values, write, marks, self._day, series)

    def _title(
        self, at: int, names: Sequence[str], values: Sequence[Sequence[int]], write: Callable[[Amount], str]
    ) -> str:
        said = ", ".join(
            f"{write(line[at])} {name.lower()}" for name, line in zip(names, values, strict=True)
        )
        return f"{written(self.found.days[at])}: {said}"

    def _replays(self) -> TrendPanel:
        counts = self.found.replays
        titles = [
            f"{written(day)}: {formatting.plural(number, 'replay')}"
            for day, number in zip(self.found.days, counts, strict=True)
        ]
        series = [TrendSeries("Replays", formatting.count(sum(counts)))]
        days = self.found.days
        return bar_panel("Replays", "", days, [counts], formatting.count, titles, self._replays_of, series)

    # --- failures -------------------------------------------------------------------------------------------------

    @property
    def causes(self) -> list[str]:
        """The most frequent error codes of the span."""
        counts = {code: number for code, number in self.found.total.causes.items() if code != OTHER}
        return sorted(counts, key=lambda code: (-counts[code], code))[:MOST_CAUSES]

    def _failures(self) -> TrendPanel:
        codes, days = self.causes, self.found.days
        values = [[sums.causes.get(code, 0) for sums in self.found.by_day] for code in codes]
        rest = [sums.failed - sum(line[at] for line in values) for at, sums in enumerate(self.found.by_day)]
        series = [TrendSeries(cause(code), formatting.count(sum(line)), self._whole(**asks(code)))
                  for code, line in zip(codes, values, strict=True)]  # fmt: skip
        if any(rest):
            series.append(
                TrendSeries("other causes", formatting.count(sum(rest)), self._whole(outcome="failed"))
            )
            values, codes = [*values, rest], [*codes, OTHER]
        ticks = round_ticks.ticks(max((sums.failed for sums in self.found.by_day), default=0), whole=True)
        chart = trend_chart.bars(days, values, ticks)
        marks = [self._failed_day(slot, codes, values, at) for at, slot in enumerate(chart.slots)]
        scale = [(tick.y, formatting.short(tick.value)) for tick in chart.ticks]
        note = f"{percent(self.found.total.failed_share)} of all" if self.found.total.count else ""
        return TrendPanel("Failures by cause", note, chart, scale, marks, series, kind="cause")

    def _failed_day(
        self, slot: Slot, codes: Sequence[str], values: Sequence[Sequence[int]], at: int
    ) -> TrendMark:
        parts = []
        for segment in slot.segments:
            code, number = codes[segment.series], values[segment.series][at]
            href = self.list_address(slot.day, slot.day, **asks(code))
            parts.append(BarPart(segment, href, f"{written(slot.day)}: {number:,} {cause(code)}"))
        failed = self.found.by_day[at].failed
        href = self.list_address(slot.day, slot.day, outcome="failed")
        return TrendMark(slot, href, f"{written(slot.day)}: {failed:,} failed", parts)

    # --- waits ----------------------------------------------------------------------------------------------------

    def _waits(self) -> TrendPanel:
        values = [
            [sums.median_wait for sums in self.found.by_day],
            [sums.p95_wait for sums in self.found.by_day],
        ]
        most = max((value for line in values for value in line if value is not None), default=0)
        chart = trend_chart.lines(self.found.days, values, round_ticks.time_ticks(most))
        marks = [
            TrendMark(
                slot,
                self._day(slot.day),
                f"{written(slot.day)}: p50 {about(values[0][at])}, p95 {about(values[1][at])}",
                [],
            )
            for at, slot in enumerate(chart.slots)
        ]
        total = self.found.total
        series = [TrendSeries("p50", about(total.median_wait)), TrendSeries("p95", about(total.p95_wait))]
        scale = [(tick.y, formatting.duration(tick.value)) for tick in chart.ticks]
        return TrendPanel("Wait", "to within 2.5%", chart, scale, marks, series)

    # --- tables ---------------------------------------------------------------------------------------------------

    @property
    def cause_names(self) -> list[str]:
        return [cause(code) for code in self.causes]

    @property
    def rows(self) -> list[DayRow]:
        """All that the charts show, the latest day first."""
        return [self._row(at) for at in reversed(range(len(self.found.days)))]

    def _row(self, at: int) -> DayRow:
        sums, day = self.found.by_day[at], self.found.days[at]
        cells = [
            formatting.count(sums.count),
            formatting.count(sums.failed),
            *(formatting.count(sums.causes.get(code, 0)) for code in self.causes),
            *(about(sums.median_wait) if sums.count else "", about(sums.p95_wait) if sums.count else ""),
            formatting.dollars(sums.cost if sums.priced else None) if sums.count else "",
            formatting.count(sums.input),
            formatting.count(sums.output),
            formatting.count(self.found.replays[at]),
        ]
        return DayRow(day, self._day(day), cells)

    @property
    def models(self) -> list[NameRow]:
        return [self._name("model", sums) for sums in self.found.models]

    @property
    def providers(self) -> list[NameRow]:
        return [self._name("provider", sums) for sums in self.found.providers]

    def _name(self, field: str, sums: TrendSums) -> NameRow:
        known = sums.model not in ("", OTHER)
        return NameRow(
            sums.model if sums.model else f"no {field} recorded",
            self.own_address(**{field: sums.model}) if known else "",
            self._whole(**{field: sums.model}) if known else "",
            sums,
        )
