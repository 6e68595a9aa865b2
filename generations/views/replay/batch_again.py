"""The failed replays of a batch once more: a plan like any other, and the one click that starts it."""

import uuid
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.access import Right, TeamRequest, enter, for_team, may
from generations.forms.lab import RunForm
from generations.models import Batch, ReplayLimits
from generations.models.replay import State
from generations.replay import batches, rerun
from generations.replay.batches import BatchPlan
from generations.replay.order import orders, spending_limits
from generations.replay.prices.price_book import PriceBook
from generations.views.replay.lab import not_yet
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
    held = ReplayLimits.objects.filter(team=request.team).first()
    costly = spending_limits.needs_confirmation(held, made.most)
    context |= {"draft": made, "digest": orders.digest(made.orders), "needs_confirmation": costly}
    if not is_post:
        return render(request, PAGE, context)
    if not form.is_valid():
        return render(request, PAGE, context, status=400)
    return _run(request, row, form, made, context)


def _run(
    request: TeamRequest, row: Batch, form: RunForm, made: BatchPlan, context: dict[str, object]
) -> HttpResponse:
    data = form.cleaned_data
    unseen = data["plan_digest"] != context["digest"]
    note = not_yet(
        form, unseen=unseen, damaged=bool(made.damaged), costly=bool(context["needs_confirmation"])
    )
    if not made.orders:
        note = "None of these can be replayed."
    if note:
        return render(request, PAGE, {**context, "note": note}, status=400)
    title = TITLE + row.title.removeprefix(TITLE)
    try:
        started = batches.start_batch(
            request.team, request.user, data["click"], title, made, data["parallel"], data["why"]
        )
    except orders.ClickAlreadyUsed as used:
        form.renew_click()
        return render(request, PAGE, {**context, "note": str(used)}, status=409)
    except spending_limits.LimitExceeded as exceeded:
        return render(request, PAGE, {**context, "note": str(exceeded)}, status=409)
    return redirect(started)
