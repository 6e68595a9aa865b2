"""The list of a team's generations: pages, saved filters, CSV."""

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import Right, TeamRequest, for_team
from dashboard.models import Team, User
from generations.forms.lists import BrowseForm
from generations.lists import columns, csv_export, generation_list, rows
from generations.lists.keyset import Cursor
from generations.models import Generation, SavedFilter
from generations.views.shared import saved_filters

SLIM = ("native_response_id", "session_id", "key_id")


def filters(given: QueryDict) -> str:
    """The filters of an address as the shortest query string: known names, no blanks, no place."""
    values = given.dict()
    known = [(name, str(values[name]).strip()) for name in BrowseForm.base_fields if name in values]
    return urlencode([(name, value) for name, value in known if value])


def read_form(team: Team, given: QueryDict) -> BrowseForm:
    people = User.objects.filter(memberships__team=team).order_by("name", "email")
    return BrowseForm(given, people=people)


@for_team(Right.READ)
@require_GET
def generations(request: TeamRequest) -> HttpResponse:
    """One page of the list. Blank filters leave the address, so that it can be shared."""
    query = filters(request.GET)
    if any(not str(value).strip() for value in request.GET.dict().values()):
        return redirect(f"{reverse('generations', args=[request.team.slug])}?{query}")
    form = read_form(request.team, request.GET)
    found = (
        generation_list.matching(request.team, form.cleaned_data)
        if form.is_valid()
        else Generation.objects.none()
    )
    carried = f"?{urlencode({'list': query})}" if query else ""
    page = generation_list.page(found.select_related("looked_up_by").defer(*SLIM), place(request))
    shown = columns.chosen(request.user)
    context = {
        "form": form,
        "query": query,
        "page": page,
        "rows": [rows.of_generation(row, request.team, carried) for row in page.rows],
        "columns": shown,
        "heads": columns.heads("Generation", shown),
        "offers": generation_list.offers(request.team),
        "saved": SavedFilter.objects.of(request.team, request.user),
    }
    return render(
        request, "generations/lists/generations.html", context, status=200 if form.is_valid() else 400
    )


def place(request: TeamRequest) -> Cursor | None:
    """Where the page begins: `older` or `newer` than a row."""
    if "newer" in request.GET:
        return generation_list.read_cursor(request.GET["newer"], back=True)
    return generation_list.read_cursor(request.GET.get("older", ""))


@for_team(Right.READ)
@require_GET
def generations_csv(request: TeamRequest) -> HttpResponseBase:
    """Everything that the filters find as CSV, sent while it is read."""
    form = read_form(request.team, request.GET)
    if not form.is_valid():
        return redirect(f"{reverse('generations', args=[request.team.slug])}?{filters(request.GET)}")
    lines = generation_list.csv_lines(generation_list.matching(request.team, form.cleaned_data))
    return csv_export.download(lines, f"generations-{request.team.slug}.csv")


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
