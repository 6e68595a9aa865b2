"""The sums of the ledger as its page shows them: tables of people, models and days, two charts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from generations.forms.ledger import LedgerForm
from generations.lists.ledger import ReplaySum, ReplaySums
from generations.reading.figures import daily_chart
from generations.reading.figures.daily_chart import Chart

TOP = 8  # lines of a table of sums that show at once


@dataclass(frozen=True, slots=True)
class SumRow:
    """A sum with its name, and the filters that show what it sums; "" where no filter can ask for it."""

    name: str
    query: str
    sum: ReplaySum


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """First lines and the rest, both charts, every day."""

    total: ReplaySum
    people: tuple[list[SumRow], list[SumRow]]
    models: tuple[list[SumRow], list[SumRow]]
    days: list[SumRow]
    cost: Chart
    number: Chart

    @classmethod
    def of(cls, form: LedgerForm, sums: ReplaySums, query: Callable[..., str]) -> "LedgerSums":
        """The sums of a valid form; `query` is the query string of its page with some filters changed."""
        first, last = _span(form, sums)
        people = [
            _line(query, "who", group, form.people.get(group.key, "a former member")) for group in sums.people
        ]
        models = [_line(query, "model", group, group.key or "no model answered") for group in sums.models]
        cost = {day.key: (day.known, day.hoped) for day in sums.days}
        number = {day.key: (day.count, 0) for day in sums.days}
        return cls(
            sums.total,
            (people[:TOP], people[TOP:]),
            (models[:TOP], models[TOP:]),
            [_day(query, day) for day in reversed(sums.days)],
            daily_chart.chart(cost, first, last),
            daily_chart.chart(number, first, last),
        )


def _line(query: Callable[..., str], field: str, group: ReplaySum, name: str) -> SumRow:
    return SumRow(name, query(**{field: group.key}) if group.key else "", group)


def _day(query: Callable[..., str], group: ReplaySum) -> SumRow:
    day = group.key.isoformat()
    return SumRow(day, query(when=None, since=day, until=day), group)


def _span(form: LedgerForm, sums: ReplaySums) -> tuple[date, date]:
    """The days that the charts show: those asked for, where none was, those with replays."""
    days = [day.key for day in sums.days] or [form.today]
    return form.cleaned_data["since"] or days[0], form.cleaned_data["until"] or max(days[-1], form.today)
