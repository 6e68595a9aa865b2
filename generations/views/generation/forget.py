"""Forget a generation: what will go, and the one click."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.access import Right, TeamRequest, for_team
from generations.models import Generation, PastedAnswer
from generations.records import forgetting, retention
from generations.views.generation.drawn_parts import forget_drawn
from generations.views.generation.generation import may_forget
from generations.views.shared import undo
from generations.views.shared.shortcuts import get_generation_or_404

REFUSAL = (
    "Somebody else looked this generation up. Only they and the admins and owners of the team may forget it."
)


@for_team(Right.LOOK_UP)
@require_http_methods(["GET", "POST"])
def forget(request: TeamRequest, slug: str) -> HttpResponse:
    """GET: what will be removed. POST: remove it, which can be undone for ten seconds.

    Admins may for all, members for what they looked up themselves.
    """
    row = get_generation_or_404(request, slug)
    if not may_forget(request, row):
        raise PermissionDenied(REFUSAL)
    if request.method == "POST":
        return _forget(request, row)
    return _confirm(request, row)


def _confirm(request: TeamRequest, row: Generation, status: int = 200) -> HttpResponse:
    reach = retention.forget_scope(row)
    context = {
        "generation": row,
        "base": row.get_absolute_url(),
        "replays": len(reach.replays),
        "others": len(reach.generations) - 1,
        "busy": reach.is_busy,
        "pasted": PastedAnswer.objects.filter(generation__in=reach.generations).exists(),
    }
    return render(request, "generations/generation/forget.html", context, status=status)


def _forget(request: TeamRequest, row: Generation) -> HttpResponse:
    clicks = forgetting.hide([row], request.user)
    if not clicks:
        return _confirm(request, row, status=409)
    forget_drawn()
    undo.offer_forgetting(request, f"Retake has forgotten {row.request_id}.", *clicks)
    return redirect("team_home", request.team.slug)
