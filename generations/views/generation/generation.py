"""The generation page: one URL per tab, the stored record. The fragments of its values are in `record_parts.py`.

What depends on nothing but the record is drawn once per process and kept (`PageData.draw`), and one statement fetches all
that a page needs: a cached page costs little more than the check who asks.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import cast

import msgspec
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.models import Team
from dashboard.people import appearance
from generations.gateway.record import Record
from generations.lists import columns, picks
from generations.models import Generation, PastedAnswer
from generations.reading import outline as outlines
from generations.reading.export import support
from generations.reading.figures import formatting, usual
from generations.reading.figures.usual import Scale
from generations.reading.page_types.outline import Outline
from generations.records import pasted_answers, usual_figures
from generations.records.lookup import without_disproved_cause
from generations.records.rebuild import outline_of
from generations.views.generation import elsewhere
from generations.views.generation.find import finding
from generations.views.generation.provider_request import sent_of
from generations.views.lists import steps
from generations.views.lists.generations import filters
from generations.views.lookup.lookup import open_or_ask
from generations.views.replay.lab import start_replay
from generations.views.shared.downloads import download
from generations.views.shared.recent_values import RecentValues
from generations.views.shared.shortcuts import get_generation_or_404

TABS = {
    "conversation": "Conversation",
    "parameters": "Parameters",
    "cost": "Cost",
    "timing": "Timing",
    "provider": "Sent to provider",
    "json": "JSON",
    "replays": "Replays",
}
SEEN_AGAIN = timedelta(minutes=1)
REPLAYS_SHOWN = 100
DRAWN = 128  # parts of pages kept in memory
FROM_BODIES = (
    *("request", "answer", "parameters", "tools", "schema", "damage", "damage_total", "warnings"),
    *("refusals", "replayable", "tree", "answered", "lacks_answer", "sent", "unread"),
)


# -- pages ---------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def generation(request: TeamRequest, slug: str) -> HttpResponseBase:
    """The page with the conversation; for an ID that is not stored, what the gateway said."""
    data = find_page_data(request.team, slug)
    if data is None:
        found = open_or_ask(request, slug)
        if not isinstance(found, Generation):
            return found
        data = page_data_of(request.team, found.slug)
    if not _seen_just_now(data.row, request):
        data.row.opened(request.user)
    return render(request, "generations/generation/generation.html", _page(request, data, "conversation"))


@for_team(Right.READ)
@require_GET
def generation_tab(request: TeamRequest, slug: str, tab: str) -> HttpResponse:
    """The page with another tab."""
    return render(
        request,
        "generations/generation/generation.html",
        _page(request, page_data_of(request.team, slug), tab),
    )


@for_team(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def generation_replays(request: TeamRequest, slug: str) -> HttpResponseBase:
    """GET: the page with the tab of replays. POST: the older address of `start_replay`, which scripts may still use."""
    if request.method == "POST":
        return start_replay(request, team=request.team.slug, slug=slug)
    page = _page(request, page_data_of(request.team, slug), "replays")
    return render(request, "generations/generation/generation.html", page)


@for_team(Right.READ)
@require_GET
def generation_panel(request: TeamRequest, slug: str, tab: str) -> HttpResponse:
    """The fragment with the tabs and the panel of one."""
    page = _page(request, page_data_of(request.team, slug), tab)
    return render(request, "generations/generation/generation.html#view", page)


@for_team(Right.READ)
@require_GET
def generation_json(request: TeamRequest, slug: str) -> HttpResponseBase:
    """The stored record, byte for byte as the gateway sent it. `?record=newest` asks for the newest one."""
    row = get_generation_or_404(request, slug)
    records = row.records.defer("outline")
    newest = request.GET.get("record") == "newest"
    record = (records.order_by("-fetched_at") if newest else records.best_first()).first()
    if record is None:
        raise Http404("The bodies of this generation are no longer stored.")
    source = record.source
    pieces = source.pieces(0, source.length)
    return download(pieces, "application/json", f"{row.slug}.json", size=source.length)


# -- what they show ------------------------------------------------------------------------------------------

PAGE_DATA = """
SELECT g.*, r.id AS record_id, r.sha256, r.fetched_at AS bodies_from, r.outline,
       (SELECT count(*) FROM generations_replay WHERE generation_id = g.id AND NOT hidden) AS replays_made,
       EXISTS (SELECT 1 FROM generations_pastedanswer WHERE generation_id = g.id AND NOT hidden) AS has_pasted,
       (SELECT u.figures::text FROM generations_usualfigures u
        WHERE u.team_id = g.team_id AND u.model_id = g.model_id AND u.endpoint = g.endpoint) AS usual
