"""The palette: pages, saved filters, recent generations and batches, and what somebody pasted, from one box.

It is a page of its own (`go`), and palette.js shows what `go_entries` answers in a dialog. Everything comes from stored
rows; the gateway is asked by the lookup that somebody starts, never by the palette.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from dashboard.access import Right, TeamRequest, for_team, may, memberships
from dashboard.people import appearance
from generations.gateway.request_ids import recognize
from generations.models import Batch, Generation, SavedFilter, SavedLogFilter
from generations.records import lookup as lookups
from generations.views.shared.saved_filters import MOST_SAVED

RECENT, BATCHES = 30, 10
LONGEST = 20_000  # characters of a pasted text
LONGEST_NAME = 120
OUTCOMES = {True: "succeeded", False: "failed", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A place to go to. `hint` stands behind its name; `terms` are other words that find it, and are not shown."""

    name: str
    url: str
    hint: str = ""
    terms: str = ""

    def answers(self, words: Iterable[str]) -> bool:
        """Whether each of these words is in it, whatever the case."""
        text = f"{self.name} {self.hint} {self.terms}".casefold()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    entries: list[Entry] = field(default_factory=list)


# --- pages --------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def go(request: TeamRequest) -> HttpResponse:
    """GET: everything. POST: what answers to the words in `q`, and a way to look them up where they are an ID."""
    text = request.POST.get("q", "")[:LONGEST].strip()
    groups = matching([*_stored(request, text), *groups_of(request)], text)
    context = {"groups": groups, "text": text, "may_look_up": may(request, Right.LOOK_UP)}
    return render(request, "generations/palette/page.html", context)


@for_team(Right.READ)
@require_GET
def go_entries(request: TeamRequest) -> JsonResponse:
    """Everything, for the dialog."""
    return JsonResponse({"groups": [asdict(group) for group in groups_of(request)]})


def matching(groups: Iterable[Group], text: str) -> list[Group]:
    """The groups with what answers to each word of `text`; a pasted ID that is stored stays."""
    words = text.casefold().split()
    found = [
        Group(
            group.title, [entry for entry in group.entries if group.title == STORED or entry.answers(words)]
        )
        for group in groups
    ]
    return [group for group in found if group.entries]


# --- what there is ------------------------------------------------------------------------------------------------

STORED = "Stored"


def groups_of(request: TeamRequest) -> list[Group]:
    """Everything that can be gone to: four queries, whatever the team has stored."""
    found = [
        Group("Recent", list(_recent(request))),
        Group("Saved filters", list(_saved(request))),
        Group("Batches", list(_batches(request))),
        Group("Pages", list(_pages(request))),
        Group("Teams", list(_teams(request))),
    ]
    return [group for group in found if group.entries]


def _stored(request: TeamRequest, text: str) -> list[Group]:
    """The stored generation of a pasted ID, link or log line."""
    seen = recognize(text)
    row = lookups.stored(request.team, seen.ids[0]) if seen.ids else None
    return [Group(STORED, [_entry(request, row)])] if row else []


def _entry(request: TeamRequest, row: Generation) -> Entry:
    row.team = request.team
    hint = " ".join((row.model_id or "unknown model", OUTCOMES[row.success]))
    hint = f"{hint}, made by a replay" if row.is_replay else hint
    return Entry(row.request_id, row.get_absolute_url(), hint)


def _recent(request: TeamRequest) -> Iterator[Entry]:
    columns = ("request_id", "model_id", "success", "is_replay", "last_opened_at")
    rows = Generation.objects.of(request.team).recently_opened().select_related(None)
    return (_entry(request, row) for row in rows.only(*columns)[:RECENT])


def _saved(request: TeamRequest) -> Iterator[Entry]:
    for kept, hint in ((SavedFilter, "generations"), (SavedLogFilter, "log")):
        for row in kept.objects.of(request.team, request.user)[:MOST_SAVED]:
            row.team = request.team
            yield Entry(row.name, row.get_absolute_url(), f"filter of {hint}")


def _batches(request: TeamRequest) -> Iterator[Entry]:
    rows = Batch.objects.of(request.team).only("title", "state", "size", "created_at")
    for row in rows.order_by("-created_at", "-id")[:BATCHES]:
        row.team = request.team
        yield Entry(row.title[:LONGEST_NAME], row.get_absolute_url(), f"{row.size} replays, {row.state}")


def _teams(request: TeamRequest) -> Iterator[Entry]:
    for mine in memberships(request):
        if mine.team_id != request.team.pk:
            yield Entry(mine.team.name, reverse("team_home", args=[mine.team.slug]), "switch team")


# The name of a page, its address, what it is for, other words that find it, and who may see it.
PAGES = (
    ("Home", "team_home", "lookup, running now", "recent", Right.READ),
    ("Generations", "generations", "what the team has looked up", "list, stored", Right.READ),
    ("Log", "log", "requests at the gateway", "list, browse", Right.LOOK_UP),
    ("Replays", "ledger", "who replayed what, and its cost", "list, ledger, spending", Right.READ),
    ("Batches", "batches", "replays started together", "list", Right.READ),
    ("Trends", "trends", "failures, cost, speed over time", "chart", Right.READ),
    ("Replay many", "lab", "plan a batch", "new batch, lab", Right.REPLAY),
    ("Compare", "compare", "two generations or replays", "diff", Right.READ),
    ("Members", "team_members", "people, roles, invitations", "settings, invite", Right.READ),
    ("Replay limits", "team_limits", "what replays may cost", "settings, spending", Right.READ),
    ("Gateway connections", "team_connections", "keys and consents", "settings, connect", Right.MANAGE),
    ("Health", "team_health", "checks of this Retake", "settings, why is it red, doctor", Right.MANAGE),
)
OWN_PAGES = (
    ("Profile", "profile", "name, password, teams", "account"),
    ("Preferences", "preferences", "theme, time zone, numbers, density", "dark"),
    ("Help", "help", "words and keys", "how to"),
)


def _pages(request: TeamRequest) -> Iterator[Entry]:
    slug, shows_log = request.team.slug, request.membership.connected
    for name, view, hint, terms, right in PAGES:
        if may(request, right) and (view != "log" or shows_log):
            yield Entry(name, reverse(view, args=[slug]), hint, terms)
    ledger, today = reverse("ledger", args=[slug]), timezone.now().date()
    yield Entry("Replays of today", f"{ledger}?when=1", "with their cost", "ledger")
    since = appearance.current().week_begins(today)
    yield Entry("Replays of this week", f"{ledger}?since={since}&until={today}", "with their cost", "ledger")
    for name, view, hint, terms in OWN_PAGES:
        yield Entry(name, reverse(view), hint, terms)
