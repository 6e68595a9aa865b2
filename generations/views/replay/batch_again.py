"""Replays once more, the failed ones of a batch or those that were selected: a plan like any other, and the one click
that starts it."""

import uuid
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.access import Right, TeamRequest, enter, for_team, may
from generations.forms.lab import RunForm
from generations.models import Batch, Replay
from generations.models.replay import ReplayQuerySet, State
from generations.reading.figures.formatting import plural
from generations.replay import batches, rerun
from generations.replay.order import orders
from generations.views.replay.plan_page import PlanPage, planned
from generations.views.shared.shortcuts import get_batch_or_404

PAGE = "generations/lab/again.html"
FAILED, AGAIN = "Failed of: ", "Again: "


@for_team(Right.READ)
@require_http_methods(["GET", "POST"])
def batch_again(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """GET shows what would be sent and what it may cost, POST starts it as a batch of its own: the members that `id`
    names, without one those that failed."""
    row, named = get_batch_or_404(request, batch_id), _named(request)
    if named:
        return again(request, row.replays.named(*named), row)
    title = FAILED + row.title.removeprefix(FAILED)
    asked = {"batch": row, "only_failed": True, "action": request.path, "back": row.get_absolute_url()}
    return _planned(request, rerun.failed_of(row), title, asked, row.parallel)


@for_team(Right.READ)
@require_http_methods(["GET", "POST"])
def replays_again(request: TeamRequest) -> HttpResponse:
    """The same for the replays that `id` names."""
    return again(request, Replay.objects.filter(team=request.team).named(*_named(request)))


def _named(request: TeamRequest) -> list[str]:
    return (request.POST or request.GET).getlist("id")[: batches.MOST_MEMBERS]


def address(request: TeamRequest, batch: Batch | None) -> str:
    """Where replays of all the team, or of a batch, are planned once more."""
    slug = request.team.slug
    return reverse("batch_again", args=[slug, batch.pk]) if batch else reverse("replays_again", args=[slug])


def again(request: TeamRequest, replays: ReplayQuerySet, batch: Batch | None = None) -> HttpResponse:
    """The plan of these replays once more, or its start. `batch`: they are members of it."""
    ordered = replays.order_by(*(("place",) if batch else ("created_at", "id")))
    ids = list(ordered.values_list("pk", flat=True))
    asked = {
        "ids": ids,
        "batch": batch,
        "action": address(request, batch),
        "back": batch.get_absolute_url() if batch else reverse("ledger", args=[request.team.slug]),
    }
    what = batch.title.removeprefix(AGAIN) if batch else plural(len(ids), "replay")
    return _planned(request, ordered, AGAIN + what, asked, batch.parallel if batch else None)


def _planned(
    request: TeamRequest,
    replays: ReplayQuerySet,
    title: str,
    asked: Mapping[str, object],
    parallel: int | None = None,
) -> HttpResponse:
    """`asked` is what the page needs besides the plan; `parallel` is how many are to run at once, None for as usual."""
    is_start = "click" in request.POST
    if is_start:
        enter(request, request.team.slug, Right.REPLAY)
    initial = {"click": uuid.uuid4()} | ({} if parallel is None else {"parallel": parallel})
    form = RunForm(request.POST if is_start else None, initial=initial)
    context: dict[str, object] = {
        **asked,
        "form": form,
        "may_replay": may(request, Right.REPLAY),
        "interrupted": replays.filter(state=State.INTERRUPTED).count(),
    }
    try:
        made = planned(request, partial(rerun.plan, request.team, replays), is_click=is_start)
    except orders.ReplayRefused as refused:
        return render(request, PAGE, {**context, "note": str(refused)}, status=400 if is_start else 200)
    page = PlanPage(request, PAGE, form, made, context)
    if not is_start:
        return page.show()
    if not form.is_valid():
        return page.show(status=400)
    return page.start(title)
