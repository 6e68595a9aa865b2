"""The replay limits of a team: everybody sees them with today's use, admins set them."""

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.access import Right, TeamRequest, enter, for_team
from dashboard.models import Team
from dashboard.people.team_service import audit
from generations.forms.limits import LIMITS, LimitsForm, in_words
from generations.models import ReplayLimits
from generations.replay.order import spending_limits
from generations.replay.order.spending_limits import LimitUsage, LimitUsages

# Heading, explanation, and the limits below it.
GROUPS = (
    (
        "One replay",
        "Checked against the expected cost before it runs.",
        ("per_replay_nanos", "confirm_nanos"),
    ),
    ("Each person, each day", "Days end at midnight UTC.", ("person_day_nanos", "person_day_count")),
    ("The whole team, each day", "Days end at midnight UTC.", ("team_day_nanos", "team_day_count")),
)


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit: its input, what it is now in words, and today's use of it where it is a limit of a day."""

    field: BoundField
    set_to: str
    standing: LimitUsage | None
    whose: str
    is_money: bool


@dataclass(frozen=True, slots=True)
class LimitGroup:
    """Limits that belong together."""

    title: str
    note: str
    lines: list[LimitRow]


@for_team(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def team_limits(request: TeamRequest) -> HttpResponse:
    """GET: the limits. POST (admins): set them."""
    now = spending_limits.of(request.team) or ReplayLimits(team=request.team)
    if request.method != "POST":
        return _page(request, now, LimitsForm.of(now))
    enter(request, request.team.slug, Right.MANAGE)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, now, form, status=400)
    changed = save(request, form)
    messages.success(request, "The limits are saved." if changed else "Nothing was changed.")
    return redirect("team_limits", request.team.slug)


def _page(request: TeamRequest, now: ReplayLimits, form: LimitsForm, status: int = 200) -> HttpResponse:
    limit_usages = spending_limits.limit_usages(request.team, request.user, now)
    context = {
        "section": "limits",
        "team": request.team,
        "form": form,
        "groups": [
            LimitGroup(title, note, [_line(form, name, now, limit_usages) for name in names])
            for title, note, names in GROUPS
        ],
    }
    return render(request, "generations/limits/limits.html", context, status=status)


def _line(form: LimitsForm, name: str, now: ReplayLimits, limit_usages: LimitUsages) -> LimitRow:
    words = in_words(name, getattr(now, name))
    whose = "You today" if name.startswith("person") else "Today"
    return LimitRow(form[name], words, getattr(limit_usages, name, None), whose, name.endswith("_nanos"))


@transaction.atomic
def save(request: TeamRequest, form: LimitsForm) -> bool:
    """Set the limits that a valid form holds; the audit event says what changed. False when nothing did."""
    held = _held(request.team)
    before = {name: getattr(held, name) for name in LIMITS}
    changed = [name for name in LIMITS if before[name] != form.cleaned_data[name]]
    if not changed:
        return False
    for name in changed:
        setattr(held, name, form.cleaned_data[name])
    held.save(update_fields=changed)
    words = [
        f"{LIMITS[name]} {in_words(name, before[name])} became {in_words(name, getattr(held, name))}"
        for name in changed
    ]
    changes = {name: [before[name], getattr(held, name)] for name in changed}
    audit(request.team, request.user, "limits.changed", ", ".join(words), changed=changes)
    return True


def _held(team: Team) -> ReplayLimits:
    """The team's row, made when there is none, and locked as a click locks it."""
    ReplayLimits.objects.get_or_create(team=team)
    held = spending_limits.locked(team)
    assert held is not None
    return held
