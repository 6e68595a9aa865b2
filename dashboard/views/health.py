"""For load balancers, for the operator, and for browsers that ask for an icon by themselves."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import Right, TeamRequest, for_everybody, for_team, memberships
from dashboard.health import checks
from dashboard.health.findings import BAD, OK, WARN
from dashboard.processes import presence
from dashboard.processes.degraded import degraded
from dashboard.readiness import CHECKS
from dashboard.web import heavy_work


@for_everybody
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up."""
    return HttpResponse(
        "ok\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


@for_everybody
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations and Redis: `{"database": "ok", ...}`; 503 and sentences when something is missing.

    With `?full`, for admins of a team, all of Retake: workers, beats, and a store that takes no writes, too.
    """
    full = "full" in request.GET
    if full and not _is_admin(request):
        return _answers({"full": "Sign in as an admin of a team to ask for this."}, 403)
    found = {name: check() for name, check in CHECKS.items()}
    if full:
        found = dict.fromkeys(presence.KINDS) | found | degraded()
    return _answers(
        {name: fault or "ok" for name, fault in found.items()}, 503 if any(found.values()) else 200
    )


def _answers(answers: dict[str, str], status: int) -> JsonResponse:
    return JsonResponse(answers, status=status, headers={"Cache-Control": "no-store"})


def _is_admin(request: HttpRequest) -> bool:
    return any(Right.MANAGE.held_by(member.role) for member in memberships(request))


@for_team(Right.MANAGE)
@require_safe
def team_health(request: TeamRequest) -> HttpResponse:
    """Why is it red? Every check, with what to do; of teams only this one's."""
    heavy_work.leave_page_thread(request)  # the network may take its time
    found = checks.findings(request.team)
    context = {
        "section": "health",
        "team": request.team,
        "findings": found,
        "wrong": [line for line in found if line.level == BAD],
        "look": [line for line in found if line.level == WARN],
        "fine": [line for line in found if line.level == OK],
        "at": timezone.now(),
    }
    return render(request, "dashboard/health.html", context)


@for_everybody
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon for error pages and for files that no page of ours links to."""
    return HttpResponseRedirect(
        static("icons/favicon.ico"), headers={"Cache-Control": "public, max-age=86400"}
    )
