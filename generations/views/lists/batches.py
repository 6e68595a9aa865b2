"""The list of a team's batches."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team, may
from generations.lists import batch_list


@for_team(Right.READ)
@require_GET
def batches(request: TeamRequest) -> HttpResponse:
    """One page of the list, from `older` or `newer` than a batch."""
    back = "newer" in request.GET
    cursor = batch_list.read_cursor(request.GET.get("newer" if back else "older", ""), back=back)
    context = {"page": batch_list.page(request.team, cursor), "may_replay": may(request, Right.REPLAY)}
    return render(request, "generations/lists/batches.html", context)
