"""The generation page: one URL per tab, the stored record. The fragments of its values are in `record_parts.py`.

What depends on nothing but the record is drawn once per process and kept (`drawn_parts.py`), and one statement fetches
all that a page needs (`page_data.py`).
"""

import re
from datetime import timedelta

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from dashboard.access import Right, TeamRequest, for_team, rights_of
from generations.lists import columns, picks
from generations.models import Generation, PastedAnswer
from generations.views.generation import elsewhere
from generations.views.generation.drawn_parts import TABS, draw, draw_frame
from generations.views.generation.find import finding
from generations.views.generation.page_data import PageData, find_page_data, page_data_of
from generations.views.lists import steps
from generations.views.lists.generations import filters
from generations.views.lookup.lookup import open_or_ask
from generations.views.replay.lab import start_replay
from generations.views.shared.downloads import download
from generations.views.shared.shortcuts import get_generation_or_404

SEEN_AGAIN = timedelta(minutes=1)
REPLAYS_SHOWN = 100


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
    rights = rights_of(request.role)
    may_replay, may_look_up = Right.REPLAY in rights, Right.LOOK_UP in rights
    listed = steps.list_of(request)
    query = filters(listed) if listed else ""
    carried = steps.suffix(query) if query else ""
    older = data.bodies_from is not None and data.bodies_from < data.row.fetched_at
    frame = draw_frame(
        data,
        list_query=f"?{query}" if query else "",
        carried=carried,
        link=request.build_absolute_uri(data.base),
        may_look_up=may_look_up,
        may_replay=may_replay,
        may_forget=may_forget(request, data.row),
        may_pin=may_look_up,
        is_pinned=data.is_pinned,
        usual=data.usual,
        maker=data.maker if data.row.is_replay else None,
        **_alike(data.row),
    )
    return {
        "generation": data.row,
        "base": data.base,
        **frame,
        "generation_changes": may_look_up and data.row.may_change(timezone.now()),
        "refreshed": _refreshed(request),
        "bodies_from": data.bodies_from if older else None,
        "tabs": draw(data, "tabs", current=tab, replays=data.replays, carried=carried),
        "find": _find(request, data) if tab == "json" else "",
        "panel": _panel(request, data, tab, may_replay),
    }


def _alike(row: Generation) -> dict[str, str]:
    """What the head links by: all of the same model, provider, session, key, app or error code.

    The gateway's log knows no apps, so those of an app are looked for in the list.
    """
    found = {"model": row.model_id, "provider": row.provider, "session": row.session_id, "key": row.key_id}
    slug = [row.team.slug]
    places = {"like": reverse("log_or_list", args=slug), "stored": reverse("generations", args=slug)}
    return {**found, **places, "error": row.error_code, "app": row.app_id}


def _panel(request: TeamRequest, data: PageData, tab: str, may_replay: bool) -> str:
    if tab == "replays":
        return _replays(data, may_replay)
    if tab == "cost":
        drawn_part = draw(data, "panel_cost", may_replay=may_replay)
        return drawn_part + elsewhere.table(request, data.row, replayable=data.outline.replayable)
    if tab != "conversation":
        return draw(data, f"panel_{tab}", may_replay=may_replay)
    if data.has_pasted:
        return _with_pasted(request, data, may_replay)
    may_paste = Right.PASTE in rights_of(request.role)
    return draw(data, "panel_conversation", may_replay=may_replay, may_paste=may_paste)


def _with_pasted(request: TeamRequest, data: PageData, may_replay: bool) -> str:
    """The conversation with the answer that somebody pasted; not cached, because it says how long ago."""
    pasted = PastedAnswer.objects.of(data.row.team).filter(generation=data.row).first()
    if pasted is not None:
        pasted.generation = data.row
    context = {
        "outline": data.outline,
        "base": data.base,
        "may_replay": may_replay,
        "may_paste": Right.PASTE in rights_of(request.role),
        "pasted": pasted,
    }
    return render_to_string("generations/generation/panel_conversation.html", context, request)


def may_forget(request: TeamRequest, row: Generation) -> bool:
    """Admins may forget every generation of the team, members those that they looked up themselves."""
    rights = rights_of(request.role)
    return (row.looked_up_by_id == request.user.pk and Right.LOOK_UP in rights) or Right.MANAGE in rights


def _find(request: TeamRequest, data: PageData) -> str:
    """The form that searches record, request and answer, with what it found."""
    return render_to_string(
        "generations/explorer/find.html",
        {**finding(request.GET, data.row, data.outline), "base": data.base},
    )


def _replays(data: PageData, may_replay: bool) -> str:
    latest = data.row.replays.select_related("requested_by", "batch", "consent__connected_by").order_by(
        "-created_at"
    )[:REPLAYS_SHOWN]
    silent = data.outline.lacks_answer and not data.has_pasted  # then replays are compared with each other
    makers = {data.row.request_id: data.maker} if data.maker else {}
    context = {"generation": data.row, "base": data.base, "outline": data.outline, "replays": latest}
    context |= {
        "picks": picks.picks(data.row, latest, silent=silent, makers=makers),
        "heads": columns.heads("Replay"),
    }
    return render_to_string(
        "generations/generation/panel_replays.html", {**context, "may_replay": may_replay}
    )


def _refreshed(request: TeamRequest) -> str:
    """Why a refresh changed nothing, shown after the redirect."""
    code = request.GET.get("refresh", "")
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else ""
