"""What is done to many replays of the ledger or of a batch: those that are selected, or all of the list."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.access import Right, TeamRequest, for_team
from generations.models import Batch, Generation, Replay
from generations.models.replay import ReplayQuerySet
from generations.replay import batches
from generations.templatetags.reading import count
from generations.views.lists import ledger
from generations.views.lists.selection import FILES, MOST_NAMED, NOTHING, PINS, pin
from generations.views.replay import batch_again, batch_exports
from generations.views.shared.shortcuts import get_batch_or_404
from generations.views.shared.way_back import way_back

MOST = batches.MOST_MEMBERS
COMPARE_TWO = "Select exactly two replays to compare them."


@for_team(Right.READ)
@require_POST
def selected_replays(request: TeamRequest) -> HttpResponseBase:
    """Do `do` to the rows named by `id`, or with `all` to what the filters in `query` find."""
    action, given = request.POST.get("do", ""), QueryDict(request.POST.get("query", ""))
    rows = Replay.objects.filter(team=request.team)
    found = ledger.matching(request.team, given)[1] if "all" in request.POST else _named(request, rows)
    if action in FILES:
        return ledger.file_of(request, found, action)
    return _done(request, action, found.order_by("-created_at", "-id"), ledger.address(request, given))


@for_team(Right.READ)
@require_POST
def selected_members(request: TeamRequest, batch_id: UUID) -> HttpResponseBase:
    """The same for the members of a batch, with `all` for every one of them."""
    action, batch = request.POST.get("do", ""), get_batch_or_404(request, batch_id)
    found = batch.replays.all() if "all" in request.POST else _named(request, batch.replays.all())
    if action in FILES:
        return batch_exports.file_of(batch, found, action)
    back = way_back(request, batch.get_absolute_url())
    return _done(request, action, found.order_by("place"), back, batch)


def _named(request: TeamRequest, rows: ReplayQuerySet) -> ReplayQuerySet:
    return rows.named(*request.POST.getlist("id")[:MOST])


def _done(
    request: TeamRequest, action: str, found: ReplayQuerySet, back: str, batch: Batch | None = None
) -> HttpResponse:
    """`found` in the order of its list: the members of `batch` by place, others the newest first."""
    names = list(found.values_list("pk", flat=True)[: MOST + 1])
    if not names:
        messages.warning(request, NOTHING)
        return redirect(back)
    if len(names) > MOST:
        messages.info(request, f"Only the newest {count(MOST)} were taken: one action takes no more.")
    names = names[:MOST]
    if action == "ids":
        return HttpResponse("".join(f"{pk}\n" for pk in names), content_type="text/plain; charset=utf-8")
    if action == "replay":
        return _again(request, names, batch)
    if action in PINS:
        originals = Generation.objects.of(request.team).filter(replays__in=names).distinct()
        return pin(request, originals, back, lift=action == "unpin")
    if action == "compare" and len(names) == 2:
        earlier, later = names if batch else reversed(names)
        query = urlencode({"a": earlier, "b": later})
        return redirect(f"{reverse('compare', args=[request.team.slug])}?{query}")
    messages.warning(
        request, COMPARE_TWO if action == "compare" else "Choose what to do with the selected rows."
    )
    return redirect(back)


def _again(request: TeamRequest, names: list[UUID], batch: Batch | None) -> HttpResponse:
    """To the plan of these replays, whose address names them where it has room."""
    if len(names) > MOST_NAMED:
        return batch_again.again(request, Replay.objects.filter(team=request.team, pk__in=names), batch)
    return redirect(f"{batch_again.address(request, batch)}?{urlencode([('id', pk) for pk in names])}")
