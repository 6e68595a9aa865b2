"""The lookup box, and the page that waits for a record."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from dashboard.access import Right, SignedInRequest, TeamRequest, for_person, for_team, may, memberships
from dashboard.context import current_membership
from dashboard.models import Team
from generations.forms.lists import LookupForm, ShortLookupForm
from generations.gateway.request_ids import Recognized, hint, is_native, made_at
from generations.models import Fetch, Forgetting, Generation
from generations.records import lookup as lookups
from generations.views.lookup.addresses import is_possible_id, many_url, waiting_url
from generations.views.lookup.home import home_context
from generations.views.shared.shortcuts import get_generation_or_404


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
        return render(
            request,
            "generations/lookup/home.html",
            {**home_context(team, request.user), "form": form},
            status=400,
        )
    return _open(request, team, form.cleaned_data["q"], again=posted)


def _open(request: SignedInRequest, team: Team, seen: Recognized, *, again: bool) -> HttpResponse:
    """Go where the recognized ID leads, and say what was recognized. A link's own team wins."""
    team = (seen.team and _team_of(request, seen.team)) or team
    first = seen.ids[0]
    if seen.kind == "list":
        return redirect(many_url(team, seen))
    if seen.kind == "replay":
        return redirect("replay", team.slug, first)
    if seen.pasted and (row := lookups.stored(team, seen.pasted)):
        row.team = team
        return redirect(row)
    if seen.kind not in ("id", "native") or seen.note:
        note = f" ({seen.note})" if seen.note else ""
        messages.info(request, f"Recognized {seen.words}: looked up {first}{note}.")
    if is_native(first) or first.startswith("~"):
        return _to_stored(request, team, first)
    return _to_generation(request, team, first, again=again)


def _to_stored(request: SignedInRequest, team: Team, name: str) -> HttpResponse:
    """The stored row of a provider's ID, or of `~` and a number: the gateway cannot be asked for these."""
    rows = Generation.objects.of(team)
    row = lookups.stored_native(team, name) if is_native(name) else rows.named(name).first()
    row = row or lookups.stored(team, name)
    if row is not None:
        row.team = team
        return redirect(row)
    context = {**home_context(team, request.user), "not_stored": name}
    return render(request, "generations/lookup/home.html", context, status=404)


def _team_of(request: SignedInRequest, slug: str) -> Team | None:
    return next((mine.team for mine in memberships(request) if mine.team.slug == slug), None)


def _chosen_team(request: SignedInRequest, slug: str) -> Team | None:
    chosen = [mine.team for mine in memberships(request) if mine.team.slug == slug] if slug else []
    current = current_membership(request)
    return chosen[0] if chosen else current.team if current else None


def _to_generation(request: SignedInRequest, team: Team, request_id: str, *, again: bool) -> HttpResponse:
    mine = next(membership for membership in memberships(request) if membership.team_id == team.pk)
    found: Generation | Fetch | None
    if Right.LOOK_UP.held_by(mine.role):
        found = lookups.find(team, request_id, request.user, again=again)
    else:
        found = lookups.stored(team, request_id)
    if isinstance(found, Generation):
        found.team = team
        return redirect(found)
    return redirect(waiting_url(team, request_id))


@for_person
@require_GET
def any_generation(request: SignedInRequest, request_id: str) -> HttpResponse:
    """`/g/<id>` for log lines: the one of your teams that has it stored, else your current team."""
    teams = {membership.team_id: membership.team for membership in memberships(request)}
    rows = Generation.objects.filter(team__in=teams, request_id=request_id).order_by("-last_opened_at")
    row = rows.only("request_id", "team_id").first()
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
    if not is_possible_id(request_id) or any(letter.isspace() for letter in request_id):
        raise Http404("No request ID in the address.")
    return request_id


@for_team(Right.READ)
@require_GET
def waiting(request: TeamRequest) -> HttpResponse:
    """What the gateway said of an ID that is not stored; opens the generation when it is there."""
    found = _ask(request, asked_id(request))
    return redirect(_goal(request, found)) if isinstance(found, Generation) else found


def _goal(request: TeamRequest, row: Generation) -> str:
    """Where a found generation is opened: its page, or with `then=replay` the plan of a replay."""
    if request.GET.get("then") == "replay":
        return reverse("replay_form", args=[request.team.slug, row.slug])
    return row.get_absolute_url()


@for_team(Right.READ)
@require_GET
def waiting_status(request: TeamRequest) -> HttpResponse:
    """The fragment that asks again, with growing pauses, and goes to the generation when it appears."""
    request_id = asked_id(request)
    found = _find(request, request_id)
    if isinstance(found, Generation):
        return HttpResponseClientRedirect(_goal(request, found))
    return render(request, "generations/lookup/waiting.html#status", waiting_context(request_id, found))


def _find(request: TeamRequest, request_id: str) -> Generation | Fetch | None:
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
    elif Forgetting.objects.undoable(team=request.team, generation__request_id=slug, pasted_only=False):
        return render(request, "generations/lookup/forgotten.html", {"request_id": slug}, status=410)
    return row or _ask(request, slug)


def _ask(request: TeamRequest, request_id: str) -> Generation | HttpResponse:
    found = _find(request, request_id)
    if isinstance(found, Generation):
        return found
    status = 200 if found is None or found.outcome is None else _status(found.outcome["code"])
    return render(
        request, "generations/lookup/waiting.html", waiting_context(request_id, found), status=status
    )


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
        "hint": hint(request_id),
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
    if not is_possible_id(request_id):
        raise Http404("No request ID was sent.")
    return _to_generation(request, request.team, request_id, again=True)


@for_team(Right.LOOK_UP)
@require_POST
def refresh(request: TeamRequest, slug: str) -> HttpResponse:
    """Ask the gateway for a stored generation again, then back to its page with what came of it."""
    row = get_generation_or_404(request, slug)
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
    row = get_generation_or_404(request, slug)
    if not may(request, Right.LOOK_UP) or not lookups.is_due(row):
        return HttpResponse(status=204)
    before = row.records.order_by("-fetched_at").values_list("sha256", flat=True).first()
    found = lookups.refresh(row, request.user)
    after = row.records.order_by("-fetched_at").values_list("sha256", flat=True).first()
    changed = isinstance(found, Generation) and before != after
    return HttpResponseClientRefresh() if changed else HttpResponse(status=204)
