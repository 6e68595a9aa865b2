"""Home: the lookup box, what runs now, and the team's recent lookups."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard.access import Right, SignedInRequest, TeamRequest, for_person, for_team
from dashboard.consents import panel
from dashboard.context import current_membership
from dashboard.models import Team, User
from dashboard.processes.degraded import degraded
from generations.forms.lists import EXAMPLES
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.lists import batch_list, columns, made_by, rows
from generations.lists.rows import ListRow
from generations.models import Generation, Pin, Replay, Visit
from generations.replay import trouble
from generations.views.lists.generations import failed_days_ago

RECENT, MINE, MOST_PINNED, MOST_RUNNING = 20, 8, 10, 10
REPLAY_PARTS = ("generation", "requested_by", "team", "batch", "consent__connected_by")
STORIES = (
    ("A good answer", EXAMPLE_IDS["chat"]),
    ("A failure", EXAMPLE_IDS["failed"]),
    ("An old record", EXAMPLE_IDS["legacy"]),
)


@for_person
@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """The lookup box, what runs now, and the team's recent lookups."""
    mine = current_membership(request)
    if mine is None:
        return redirect("no_team")
    context = home_context(mine.team, request.user) | _page(mine.team, mine.role)
    return render(request, "generations/lookup/home.html", context)


@for_team(Right.READ)
@require_GET
def team_home(request: TeamRequest) -> HttpResponse:
    """The same for one team, by its own address."""
    context = home_context(request.team, request.user) | _page(request.team, request.role)
    return render(request, "generations/lookup/home.html", context)


@for_team(Right.READ)
@require_GET
def recent(request: TeamRequest) -> HttpResponse:
    """The fragment of home that polls itself: what runs now and the recent lookups."""
    context = home_context(request.team, request.user) | _degraded(request.role)
    return render(request, "generations/lookup/home.html#recent", context)


def _page(team: Team, role: str) -> dict[str, object]:
    """What the page has beyond the fragment that polls."""
    return _offers(team, role) | _degraded(role) | {"steps": first_steps(team, role)}


def _degraded(role: str) -> dict[str, object]:
    """What does not run as it should, for those who may do something about it."""
    return {"degraded": list(degraded().values())} if Right.MANAGE.held_by(role) else {}


def _offers(team: Team, role: str) -> dict[str, object]:
    """Where a team without a connection can connect to, for those who may."""
    if not Right.MANAGE.held_by(role) or team.connections.exists():
        return {}
    return {"offers": panel.offers(team), "is_new": True}


def home_context(team: Team, user: User) -> dict[str, object]:
    """What runs, what was opened, what is pinned: a fixed number of queries, each for a few rows."""
    running = Replay.objects.filter(team=team).under_way().select_related(*REPLAY_PARTS)
    shown = list(running.order_by("-created_at")[:MOST_RUNNING])
    trouble.notice(*shown)
    opened = list(Generation.objects.of(team).recently_opened()[:RECENT])
    pinned = [pin.generation for pin in Pin.objects.of(team)[:MOST_PINNED]]
    visits = list(Visit.objects.newest_of(team, user)[:MINE])
    makers = made_by.of_rows(team, [*opened, *pinned, *(visit.generation for visit in visits)])
    return {
        "home_team": team,
        "examples": EXAMPLES,
        "stories": STORIES if settings.DEMO_GATEWAY else (),
        "running": [rows.of_replay(replay, team) for replay in shown],
        "replay_heads": columns.heads("Replay"),
        "batches": batch_list.unfinished(team, MOST_RUNNING),
        "pinned": [rows.of_generation(row, team, makers=makers) for row in pinned],
        "mine": [_visited(visit, team, makers) for visit in visits],
        "recent": [rows.of_generation(row, team, opened=True, makers=makers) for row in opened],
        "heads": columns.heads("Generation"),
        "mine_columns": columns.WITHOUT_WHO,
        "mine_heads": columns.heads("Generation", columns.WITHOUT_WHO),
        "failed_yesterday": failed_days_ago(1),
    }


def _visited(visit: Visit, team: Team, makers: rows.Makers) -> ListRow:
    return replace(rows.of_generation(visit.generation, team, makers=makers), at=visit.at, when="")


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first things that a team does with Retake."""

    words: str
    url: str
    is_done: bool


def first_steps(team: Team, role: str) -> list[Step]:
    """What a new team does first; nothing once it has replayed, or for those who may not replay."""
    if not Right.REPLAY.held_by(role) or Replay.objects.filter(team=team).exists():
        return []
    looked_up = Generation.objects.of(team).exists()
    invited = team.memberships.count() > 1 or team.invitations.exists()
    return [
        Step("Connect the gateway", reverse("team_connections", args=[team.slug]), team.connections.exists()),
        Step("Look up a request ID", reverse("generations", args=[team.slug]), looked_up),
        Step("Replay a generation", reverse("lab", args=[team.slug]), False),
        Step("Invite somebody", reverse("team_members", args=[team.slug]), invited),
    ]
