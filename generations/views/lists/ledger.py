"""The ledger of a team's replays: pages, sums, CSV."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from dashboard.models import User
from generations.forms.ledger import LedgerForm
from generations.lists import columns, csv_export, rows
from generations.lists import ledger as book
from generations.lists.keyset import Cursor
from generations.lists.ledger import ReplaySum, ReplaySums
from generations.reading.figures import daily_chart
from generations.reading.figures.daily_chart import Chart

TOP = 8  # lines of a table of sums that show at once


def filters(given: QueryDict) -> dict[str, object]:
    """The filters of an address: known names, no blanks, no place."""
    values = [(name, str(given.get(name, "")).strip()) for name in LedgerForm.base_fields]
    return {name: value for name, value in values if value}


def query_of(given: QueryDict) -> str:
    """The same as the shortest query string."""
    return urlencode(filters(given))


def address(request: TeamRequest, **changed: object) -> str:
    """The query string of the filters with some of them changed; None removes one."""
    query = filters(request.GET) | changed
    return urlencode({name: value for name, value in query.items() if value is not None})


@dataclass(frozen=True, slots=True)
class SumRow:
    """A sum with its name, and the filters that show what it sums; "" where no filter can ask for it."""

    name: str
    query: str
    sum: ReplaySum


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """The sums as the page shows them: first lines and the rest, both charts, every day."""

    total: ReplaySum
    people: tuple[list[SumRow], list[SumRow]]
    models: tuple[list[SumRow], list[SumRow]]
    days: list[SumRow]
    cost: Chart
    number: Chart


@for_team(Right.READ)
@require_GET
def ledger(request: TeamRequest) -> HttpResponse:
    """One page of the ledger, the first one with its sums. Blank filters leave the address, so that it can be shared."""
    if any(not str(value).strip() for value in request.GET.dict().values()):
        return redirect(f"{reverse('ledger', args=[request.team.slug])}?{address(request)}")
    people = book.people(request.team)
    form = LedgerForm(request.GET, people=people, today=timezone.now().astimezone(UTC).date())
    context: dict[str, object] = {"form": form, "team": request.team, "query": address(request)}
    if not form.is_valid():
        return render(request, "generations/lists/ledger.html", context, status=400)
    found, place = book.matching(request.team, form.cleaned_data), _place(request)
    page, shown = book.page(found, place), columns.chosen(request.user)
    carried = f"?{urlencode({'list': address(request)})}"
    context |= {"page": page, "since": form.cleaned_data["since"], "columns": shown}
    context["rows"] = [
        rows.of_replay(entry.row, request.team, carried, cost=entry.cost) for entry in page.rows
    ]
    context["heads"] = columns.heads("Replay", shown)
    if place is None:
        context["sums"] = _shown(request, form, people, book.sums(found))
        context["forgotten"] = book.forgotten(request.team, form.cleaned_data)
    return render(request, "generations/lists/ledger.html", context)


def _place(request: TeamRequest) -> Cursor | None:
    """Where the page begins: `older` or `newer` than a row."""
    if "newer" in request.GET:
        return book.read_cursor(request.GET["newer"], back=True)
    return book.read_cursor(request.GET.get("older", ""))


def _shown(request: TeamRequest, form: LedgerForm, people: Iterable[User], sums: ReplaySums) -> LedgerSums:
    names = {person.pk: str(person) for person in people}
    by_person = [
        _line(request, "who", group, names.get(group.key, "a former member")) for group in sums.people
    ]
    by_model = [_line(request, "model", group, group.key or "no model answered") for group in sums.models]
    first, last = _span(form, sums)
    cost = {day.key: (day.known, day.hoped) for day in sums.days}
    number = {day.key: (day.count, 0) for day in sums.days}
    return LedgerSums(
        sums.total,
        (by_person[:TOP], by_person[TOP:]),
        (by_model[:TOP], by_model[TOP:]),
        [_day(request, day) for day in reversed(sums.days)],
        daily_chart.chart(cost, first, last),
        daily_chart.chart(number, first, last),
    )


def _line(request: TeamRequest, field: str, group: ReplaySum, name: str) -> SumRow:
    return SumRow(name, address(request, **{field: group.key}) if group.key else "", group)


def _day(request: TeamRequest, group: ReplaySum) -> SumRow:
    day = group.key.isoformat()
    return SumRow(day, address(request, when=None, since=day, until=day), group)


def _span(form: LedgerForm, sums: ReplaySums) -> tuple[date, date]:
    """The days that the charts show: those asked for, where none was, those with replays."""
    days = [day.key for day in sums.days] or [form.today]
    return form.cleaned_data["since"] or days[0], form.cleaned_data["until"] or max(days[-1], form.today)


@for_team(Right.READ)
@require_GET
def ledger_csv(request: TeamRequest) -> HttpResponseBase:
    """Everything that the filters find as CSV, sent while it is read."""
    form = LedgerForm(
        request.GET, people=book.people(request.team), today=timezone.now().astimezone(UTC).date()
    )
    if not form.is_valid():
        return redirect(f"{reverse('ledger', args=[request.team.slug])}?{address(request)}")
    lines = book.csv_lines(book.matching(request.team, form.cleaned_data))
    return csv_export.download(lines, f"replays-{request.team.slug}.csv")
