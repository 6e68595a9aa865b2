"""Previous and next: the neighbour of a row in the list, batch or generation that it was opened from.

The address of a page carries the filters of its list as `?list=`; the neighbour is looked for when it is asked for, so
that a page costs nothing for it.
"""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from generations.lists import generation_list, keyset
from generations.lists import ledger as replay_list
from generations.lists.keyset import Cursor
from generations.lists.sorting import NEWEST, read_sort
from generations.models import Generation, Replay
from generations.models.generation import GenerationQuerySet
from generations.views.lists import generations, ledger
from generations.views.shared.shortcuts import get_generation_or_404, get_replay_or_404

Step = Generation | Replay
LONGEST_LIST = 6000  # characters
FIRST, LAST = "This is the first one here.", "This is the last one here."
INVALID = "One of the filters is no longer valid, so this goes through the whole list."


def list_of(request: TeamRequest) -> QueryDict | None:
    """The filters of the list that the page was opened from; None where it was opened from elsewhere."""
    text = request.GET.get("list")
    return QueryDict(text) if text is not None and len(text) <= LONGEST_LIST else None


def suffix(query: str | None) -> str:
    """What carries the filters `query` on to another page's address; "" for None."""
    return "" if query is None else f"?{urlencode({'list': query})}"


# --- generations --------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def generation_step(request: TeamRequest, slug: str, *, back: bool) -> HttpResponse:
    """To the next generation of the list, which is the older one, or `back` to the newer one."""
    row = get_generation_or_404(request, slug)
    given = list_of(request)
    found = _matching(request, given or QueryDict())
    sort = read_sort(given.get("sort", "")) if given else NEWEST
    slim = found.only("request_id", "sorted_at")
    neighbour = generation_list.ORDERING.neighbour(slim, row, sort, back=back)
    query = suffix(generations.filters(given) if given else None)
    return _to(request, neighbour, row, query, back=back)


def _matching(request: TeamRequest, given: QueryDict) -> GenerationQuerySet:
    form = generations.read_form(request.team, given)
    if form.is_valid():
        return generation_list.matching(request.team, form.cleaned_data)
    messages.warning(request, INVALID)
    return Generation.objects.of(request.team)


# --- replays ------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def replay_step(request: TeamRequest, replay_id: UUID, *, back: bool) -> HttpResponse:
    """To the next replay of the list that it was opened from, else of its batch, else of its generation."""
    row = get_replay_or_404(request, replay_id)
    given = list_of(request)
    if given is not None:
        return _to(
            request, _in_list(request, row, given, back=back), row, suffix(ledger.query_of(given)), back=back
        )
    found = _in_batch(row, back=back) if row.batch_id else _of_generation(row, back=back)
    return _to(request, found, row, "", back=back)


def _in_list(request: TeamRequest, row: Replay, given: QueryDict, *, back: bool) -> Replay | None:
    form, found = ledger.matching(request.team, given)
    if form.errors:
        messages.warning(request, INVALID)
        found = replay_list.matching(request.team, {})
    slim, sort = found.only("id", "created_at"), read_sort(given.get("sort", ""))
    return replay_list.ORDERING.neighbour(slim, row, sort, back=back)


def _in_batch(row: Replay, *, back: bool) -> Replay | None:
    """The member of its batch at the place before or after."""
    members = Replay.objects.filter(batch=row.batch_id).only("id")
    if back:
        return members.filter(place__lt=row.place).order_by("-place").first()
    return members.filter(place__gt=row.place).order_by("place").first()


def _of_generation(row: Replay, *, back: bool) -> Replay | None:
    """The replay of the same generation that was made before or after it: they are numbered in that order."""
    found = Replay.objects.filter(generation=row.generation_id).only("id", "created_at")
    page = keyset.page(found, "created_at", Cursor(row.created_at, row.pk, back=not back), 1)
    return next(iter(page.rows), None)


def number(row: Replay) -> int:
    """Which replay it is of its generation, from 1: one query."""
    found = Replay.objects.filter(generation=row.generation_id)
    return keyset.older(found, "created_at", Cursor(row.created_at, row.pk)).count() + 1


def _to(request: TeamRequest, found: Step | None, row: Step, query: str, *, back: bool) -> HttpResponse:
    """To the neighbour; back to the row itself, with a word, where there is none."""
    if found is None:
        messages.info(request, FIRST if back else LAST)
    shown = found or row
    shown.team = request.team
    return redirect(f"{shown.get_absolute_url()}{query}")
