"""Home, the lookup box, and the page that waits for a record."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from dashboard.access import Right, SignedInRequest, TeamRequest, for_person, for_team, may, memberships
from dashboard.context import current_membership
from dashboard.models import Team
from generations import lookup as lookups
from generations.forms import LookupForm, ShortLookupForm
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.gateway.ids import MAX_LENGTH, made_at
from generations.models import Fetch, Generation, Replay

RECENT = 20


@for_person
@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """The lookup box, what runs now, and the team's recent lookups."""
    mine = current_membership(request)
    if mine is None:
        return redirect("no_team")
    return render(request, "generations/home.html", _home(mine.team))


@for_team(Right.READ)
@require_GET
def team_home(request: TeamRequest) -> HttpResponse:
    """The same for one team, by its own address."""
    return render(request, "generations/home.html", _home(request.team))


@for_team(Right.READ)
@require_GET
def recent(request: TeamRequest) -> HttpResponse:
    """The fragment of home that polls itself: what runs now and the recent lookups."""
    return render(request, "generations/home.html#recent", _home(request.team))


def _home(team: Team) -> dict[str, object]:
    running = (
        Replay.objects.filter(team=team).unfinished().select_related("generation", "requested_by", "team")
    )
    return {
        "home_team": team,
        "example_ids": EXAMPLE_IDS.values() if settings.DEMO_GATEWAY else (),
        "running": running.order_by("-created_at")[:10],
        "recent": Generation.objects.of(team).recently_opened()[:RECENT],
    }


@for_person
@require_http_methods(["GET", "POST"])
def lookup(request: SignedInRequest) -> HttpResponse:
    """Take pasted text, find its ID, redirect to the generation or to the page that waits for it."""
    posted = request.method == "POST"
    form = LookupForm(request.POST) if posted else ShortLookupForm(request.GET)
    valid = form.is_valid()
    team = _chosen_team(request, form.cleaned_data.get("team", ""))
    if team is None:
        return redirect("no_team")
    if not valid:
        return render(request, "generations/home.html", {**_home(team), "form": form}, status=400)
    return _to_generation(request, team, form.cleaned_data["q"], again=posted)


def _chosen_team(request: SignedInRequest, slug: str) -> Team | None:
    chosen = [one.team for one in memberships(request) if one.team.slug == slug]
    current = current_membership(request)
    return chosen[0] if chosen else current.team if current else None


def _to_generation(request: SignedInRequest, team: Team, request_id: str, *, again: bool) -> HttpResponse:
    mine = next(one for one in memberships(request) if one.team_id == team.pk)
    found: Generation | Fetch | None
    if Right.LOOK_UP.held_by(mine.role):
        found = lookups.find(team, request_id, request.user, again=again)
    else:
        found = lookups.stored(team, request_id)
    if isinstance(found, Generation):
        found.team = team
        return redirect(found)
    return redirect(waiting_url(team, request_id))


def waiting_url(team: Team, request_id: str) -> str:
    """The page that waits for this ID, which may hold anything, so it travels as a parameter."""
    return f"{reverse('waiting', args=[team.slug])}?{urlencode({'id': request_id})}"


@for_person
@require_GET
def any_generation(request: SignedInRequest, request_id: str) -> HttpResponse:
    """`/g/<id>` for log lines: the one of your teams that has it stored, else your current team."""
    teams = {one.team_id: one.team for one in memberships(request)}
    row = Generation.objects.filter(team__in=teams, request_id=request_id).order_by("-last_opened_at").first()
    current = current_membership(request)
    if row is not None:
        row.team = teams[row.team_id]
        return redirect(row)
    if current is None:
        return redirect("no_team")
    return redirect("generation", current.team.slug, request_id)


def asked_id(request: HttpRequest) -> str:
    """The request ID in the address. Raises Http404 for what cannot be one."""
    request_id = request.GET.get("id", "").strip()
    if not request_id or len(request_id) > MAX_LENGTH or any(letter.isspace() for letter in request_id):
        raise Http404("No request ID in the address.")
    return request_id


