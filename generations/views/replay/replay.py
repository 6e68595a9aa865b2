"""Replays: the live page, and what came of it."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from dashboard.access import Right, TeamRequest, enter, for_team, may
from dashboard.web.event_streams import event_stream, in_thread
from dashboard.web.heavy_work import leave_page_thread
from generations.compare import headline
from generations.compare.comparison import Comparison
from generations.compare.sides import GenerationSide, ReplaySide, of_team
from generations.models import Replay, ReplayAnswer
from generations.models.generation import PLAIN_ID
from generations.models.replay import WORDS, State
from generations.reading.diff import answer_diff, passages
from generations.reading.diff.json_diff import SHOWN, Changes
from generations.reading.edits import json_patch, patch_summary
from generations.reading.figures import formatting
from generations.reading.page_types.conversation import Side
from generations.records import new_generation
from generations.replay import siblings, trouble
from generations.replay.live import follow, log_html, publisher
from generations.replay.order import orders
from generations.replay.worker import presence, runner
from generations.views.lists import ledger, steps
from generations.views.replay.compare import switch, view_of
from generations.views.shared.shortcuts import is_just_started

STOPPING = "Stopping. The gateway may still finish and charge."
ENDED = "It is already stopping or has ended."


def _replay(request: TeamRequest, replay_id: UUID) -> Replay:
    rows = Replay.objects.filter(team=request.team).select_related(
        "generation__pin",
        "requested_by",
        "connection",
        "cancelled_by",
        "new_generation",
        "batch",
        "consent__connected_by",
    )
    row = rows.filter(pk=replay_id).first()
    if row is None:
        raise Http404("No such replay in this team.")
    trouble.notice(row)
    if row.batch:
        row.batch.team = request.team
    return of_team(row, request.team)


def _page(request: TeamRequest, replay: Replay) -> dict[str, object]:
    """What the replay's page and its fragments show."""
    rerun = ReplaySide(replay)
    comparison = Comparison(GenerationSide(replay.generation), rerun, view_of(request))
    if comparison.takes_long:
        leave_page_thread(request)
    context: dict[str, object] = {
        **_head(request, replay),
        "original": comparison.a.side,
        "pasted": comparison.a.pasted,
        "may_paste": may(request, Right.PASTE),
        **_changes(replay),
    }
    if replay.is_open:
        log = log_html.render(log_html.shown_now(follow.saved_log(replay.pk)))
        return {**context, "log": log}
    return {
        **context,
        "comparison": comparison,
        **_failures(replay, comparison, rerun),
        "deltas": comparison.deltas,
        "answer": rerun.answer,
        "words": _words(rerun.answer),
        "usage": rerun.shown.usage,
        "switch": switch(replay.get_absolute_url()),
        "new_url": _new_url(replay),
    }


def _head(request: TeamRequest, replay: Replay) -> dict[str, object]:
    """What the head of its page shows."""
    return {
        "replay": replay,
        "generation": replay.generation,
        "may_replay": may(request, Right.REPLAY),
        "may_pin": may(request, Right.LOOK_UP),
        "is_pinned": replay.generation.is_pinned,
        "pin_url": reverse("pin_generation", args=[request.team.slug, replay.generation.slug]),
        "headline": headline.of(replay),
        "compare_url": reverse("compare", args=[request.team.slug]),
        "deadlines": _deadlines(),
        "trouble": trouble.of_replay(replay),
        "awaited": not replay.is_open and new_generation.is_awaited(replay),
    }


def _failures(replay: Replay, comparison: Comparison, rerun: ReplaySide) -> dict[str, object]:
    """The cards of what failed. An answer that is the error itself is not shown again as an answer."""
    found = comparison.failures
    hidden = found.again is not None and replay.reason != "error_finish"
    outline = comparison.a.outline if isinstance(comparison.a, GenerationSide) else None
    context: dict[str, object] = {
        "failures": found,
        "side": None if hidden else rerun.side,
        "outline": outline,
    }
    if found.original and all(turn.role == "error" for turn in comparison.a.side.turns):
        return {**context, "original": Side()}
    return context


def _words(answer: ReplayAnswer | None) -> dict[str, object]:
    """The words of the answer where they are few enough to be held by the page, and whether there are more."""
    text = getattr(answer, "words", "")
    return {"text": text if len(text) <= WORDS else "", "many": len(text) > WORDS}


def _new_url(replay: Replay) -> str:
    """Where the generation that this replay made is looked up; its ID is remote data and may not fit into a path."""
    named, slug = replay.new_request_id, replay.team.slug
    if PLAIN_ID.fullmatch(named):
        return reverse("generation", args=[slug, named])
    return f"{reverse('waiting', args=[slug])}?{urlencode({'id': named})}"


def _deadlines() -> str:
    """How long a replay may wait, in words."""
    limits = runner.deadlines()
    first, idle, total = (
        formatting.seconds(limit) for limit in (limits.first_byte, limits.idle, limits.total)
    )
    return f"Time limits: first byte {first}, pause {idle}, total {total}."