FROM generations_generation g
LEFT JOIN LATERAL (
    SELECT id, sha256, fetched_at, outline FROM generations_storedrecord
    WHERE generation_id = g.id
    ORDER BY has_request::int + has_answer::int DESC, fetched_at DESC LIMIT 1
) r ON true
WHERE NOT g.hidden AND g.team_id = %s AND """


drawn = RecentValues(DRAWN)


@dataclass(slots=True)
class PageData:
    """A generation as its page needs it: the row, the record with most bodies, its outline, the number of replays,
    whether somebody pasted its answer, and the JSON of what is usual for its model and endpoint.
    """

    row: Generation
    base: str
    stamp: str
    outline: Outline
    replays: int
    has_pasted: bool
    bodies_from: datetime | None
    usual: str | None

    def draw(self, part: str, **facts: object) -> str:
        """A part of the page that depends on nothing but the record and `facts`."""
        key = (part, self.stamp, appearance.current().numbers, tuple(facts.items()))
        return drawn.get(key, lambda: _render_part(self, part, facts))


def find_page_data(team: Team, slug: str) -> PageData | None:
    """The stored generation that `slug` names with all that its page needs, in one statement."""
    if re.fullmatch(r"~\d{1,18}", slug):
        rows = Generation.objects.raw(PAGE_DATA + "g.id = %s", [team.pk, int(slug[1:])])
    else:
        rows = Generation.objects.raw(PAGE_DATA + "g.request_id = %s", [team.pk, slug])
    row = next(iter(rows), None)
    if row is None:
        return None
    row.team = team
    outline, stamp = _outlines(row)
    base = row.get_absolute_url()
    found = row.__dict__
    return PageData(
        *(row, base, stamp, outline),
        *(found["replays_made"], found["has_pasted"], found["bodies_from"], found["usual"]),
    )


def page_data_of(team: Team, slug: str) -> PageData:
    """The same. Raises Http404 where nothing is stored."""
    found = find_page_data(team, slug)
    if found is None:
        raise Http404("No such generation in this team.")
    return found


def _seen_just_now(row: Generation, request: TeamRequest) -> bool:
    """Opening a page twice within a minute is one visit, so that a reload costs no writes."""
    latest = row.last_opened_at
    return (
        row.last_opened_by_id == request.user.pk
        and latest is not None
        and timezone.now() - latest < SEEN_AGAIN
    )


def _page(request: TeamRequest, data: PageData, tab: str) -> dict[str, object]:
    if tab not in TABS:
        raise Http404("No such part of a generation.")
    may_replay, may_look_up = may(request, Right.REPLAY), may(request, Right.LOOK_UP)
    listed = steps.list_of(request)
    query = filters(listed) if listed else ""
    carried = steps.suffix(query) if query else ""
    older = data.bodies_from is not None and data.bodies_from < data.row.fetched_at
    return {
        "generation": data.row,
        "base": data.base,
        "outline": data.outline,
        "may_look_up": may_look_up,
        "may_replay": may_replay,
        "may_forget": may_forget(request, data.row),
        "link": request.build_absolute_uri(data.base),
        "support": _support(data, request.build_absolute_uri(data.base)),
        "generation_changes": may_look_up and data.row.may_change(timezone.now()),
        "refreshed": _refreshed(request),
        "bodies_from": data.bodies_from if older else None,
        "facts": data.draw("headline", **_alike(data.row)),
        "top": data.draw("top", may_replay=may_replay, scales=usual_figures.scales_of(data.row, data.usual)),
        "list_query": f"?{query}" if query else "",
        "carried": carried,
        "tabs": data.draw("tabs", current=tab, replays=data.replays, carried=carried),
        "find": _find(request, data) if tab == "json" else "",
        "panel": _panel(request, data, tab, may_replay),
    }


def _alike(row: Generation) -> dict[str, str]:
    """What the head links by: all of the same model, provider, session, key, app or error code.

    The gateway's log knows no apps, so those of an app are looked for in the list.
    """
    found = {"model": row.model_id, "provider": row.provider, "session": row.session_id, "key": row.key_id}
    places = {"like": "log_or_list", "stored": "generations"}
    found |= {name: reverse(place, args=[row.team.slug]) for name, place in places.items()}
    return {**found, "error": row.error_code, "app": row.app_id}


def _support(data: PageData, link: str) -> str:
    """The text for a ticket."""
    row = data.row
    facts = [("Request ID", row.request_id), ("Made", formatting.utc(row.made_at)), ("Model", row.model_id)]
    facts += [("Provider", row.provider), ("Status", data.outline.status), ("Error code", row.error_code)]
    return support.summary(facts, data.outline.verdict, link)


def _panel(request: TeamRequest, data: PageData, tab: str, may_replay: bool) -> str:
    if tab == "replays":
        return _replays(data, may_replay)
    if tab == "cost":
        drawn_part = data.draw("panel_cost", may_replay=may_replay)
        return drawn_part + elsewhere.table(request, data.row, replayable=data.outline.replayable)
    if tab != "conversation":
        return data.draw(f"panel_{tab}", may_replay=may_replay)
    if data.has_pasted:
        return _with_pasted(request, data, may_replay)
    offers = pasted_answers.is_offered(data.row, data.outline)
    may_paste = offers and may(request, Right.PASTE)
    return data.draw("panel_conversation", may_replay=may_replay, may_paste=may_paste, lacks_answer=offers)


def _with_pasted(request: TeamRequest, data: PageData, may_replay: bool) -> str:
    """The conversation with the answer that somebody pasted; not cached, because it says how long ago."""
    pasted = PastedAnswer.objects.of(data.row.team).filter(generation=data.row).first()
    if pasted is not None:
        pasted.generation = data.row
    context = {
        "outline": data.outline,
        "base": data.base,
        "may_replay": may_replay,
        "may_paste": may(request, Right.PASTE),
        "pasted": pasted,
    }
    return render_to_string("generations/generation/panel_conversation.html", context, request)


def may_forget(request: TeamRequest, row: Generation) -> bool:
    """Admins may forget every generation of the team, members those that they looked up themselves."""
    mine = row.looked_up_by_id == request.user.pk and may(request, Right.LOOK_UP)
    return mine or may(request, Right.MANAGE)


def _find(request: TeamRequest, data: PageData) -> str:
    """The form that searches record, request and answer, with what it found."""
    return render_to_string(
        "generations/explorer/find.html",
        {**finding(request.GET, data.row, data.outline), "base": data.base},
    )


def forget_drawn() -> None:
    """Drop every drawn part that this process keeps."""
    drawn.clear()


def _replays(data: PageData, may_replay: bool) -> str:
    latest = data.row.replays.select_related("requested_by", "batch", "consent__connected_by").order_by(
        "-created_at"
    )[:REPLAYS_SHOWN]
    silent = data.outline.lacks_answer and not data.has_pasted  # then replays are compared with each other
    context = {"generation": data.row, "base": data.base, "outline": data.outline, "replays": latest}
    context |= {"picks": picks.picks(data.row, latest, silent=silent), "heads": columns.heads("Replay")}
    return render_to_string(
        "generations/generation/panel_replays.html", {**context, "may_replay": may_replay}
    )


def _render_part(data: PageData, part: str, facts: dict[str, object]) -> str:
    tabs = {name: title for name, title in TABS.items() if name != "provider" or data.outline.sent}
    sent = partial(sent_of, data.row, data.outline)  # called by the one part that shows it
    context = {"outline": data.outline, "base": data.base, "all_tabs": tabs, "sent": sent, **facts}
    scales = cast("tuple[Scale, ...]", facts.get("scales", ()))
    failed = data.outline.verdict.pill == "failed"
    context["tiles"] = usual.under_tiles(data.outline.tiles, scales, failed=failed)
    return render_to_string(f"generations/generation/{part}.html", context)


def _refreshed(request: TeamRequest) -> str:
    """Why a refresh changed nothing, shown after the redirect."""
    code = request.GET.get("refresh", "")
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else ""


def _outlines(row: Generation) -> tuple[Outline, str]:
    """Figures of the newest record and bodies of the best one, usually the same; and a stamp that names both."""
    found = row.__dict__
    if found["record_id"] is None:
        return outlines.make(Record.read(b"", asked_id=row.request_id)), f"{row.pk}"
    best = outline_of(found["record_id"], found["outline"])
    stamp = f"{row.pk} {row.team.slug} {found['record_id']} {found['sha256']}"
    if found["bodies_from"] >= row.fetched_at:
        return _fair(row, best, stamp)
    newest = row.records.slim().order_by("-fetched_at").first()
    if newest is None or newest.pk == found["record_id"]:
        return _fair(row, best, stamp)
    bodies = {name: getattr(best, name) for name in FROM_BODIES}
    outline = msgspec.structs.replace(outline_of(newest.pk, newest.outline), **bodies)
    return _fair(row, outline, f"{stamp} {newest.pk} {newest.sha256}")


def _fair(row: Generation, outline: Outline, stamp: str) -> tuple[Outline, str]:
    """The outline and its stamp, once no key is accused that is known to read stored requests."""
    fair = without_disproved_cause(row, outline)
    return fair, stamp if fair is outline else f"{stamp} acquitted"