@for_team(Right.READ)
@require_GET
def waiting(request: TeamRequest) -> HttpResponse:
    """What the gateway said of an ID that is not stored; opens the generation when it is there."""
    found = _ask(request, asked_id(request))
    return redirect(found) if isinstance(found, Generation) else found


@for_team(Right.READ)
@require_GET
def waiting_status(request: TeamRequest) -> HttpResponse:
    """The fragment that asks again, with growing pauses, and goes to the generation when it appears."""
    request_id = asked_id(request)
    found = _seek(request, request_id)
    if isinstance(found, Generation):
        return HttpResponseClientRedirect(found.get_absolute_url())
    return render(request, "generations/waiting.html#status", waiting_context(request_id, found))


def _seek(request: TeamRequest, request_id: str) -> Generation | Fetch | None:
    if may(request, Right.LOOK_UP):
        found: Generation | Fetch | None = lookups.find(request.team, request_id, request.user)
    else:
        found = lookups.stored(request.team, request_id)
    if isinstance(found, Generation):
        found.team = request.team
    return found


def open_or_ask(request: TeamRequest, slug: str) -> Generation | HttpResponse:
    """The stored generation that `slug` names, or the page that says what the gateway said of this ID."""
    row = Generation.objects.of(request.team).named(slug).first()
    if row is None and slug.startswith("~"):
        raise Http404("No such generation in this team.")
    if row is not None:
        row.team = request.team
    return row or _ask(request, slug)


def _ask(request: TeamRequest, request_id: str) -> Generation | HttpResponse:
    found = _seek(request, request_id)
    if isinstance(found, Generation):
        return found
    status = 200 if found is None or found.outcome is None else _status(found.outcome["code"])
    return render(request, "generations/waiting.html", waiting_context(request_id, found), status=status)


def _status(code: str) -> int:
    return 404 if code in ("not_found", "not_yet") else 200


def waiting_context(request_id: str, fetch: Fetch | None) -> dict[str, object]:
    """For the waiting page: the ID, the time in it, the outcome so far, seconds to the next try (None: no more)."""
    outcome = fetch.outcome if fetch else {"code": "viewer"}
    code = outcome["code"] if outcome else "asking"
    pause = 1 if code == "asking" else (outcome or {}).get("pause_s") if code == "not_yet" else None
    return {
        "request_id": request_id,
        "made_at": made_at(request_id),
        "outcome": outcome,
        "code": code,
        "pause": pause,
        "attempts": fetch.attempts if fetch else 0,
    }


@for_team(Right.LOOK_UP)
@require_POST
def ask_again(request: TeamRequest) -> HttpResponse:
    """Ask the gateway once more for an ID that it did not know."""
    request_id = request.POST.get("id", "").strip()
    if not request_id or len(request_id) > MAX_LENGTH:
        raise Http404("No request ID was sent.")
    return _to_generation(request, request.team, request_id, again=True)


@for_team(Right.LOOK_UP)
@require_POST
def refresh(request: TeamRequest, slug: str) -> HttpResponse:
    """Ask the gateway for a stored generation again, then back to its page with what came of it."""
    row = Generation.objects.of(request.team).named(slug).select_related("team").first()
    if row is None:
        raise Http404("No such generation in this team.")
    found = lookups.refresh(row, request.user)
    if isinstance(found, Fetch):
        return redirect(
            f"{row.get_absolute_url()}?refresh={found.outcome['code'] if found.outcome else 'asking'}"
        )
    return redirect(row)


@for_team(Right.READ)
@require_GET
def fresh(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment of a record that may still change: asks when that is due, reloads the page when it changed."""
    row = Generation.objects.of(request.team).named(slug).select_related("team").first()
    if row is None:
        raise Http404("No such generation in this team.")
    if not may(request, Right.LOOK_UP) or not lookups.is_due(row):
        return HttpResponse(status=204)
    before = row.records.order_by("-fetched_at").values_list("sha256", flat=True).first()
    found = lookups.refresh(row, request.user)
    after = row.records.order_by("-fetched_at").values_list("sha256", flat=True).first()
    changed = isinstance(found, Generation) and before != after
    return HttpResponseClientRefresh() if changed else HttpResponse(status=204)
