"""What is done to many replays of the ledger: those that are selected, or all that its filters find."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.access import Right, TeamRequest, for_team
from generations.models import Replay
from generations.models.replay import ReplayQuerySet
from generations.replay import batches
from generations.views.lists import ledger
from generations.views.lists.selection import MOST_NAMED, NOTHING
from generations.views.replay import batch_again

MOST = batches.MOST_MEMBERS
COMPARE_TWO = "Select exactly two replays to compare them."


@for_team(Right.READ)
@require_POST
def selected_replays(request: TeamRequest) -> HttpResponseBase:
    """Do `do` to the rows named by `id`, or with `all` to what the filters in `query` find."""
    action, given = request.POST.get("do", ""), QueryDict(request.POST.get("query", "")[:2000])
    found = _found(request, given)
    if action in ("csv", "jsonl"):
        return ledger.file_of(request, found, action)
    back = ledger.address(request, given)
    names = list(found.order_by("-created_at", "-id").values_list("pk", flat=True)[: MOST + 1])
    if not names:
        messages.warning(request, NOTHING)
        return redirect(back)
    if len(names) > MOST:
        messages.info(request, f"Only the newest {MOST:,} were taken: one action takes no more.")
    return _done(request, action, [str(name) for name in names[:MOST]], back)


def _found(request: TeamRequest, given: QueryDict) -> ReplayQuerySet:
    if "all" in request.POST:
        return ledger.matching(request.team, given)[1]
    return Replay.objects.filter(team=request.team).named(*request.POST.getlist("id")[:MOST])


def _done(request: TeamRequest, action: str, names: list[str], back: str) -> HttpResponse:
    """`names` are IDs of replays, the newest first."""
    slug = request.team.slug
    if action == "ids":
        return HttpResponse("\n".join(names) + "\n", content_type="text/plain; charset=utf-8")
    if action == "replay" and len(names) > MOST_NAMED:
        return batch_again.again(request, Replay.objects.filter(pk__in=names).order_by("created_at", "id"))
    if action == "replay":
        return redirect(f"{reverse('replays_again', args=[slug])}?{urlencode([('id', pk) for pk in names])}")
    if action == "compare" and len(names) == 2:
        return redirect(f"{reverse('compare', args=[slug])}?{urlencode({'a': names[1], 'b': names[0]})}")
    messages.warning(
        request, COMPARE_TWO if action == "compare" else "Choose what to do with the selected rows."
    )
    return redirect(back)
