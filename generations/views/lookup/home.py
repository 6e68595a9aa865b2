"""Home: the lookup box, what runs now, and the team's recent lookups."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from dashboard.access import Right, SignedInRequest, TeamRequest, for_person, for_team
from dashboard.consents import panel
from dashboard.context import current_membership
from dashboard.models import Team
from dashboard.processes.degraded import degraded
from generations.forms.lists import EXAMPLES
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.lists import columns, rows
from generations.models import Generation, Replay
from generations.replay import trouble

RECENT = 20


@for_person
@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """The lookup box, what runs now, and the team's recent lookups."""
    mine = current_membership(request)
    if mine is None:
        return redirect("no_team")
    context = home_context(mine.team) | _offers(mine.team, mine.role) | _degraded(mine.role)
    return render(request, "generations/lookup/home.html", context)


@for_team(Right.READ)
@require_GET
def team_home(request: TeamRequest) -> HttpResponse:
    """The same for one team, by its own address."""
    context = home_context(request.team) | _offers(request.team, request.role) | _degraded(request.role)
    return render(request, "generations/lookup/home.html", context)


@for_team(Right.READ)
@require_GET
def recent(request: TeamRequest) -> HttpResponse:
    """The fragment of home that polls itself: what runs now and the recent lookups."""
    context = home_context(request.team) | _degraded(request.role)
    return render(request, "generations/lookup/home.html#recent", context)


def _degraded(role: str) -> dict[str, object]:
    """What does not run as it should, for those who may do something about it."""
    return {"degraded": list(degraded().values())} if Right.MANAGE.held_by(role) else {}


def _offers(team: Team, role: str) -> dict[str, object]:
    """Where a team without a connection can connect to, for those who may."""
    if not Right.MANAGE.held_by(role) or team.connections.exists():
        return {}
    return {"offers": panel.offers(team), "is_new": True}


def home_context(team: Team) -> dict[str, object]:
    running = (
        Replay.objects.filter(team=team)
        .under_way()
        .select_related("generation", "requested_by", "team", "batch", "consent__connected_by")
    )
    shown = list(running.order_by("-created_at")[:10])
    trouble.notice(*shown)
    opened = Generation.objects.of(team).recently_opened()[:RECENT]
    return {
        "home_team": team,
        "examples": EXAMPLES,
        "example_ids": EXAMPLE_IDS.values() if settings.DEMO_GATEWAY else (),
        "running": [rows.of_replay(replay, team) for replay in shown],
        "replay_heads": columns.heads("Replay"),
        "recent": [rows.of_generation(row, team, opened=True) for row in opened],
        "heads": columns.heads("Generation"),
    }
