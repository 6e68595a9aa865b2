"""A table of several IDs that fills in as their records arrive."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.models import Team
from generations.gateway.request_ids import MOST_IDS, is_native
from generations.lists import columns, made_by
from generations.lists.rows import ListRow, Makers, of_generation
from generations.models import Fetch, Generation
from generations.records import lookup as lookups
from generations.views.lookup.addresses import is_possible_id, waiting_url

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class LookupRow:
    """One of several IDs: its row, or a state ("asking", "waiting", "not_asked", "not_yet", "viewer", "native", "again",
    what the gateway said) with its title."""

    request_id: str
    url: str
    state: str
    title: str = ""
    shown: ListRow | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may still change by itself."""
        return self.state in ("asking", "not_yet")


@for_team(Right.READ)
@require_GET
def many(request: TeamRequest) -> HttpResponse:
    """A table of several IDs that fills in as their records arrive."""
    return render(request, "generations/lookup/many.html", many_context(request))


@for_team(Right.READ)
@require_GET
def many_rows(request: TeamRequest) -> HttpResponse:
    """The fragment of that table, which polls itself until all is known."""
    return render(request, "generations/lookup/many.html#rows", many_context(request))


def many_context(request: TeamRequest) -> dict[str, object]:
    """Ask for a few more of the IDs, then show how far each one is. The number of queries is the same for any number."""
    ids = asked_ids(request)
    fetches = {
        fetch.request_id: fetch for fetch in Fetch.objects.filter(team=request.team, request_id__in=ids)
    }
    rows = _stored_rows(request.team, ids)
    if may(request, Right.LOOK_UP):
        due = to_ask(ids, rows, fetches, timezone.now())
        lookups.ask_in_background(request.team, due, request.user)
    makers = made_by.of_rows(request.team, rows.values())
    lines = _each_once(
        [
            _line(request, request_id, rows.get(request_id), fetches.get(request_id), makers)
            for request_id in ids
        ]
    )
    waits = [line.state for line in lines if line.is_open]
    left_out = request.GET.get("left_out", "")
    return {
        "lines": lines,
        "heads": columns.heads("Generation"),
        "done": len(lines) - len(waits),
        "found": len([line for line in lines if line.shown]),
        "may_replay": may(request, Right.REPLAY),
        "may_pin": may(request, Right.LOOK_UP),
        "pause": None if not waits else 1 if "asking" in waits else 5,
        "left_out": left_out if left_out.isascii() and left_out.isdigit() else "",
        "query": urlencode([("id", request_id) for request_id in ids]),
    }


def asked_ids(request: HttpRequest) -> list[str]:
    """The IDs in the address, each once, at most 50. Raises Http404 when there is none, or one that cannot be one."""
    ids = list(dict.fromkeys(request_id.strip() for request_id in request.GET.getlist("id")[:MOST_IDS]))
    odd = [request_id for request_id in ids if not is_possible_id(request_id)]
    if not ids or odd:
        raise Http404("No request IDs in the address.")
    return ids


def _stored_rows(team: Team, ids: list[str]) -> dict[str, Generation]:
    natives = [request_id for request_id in ids if is_native(request_id)]
    wanted = Q(request_id__in=ids) | Q(native_response_id__in=natives)
    rows = list(Generation.objects.of(team).filter(wanted).select_related("looked_up_by", "pin"))
    return {row.native_response_id: row for row in rows} | {row.request_id: row for row in rows}


def to_ask(
    ids: list[str], rows: dict[str, Generation], fetches: dict[str, Fetch], now: datetime
) -> list[str]:
    """The next IDs to ask the gateway for: at most `AT_ONCE` are being asked for at a time."""
    missing = [request_id for request_id in ids if request_id not in rows and not is_native(request_id)]
    asking = [
        request_id for request_id in missing if request_id in fetches and fetches[request_id].is_asking(now)
    ]
    due = [
        request_id for request_id in missing if request_id not in fetches or fetches[request_id].is_due(now)
    ]
    return due[: max(0, AT_ONCE - len(asking))]


def _each_once(lines: Sequence[LookupRow]) -> list[LookupRow]:
    """The lines, a stored row in the first of those that name it; the others lead to it."""
    shown, found = set[str](), list[LookupRow]()
    for line in lines:
        again = line.shown is not None and line.shown.chosen_as in shown
        found.append(replace(line, shown=None, state="again") if again else line)
        shown |= {line.shown.chosen_as} if line.shown else set()
    return found


def _line(
    request: TeamRequest, request_id: str, row: Generation | None, fetch: Fetch | None, makers: Makers
) -> LookupRow:
    if row is not None:
        shown = of_generation(row, request.team, makers=makers)
        return LookupRow(request_id, shown.url, "found", shown=shown)
    url = waiting_url(request.team, request_id)
    if is_native(request_id):
        return LookupRow(request_id, "", "native")
    if fetch is None or fetch.outcome is None:
        return LookupRow(request_id, url, "asking" if may(request, Right.LOOK_UP) else "viewer")
    state = fetch.outcome["code"]
    viewer_waits = state == "not_yet" and not may(request, Right.LOOK_UP)
    return LookupRow(
        request_id, url, "viewer" if viewer_waits else state, title=fetch.outcome.get("title", "")
    )
