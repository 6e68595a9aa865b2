"""The list of a team's generations: its page, the fragment that follows its filters, saved filters, files."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.models import Team, User
from dashboard.people import appearance
from generations.forms.lists import BrowseForm
from generations.lists import columns, csv_export, generation_list, offers, rows
from generations.lists.sorting import NEWEST, read_sort
from generations.models import Generation, SavedFilter
from generations.models.generation import GenerationQuerySet
from generations.views.lists import filter_chips
from generations.views.shared import saved_filters

MINUTE = "%Y-%m-%dT%H:%M"
READY = (("Failed today", 0), ("Failed yesterday", 1))


def filters(given: QueryDict) -> str:
    """The filters and the order of an address as the shortest query string: known names, no blanks, no place."""
    known = [(name, given.get(name, "").strip()) for name in BrowseForm.base_fields]
    sort = read_sort(given.get("sort", ""))
    known += [("sort", sort)] if sort != NEWEST else []
    return urlencode([(name, value) for name, value in known if value])


def whole_days(first: date, last: date) -> dict[str, str]:
    """The filters of what was made from one day to another (UTC), both whole."""
    return {"since": f"{first}T00:00", "until": f"{last}T23:59"}


def failed_days_ago(days: int) -> str:
    """The query string of what failed so many days ago, but for what replays made: on a day of the zone that somebody
    chose, else of UTC.
    """
    mine = appearance.current()
    day = mine.local(timezone.now()).date() - timedelta(days=days)
    ends = [
        datetime.combine(day + timedelta(days=more), time(), mine.tzinfo).astimezone(UTC) for more in (0, 1)
    ]
    span = {"since": f"{ends[0]:{MINUTE}}", "until": f"{ends[1] - timedelta(minutes=1):{MINUTE}}"}
    return urlencode({"outcome": "failed", "made_by": "app", **span})


def ready_filters() -> list[tuple[str, str]]:
    """The filters that everybody has: their names and query strings."""
    return [(name, failed_days_ago(days)) for name, days in READY]


def read_form(team: Team, given: QueryDict) -> BrowseForm:
    people = User.objects.filter(memberships__team=team).order_by("name", "email")
    return BrowseForm(given, people=people)


def matching(request: TeamRequest, given: QueryDict) -> tuple[BrowseForm, GenerationQuerySet]:
    """The form of an address and what its filters find; nothing where one of them is invalid."""
    form = read_form(request.team, given)
    if form.is_valid():
        return form, generation_list.matching(request.team, form.cleaned_data)
    return form, Generation.objects.none()


@for_team(Right.READ)
@require_GET
def generations(request: TeamRequest) -> HttpResponse:
    """One page of the list. Blank filters leave the address, so that it can be shared."""
    if any(not str(value).strip() for value in request.GET.dict().values()):
        return redirect(_address(request, request.GET))
    context = _listed(request) | {
        "offers": offers.of_generations(request.team),
        "ready": ready_filters(),
        "saved": SavedFilter.objects.of(request.team, request.user),
    }
    status = 400 if context["form"].errors else 200
    return render(request, "generations/lists/generations.html", context, status=status)


@for_team(Right.READ)
@require_GET
def generation_rows(request: TeamRequest) -> HttpResponse:
    """The fragment of the list that follows its filters; the address of its page comes with it."""
    answer = render(request, "generations/lists/generations.html#list", _listed(request))
    answer["HX-Push-Url"] = _address(request, request.GET)
    return answer


def _address(request: TeamRequest, given: QueryDict) -> str:
    query = filters(given)
    return f"{reverse('generations', args=[request.team.slug])}{f'?{query}' if query else ''}"


def _listed(request: TeamRequest) -> dict[str, Any]:
    query, sort = filters(request.GET), read_sort(request.GET.get("sort", ""))
    form, found = matching(request, request.GET)
    place = generation_list.ORDERING.place(request.GET, sort)
    by_words = form.is_valid() and bool(form.cleaned_data["q"])
    page, count = generation_list.counted_page(found, place, sort=sort, by_words=by_words)
    carried = f"?{urlencode({'list': query})}" if query else ""
    shown = columns.chosen(request.user)
    return {
        "form": form,
        "query": query,
        "page": page,
        "rows": rows.of_generations(page.rows, request.team, carried),
        "count": count if not form.errors else None,
        "chips": filter_chips.chips(form, request.GET, partial(filters_but, request.GET)),
        "sort": "" if sort == NEWEST else sort,
        "columns": shown,
        "all_columns": columns.COLUMNS,
        "heads": columns.heads("Generation", shown, sort, filters_but(request.GET, "sort")),
        "may_replay": may(request, Right.REPLAY),
        "may_pin": may(request, Right.LOOK_UP),
    }


def filters_but(given: QueryDict, name: str) -> str:
    """The query string of an address without one of its filters."""
    left = given.copy()
    left.pop(name, None)
    return filters(left)


# --- files --------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def generations_csv(request: TeamRequest) -> HttpResponseBase:
    """Everything that the filters find as CSV, sent while it is read."""
    return _file(request, "csv")


@for_team(Right.READ)
@require_GET
def generations_jsonl(request: TeamRequest) -> HttpResponseBase:
    """The same as JSON Lines."""
    return _file(request, "jsonl")


def _file(request: TeamRequest, kind: str) -> HttpResponseBase:
    form, found = matching(request, request.GET)
    if form.errors:
        return redirect(_address(request, request.GET))
    return file_of(request, found, kind)


def file_of(request: TeamRequest, found: GenerationQuerySet, kind: str) -> HttpResponseBase:
    """Generations as a file, "csv" or "jsonl", the newest first."""
    lines = generation_list.csv_lines if kind == "csv" else generation_list.json_lines
    return csv_export.download(lines(found), f"generations-{request.team.slug}.{kind}")


# --- saved filters ------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_POST
def save_filter(request: TeamRequest) -> HttpResponse:
    """Keep the filters under a name."""
    query = filters(QueryDict(request.POST.get("query", "")))
    saved_filters.save(request, SavedFilter.objects.of(request.team, request.user), query)
    return redirect(f"{reverse('generations', args=[request.team.slug])}?{query}")


@for_team(Right.READ)
@require_POST
def delete_filter(request: TeamRequest, pk: int) -> HttpResponse:
    """Forget one's own saved filter."""
    saved_filters.remove(request, SavedFilter.objects.of(request.team, request.user), pk, "generations")
    return redirect("generations", request.team.slug)


# --- columns ------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_POST
def choose_columns(request: TeamRequest) -> HttpResponse:
    """Keep which columns the lists of this person show."""
    columns.choose(request.user, request.POST.getlist("column"))
    page = "ledger" if request.POST.get("page") == "ledger" else "generations"
    query = QueryDict(request.POST.get("query", "")).urlencode()
    return redirect(f"{reverse(page, args=[request.team.slug])}{f'?{query}' if query else ''}")