def _changes(replay: Replay) -> dict[str, object]:
    """What differs between the stored request and what was sent: None for nothing. `pins`: the providers pinned to."""
    if not replay.patch or replay.patch_expired:
        return {"changes": None}
    patch, stored = json_patch.read(replay.patch), orders.stored_body(replay.record)
    try:
        made = patch_summary.lines(stored, patch)
        found = answer_diff.requests(stored, stored and json_patch.apply(stored, patch))
    except json_patch.PatchRefused:  # the stored request is no longer what it was made for
        made, found = patch_summary.lines(None, patch), ""
    if isinstance(found, str):
        found = passages.lines(Changes(made[:SHOWN], len(made), coarse=False))
    return {"changes": found, "pins": [line.summary for line in made if line.summary]}


def _place(request: TeamRequest, row: Replay) -> dict[str, object]:
    """The list or batch that the page was opened from, which replay it is there, and those of the same original."""
    listed = steps.list_of(request)
    query = ledger.query_of(listed) if listed is not None else None
    in_batch = query is None and row.batch is not None and row.place is not None
    strip = siblings.of(row)
    return {
        "list_query": query,
        "carried": steps.suffix(query),
        "in_batch": in_batch,
        "place_name": f"Replay {row.place + 1 if in_batch and row.place is not None else strip.number}",
        "siblings": strip,
    }


@for_team(Right.READ)
@require_GET
def replay(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The replay's own page, live for everybody who has it open."""
    row = _replay(request, replay_id)
    started = row.is_open and is_just_started(request, row.requested_by_id, row.created_at)
    context = {**_page(request, row), **_place(request, row), "just_started": started}
    return render(request, "generations/replay/replay.html", context)


@for_team(Right.READ)
@require_GET
def replay_panel(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with original and replay: the same partial as on the page."""
    return render(
        request, "generations/replay/replay.html#panel", _page(request, _replay(request, replay_id))
    )


@for_team(Right.READ)
@require_GET
def replay_status(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with state and controls."""
    return _status(request, _replay(request, replay_id))


def _status(request: TeamRequest, row: Replay) -> HttpResponse:
    """Whether the replay has ended, for a page whose stream did not say so."""
    response = render(request, "generations/replay/replay.html#status", _head(request, row))
    return response if row.is_open else trigger_client_event(response, "replay-ended")


@for_team(Right.READ)
@require_GET
def replay_record(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The second update: the figures of the new generation's record, once the gateway has it."""
    row = _replay(request, replay_id)
    if may(request, Right.LOOK_UP):
        new_generation.record_of(row)
    page = _page(request, row)
    response = render(request, "generations/replay/replay.html#figures", page)
    return response if page["awaited"] else trigger_client_event(response, "record-arrived")


@event_stream
def replay_events(request: HttpRequest, team: str, replay_id: UUID) -> AsyncIterator[bytes] | None:
    """The live stream of a replay. Outsiders get a stream that only ends."""
    entered = enter(request, team, Right.READ)
    if not Replay.objects.filter(team=entered.team, pk=replay_id).exists():
        return None
    last = request.headers.get("Last-Event-ID", "")
    seen = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else None

    async def reread(seq: int) -> follow.SavedState | None:
        return await in_thread(follow.saved_state, replay_id, seq)

    return follow.follow(replay_id, seen, reread)


@for_team(Right.REPLAY)
@require_POST
def stop_replay(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """Stop watching. The gateway may still finish and charge; the page says so."""
    row = _replay(request, replay_id)
    presence.ask_stop(row.pk)
    asked = row.ask_to_stop(request.user)
    publisher.notify(row.pk)
    said = (STOPPING if row.state == State.RUNNING else "Stopped. Nothing was sent.") if asked else ENDED
    if not request.htmx:
        messages.info(request, said)
        return redirect(row)
    return trigger_client_event(_status(request, _replay(request, replay_id)), "said", {"value": said})


@for_team(Right.READ)
@require_GET
def replay_json(request: TeamRequest, replay_id: UUID) -> JsonResponse:
    """State and figures of a replay, for scripts and for hidden tabs."""
    row = _replay(request, replay_id)
    names = (
        "state outcome reason detail reproduced created_at finished_at headers_ms first_token_ms total_ms status_code "
        "content_type received_bytes finish_reason input_tokens output_tokens cost_nanos model_id provider "
        "new_request_id body_sha256 sent patch why"
    ).split()
    text = ReplayAnswer.objects.filter(pk=row.pk).values_list("text", flat=True).first()
    facts = {name: getattr(row, name) for name in names} | {"trouble": trouble.of_replay(row)}
    origin = {
        "id": str(row.pk),
        "request_id": row.generation.request_id,
        "text": text,
        "batch": str(row.batch_id) if row.batch_id else None,
    }
    return JsonResponse({**origin, **facts})
