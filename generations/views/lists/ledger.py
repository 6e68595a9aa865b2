"""The ledger of a team's replays: pages, the fragment that follows its filters, files."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.models import Team
from dashboard.web.heavy_work import leave_page_thread
from generations.forms.ledger import LedgerForm
from generations.lists import columns, counting, csv_export, offers, rows
from generations.lists import ledger as book
from generations.lists.sorting import NEWEST, read_sort
from generations.models import Replay
from generations.models.replay import ReplayQuerySet
from generations.views.lists import filter_chips
from generations.views.lists.ledger_sums import LedgerSums

SUMS_MS = 20_000
"""Within this time the sums are counted, where the page does not wait for them."""


def filters(given: QueryDict) -> dict[str, object]:
    """The filters and the order of an address: known names, no blanks, no place."""
    values = [(name, str(given.get(name, "")).strip()) for name in LedgerForm.base_fields]
    sort = read_sort(given.get("sort", ""))
    values += [("sort", sort)] if sort != NEWEST else []
    return {name: value for name, value in values if value}


def query_of(given: QueryDict, **changed: object) -> str:
    """The same as the shortest query string, with some of them changed; None removes one."""
    return urlencode({name: value for name, value in (filters(given) | changed).items() if value is not None})


def address(request: TeamRequest, given: QueryDict) -> str:
    query = query_of(given)
    return f"{reverse('ledger', args=[request.team.slug])}{f'?{query}' if query else ''}"


def read_form(team: Team, given: QueryDict) -> LedgerForm:
    return LedgerForm(given, people=book.people(team), today=timezone.now().date())


def matching(team: Team, given: QueryDict) -> tuple[LedgerForm, ReplayQuerySet]:
    """The form of an address and what its filters find; nothing where one of them is invalid."""
    form = read_form(team, given)
    if form.is_valid():
        return form, book.matching(team, form.cleaned_data)
    return form, Replay.objects.none()


# --- pages --------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def ledger(request: TeamRequest) -> HttpResponse:
    """One page of the ledger, the first one with its sums. Blank filters leave the address, so that it can be shared."""
    if any(not str(value).strip() for value in request.GET.dict().values()):
        return redirect(address(request, request.GET))
    context = _listed(request) | {"offers": offers.of_replays(request.team)}
    status = 400 if context["form"].errors else 200
    return render(request, "generations/lists/ledger.html", context, status=status)


@for_team(Right.READ)
@require_GET
def ledger_rows(request: TeamRequest) -> HttpResponse:
    """The fragment of the ledger that follows its filters; the address of its page comes with it."""
    answer = render(request, "generations/lists/ledger.html#list", _listed(request))
    answer["HX-Push-Url"] = address(request, request.GET)
    return answer


@for_team(Right.READ)
@require_GET
def ledger_sums(request: TeamRequest) -> HttpResponse:
    """The sums of a ledger for which its page did not wait: a fragment, or by itself a page of its own."""
    leave_page_thread(request)
    form, found = matching(request.team, request.GET)
    sums = counting.in_time(lambda: book.sums(found), SUMS_MS) if form.is_valid() else None
    context = {"form": form, "query": query_of(request.GET), "sums": sums and _shown(request, form, sums)}
    part = "#sums" if request.htmx else ""
    return render(request, f"generations/lists/ledger_totals.html{part}", context)


def _listed(request: TeamRequest) -> dict[str, Any]:
    sort = read_sort(request.GET.get("sort", ""))
    form, found = matching(request.team, request.GET)
    place = book.ORDERING.place(request.GET, sort)
    page, shown = book.page(found, place, sort=sort), columns.chosen(request.user)
    query = query_of(request.GET)
    carried = f"?{urlencode({'list': query})}"
    without = partial(_without, request.GET)
    listed, payer = rows.payer_said_once([rows.of_replay(row, request.team, carried) for row in page.rows])
    context = {
        "form": form,
        "team": request.team,
        "query": query,
        "page": page,
        "rows": listed,
        "payer": payer,
        "chips": filter_chips.chips(form, request.GET, without),
        "sort": "" if sort == NEWEST else sort,
        "columns": shown,
        "all_columns": columns.COLUMNS,
        "heads": columns.heads("Replay", shown, sort, without("sort")),
        "may_replay": may(request, Right.REPLAY),
        "may_pin": may(request, Right.LOOK_UP),
    }
    return context if form.errors else context | _counted(request, form, found, is_first=place is None)


def _without(given: QueryDict, name: str) -> str:
    """The query string of an address without one of its filters."""
    return query_of(given, **{name: None})


def _counted(
    request: TeamRequest, form: LedgerForm, found: ReplayQuerySet, *, is_first: bool
) -> dict[str, object]:
    """How many there are and, on the first page, the sums: None for so many that they are not worth waiting for."""
    count = counting.count(found)
    if not is_first:
        return {"count": count}
    is_small = count.number is not None and not count.is_more
    return {
        "is_first": True,
        "sums": _shown(request, form, book.sums(found)) if is_small else None,
        "count": count,
        "forgotten": book.forgotten(request.team, form.cleaned_data),
    }


def _shown(request: TeamRequest, form: LedgerForm, sums: book.ReplaySums) -> LedgerSums:
    return LedgerSums.of(form, sums, partial(query_of, request.GET))


# --- files --------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def ledger_csv(request: TeamRequest) -> HttpResponseBase:
    """Everything that the filters find as CSV, sent while it is read."""
    return _file(request, "csv")


@for_team(Right.READ)
@require_GET
def ledger_jsonl(request: TeamRequest) -> HttpResponseBase:
    """The same as JSON Lines."""
    return _file(request, "jsonl")


def _file(request: TeamRequest, kind: str) -> HttpResponseBase:
    form, found = matching(request.team, request.GET)
    if form.errors:
        return redirect(address(request, request.GET))
    return file_of(request, found, kind)


def file_of(request: TeamRequest, found: ReplayQuerySet, kind: str) -> HttpResponseBase:
    """Replays as a file, "csv" or "jsonl", the newest first."""
    lines = book.csv_lines if kind == "csv" else book.json_lines
    return csv_export.download(lines(found), f"replays-{request.team.slug}.{kind}")
