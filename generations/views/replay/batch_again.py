"""The failed replays of a batch once more: a plan like any other, and the one click that starts it."""

import uuid
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dashboard.access import Right, TeamRequest, enter, for_team, may
from generations.forms.lab import RunForm
from generations.models.replay import State
from generations.replay import rerun
from generations.replay.order import orders
from generations.replay.prices.price_book import PriceBook
from generations.views.replay.plan_page import PlanPage
from generations.views.shared.shortcuts import get_batch_or_404

PAGE = "generations/lab/again.html"
TITLE = "Failed of: "


@for_team(Right.READ)
@require_http_methods(["GET", "POST"])
def batch_again(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """GET shows what would be sent and what it may cost, POST starts it as a batch of its own."""
    row, is_post = get_batch_or_404(request, batch_id), request.method == "POST"
    if is_post:
        enter(request, request.team.slug, Right.REPLAY)
    form = RunForm(
        request.POST if is_post else None, initial={"click": uuid.uuid4(), "parallel": row.parallel}
    )
    context: dict[str, object] = {
        "batch": row,
        "form": form,
        "may_replay": may(request, Right.REPLAY),
        "interrupted": row.replays.filter(state=State.INTERRUPTED).count(),
    }
    try:
        made = rerun.plan(row, PriceBook(may(request, Right.LOOK_UP)))
    except orders.ReplayRefused as refused:
        return render(request, PAGE, {**context, "note": str(refused)}, status=400 if is_post else 200)
    page = PlanPage(request, PAGE, form, made, context)
    if not is_post:
        return page.show()
    if not form.is_valid():
        return page.show(status=400)
    return page.start(TITLE + row.title.removeprefix(TITLE))
