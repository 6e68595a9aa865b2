"""The replay lab for many generations: one change, one plan, one batch."""

import uuid
from collections.abc import Sequence
from functools import partial

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_http_methods

from dashboard.access import Right, TeamRequest, enter, for_team, may
from generations.forms.lab import BatchForm
from generations.gateway.request_ids import recognize
from generations.models import BulkLookup, Generation
from generations.replay import batches
from generations.replay.batches import BatchPlan
from generations.replay.order import orders
from generations.replay.prices.price_book import PriceBook
from generations.views.replay.plan_page import PlanPage, planned

MANY = "generations/lab/lab.html"


@for_team(Right.READ)
@require_http_methods(["GET", "POST"])
def lab(request: TeamRequest) -> HttpResponse:
    """Many generations with one change: GET chooses them (`id`, or a pasted list), POST shows the plan and starts."""
    is_post = request.method == "POST"
    data = request.POST if is_post else request.GET
    if is_post and "run" in data:
        enter(request, request.team.slug, Right.REPLAY)
    rows, unknown = chosen(request, data)
    return plan_page(request, rows, unknown, data if is_post else None)


def plan_page(
    request: TeamRequest,
    rows: Sequence[Generation],
    unknown: Sequence[str] = (),
    sent: QueryDict | None = None,
) -> HttpResponse:
    """The plan of these generations: the first one, or by the form that was `sent`, which may start it."""
    form = BatchForm(sent, initial={"click": uuid.uuid4()})
    context: dict[str, object] = {
        "rows": rows,
        "unknown": unknown,
        "form": form,
        "pasted": (request.GET if sent is None else sent).get("ids", ""),
        "may_replay": may(request, Right.REPLAY),
        "most": batches.MOST_GENERATIONS,
    }
    if not rows or (sent is not None and not form.is_valid()):
        return render(request, MANY, context, status=400 if form.errors else 200)
    is_click = sent is not None and "run" in sent
    try:
        made = planned(request, partial(_draft, rows, form), is_click=is_click)
    except orders.ReplayRefused as refused:
        return render(request, MANY, {**context, "note": str(refused)}, status=400)
    page = PlanPage(request, MANY, form, made, context)
    if is_click:
        count = len({order.generation.pk for order in made.orders})
        return page.start(f"{count} generation{pluralize(count)}")
    return page.show()


def _draft(rows: Sequence[Generation], form: BatchForm, book: PriceBook) -> BatchPlan:
    """What the form orders for these generations. Raises orders.ReplayRefused."""
    if not form.is_bound:
        return batches.plan_batch(rows, book=book)
    return batches.plan_batch(rows, form.variants(form.edits()), form.cleaned_data["times"], book)


def chosen(request: TeamRequest, data: QueryDict) -> tuple[list[Generation], list[str]]:
    """The stored generations that are named, in that order, and the names that are not stored."""
    names = [
        *data.getlist("id"),
        *_of_lookup(request, data),
        *recognize(data.get("ids", ""), most=batches.MOST_GENERATIONS).ids,
    ]
    names = list(dict.fromkeys(name.strip() for name in names if name.strip() and "\0" not in name))
    names = names[: batches.MOST_GENERATIONS]
    found = {
        key: row
        for row in Generation.objects.of(request.team).named(*names)
        for key in (row.request_id, row.slug)
    }
    rows = list(dict.fromkeys(found[name] for name in names if name in found))
    for row in rows:
        row.team = request.team
    return rows, [name for name in names if name not in found]


def _of_lookup(request: TeamRequest, data: QueryDict) -> list[str]:
    """The requests of a lookup of many that `lookup` names."""
    try:
        jobs = BulkLookup.objects.of(request.team).filter(pk=uuid.UUID(data.get("lookup", "")))
    except ValueError:
        return []
    return [name for job in jobs for name in job.request_ids]
