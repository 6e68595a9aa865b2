"""Replays: the pre-flight, the one click, the live page, and what came of it."""

import uuid
from collections.abc import AsyncIterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import Right, TeamRequest, enter, for_team, may
from dashboard.streams import event_stream, in_thread
from generations.forms import ReplayForm
from generations.models import Generation, Replay
from generations.reading import answers
from generations.reading import outline as outlines
from generations.reading.shapes import Outline
from generations.replay import engine, live, plan, results
from generations.replay.compare import compare

SAFE_TYPES = ("audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "application/json", "text/event-stream")


def _generation(request: TeamRequest, slug: str) -> Generation:
    row = Generation.objects.of(request.team).named(slug).first()
    if row is None:
        raise Http404("No such generation in this team.")
    row.team = request.team
    return row


@for_team(Right.READ)
@require_GET
def replay_form(request: TeamRequest, slug: str) -> HttpResponse:
    """The pre-flight: what will be sent, where to, with which key, what to mind, and what it may cost."""
    generation = _generation(request, slug)
    form = ReplayForm(initial={"click": uuid.uuid4()})
    return render(request, "generations/preflight.html", _preflight(request, generation, form))


def _preflight(request: TeamRequest, generation: Generation, form: ReplayForm) -> dict[str, object]:
    context: dict[str, object] = {
        "generation": generation,
        "form": form,
        "may_replay": may(request, Right.REPLAY),
    }
    try:
        return {**context, "flight": plan.preflight(plan.order(generation))}
    except plan.Refused as refused:
        return {**context, "refused": str(refused)}


@for_team(Right.REPLAY)
@require_POST
def start_replay(request: TeamRequest, slug: str) -> HttpResponse:
    """One click, one replay. A second arrival of the same click goes to the same replay."""
    generation = _generation(request, slug)
    try:
        order = plan.order(generation)
    except plan.Refused:
        return render(
            request, "generations/preflight.html", _preflight(request, generation, ReplayForm()), status=409
        )
    form = ReplayForm(request.POST, damaged=bool(order.damage))
    if not form.is_valid():
        context = {
            "generation": generation,
            "form": form,
            "may_replay": True,
            "flight": plan.preflight(order),
        }
        return render(request, "generations/preflight.html", context, status=400)
    return redirect(engine.start(order, request.user, form.cleaned_data["click"]))


def _replay(request: TeamRequest, replay_id: UUID) -> Replay:
    rows = Replay.objects.filter(team=request.team).select_related(
        "generation", "requested_by", "connection", "cancelled_by", "new_generation"
    )
    row = rows.filter(pk=replay_id).first()
    if row is None:
        raise Http404("No such replay in this team.")
    row.team = row.generation.team = request.team
    if row.new_generation:
        row.new_generation.team = request.team
    return row


def _page(request: TeamRequest, replay: Replay) -> dict[str, object]:
    """What the replay's page and its fragments show."""
    original = _outline(replay)
    context: dict[str, object] = {
        "replay": replay,
        "generation": replay.generation,
        "original": original,
        "may_replay": may(request, Right.REPLAY),
    }
    if replay.is_open:
        return {**context, "log": live.render(live.shown_now(live.saved_log(replay.pk)))}
    answer = getattr(replay, "answer", None)
    shown = answers.load(answer.outline) if answer else None
    return {
        **context,
        "answer": shown,
        "answer_text": answer.text if answer else "",
        "is_cut": shown is not None and answers.is_cut(shown),
        "comparison": compare(replay, answer.text if answer else ""),
        "awaited": results.is_awaited(replay),
    }


def _outline(replay: Replay) -> Outline:
    record = replay.generation.records.slim().best_first().first()
    assert record is not None, "a generation keeps a record as long as it lives"
    return outlines.load(record.outline)


@for_team(Right.READ)
@require_GET
def replay(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The replay's own page, live for everybody who has it open."""
    return render(request, "generations/replay.html", _page(request, _replay(request, replay_id)))


@for_team(Right.READ)
@require_GET
def replay_panel(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with original and replay: the same partial as on the page."""
    return render(request, "generations/replay.html#panel", _page(request, _replay(request, replay_id)))


@for_team(Right.READ)
@require_GET
def replay_status(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with state and controls."""
    return _status(request, _replay(request, replay_id))


def _status(request: TeamRequest, row: Replay) -> HttpResponse:
    """Tells the page when the replay has ended, should its stream have not."""
    context = {"replay": row, "generation": row.generation, "may_replay": may(request, Right.REPLAY)}
    response = render(request, "generations/replay.html#status", context)
    if not row.is_open:
        response["HX-Trigger"] = "replay-ended"
    return response


@for_team(Right.READ)
@require_GET
def replay_record(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The second update: the figures of the new generation's record, once the gateway has it."""
    row = _replay(request, replay_id)
    if may(request, Right.LOOK_UP):
        results.record_of(row)
    return render(request, "generations/replay.html#figures", _page(request, row))


@event_stream
def replay_events(request: HttpRequest, team: str, replay_id: UUID) -> AsyncIterator[bytes] | None:
    """The live stream of a replay. Outsiders get a stream that only ends."""
    entered = enter(request, team, Right.READ)
    if not Replay.objects.filter(team=entered.team, pk=replay_id).exists():
        return None
    last = request.headers.get("Last-Event-ID", "")
    seen = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else None

    async def reread(seq: int) -> live.Standing | None:
        return await in_thread(live.standing, replay_id, seq)

    return live.follow(replay_id, seen, reread)


@for_team(Right.REPLAY)
@require_POST
def stop_replay(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """Stop watching. The gateway may still finish and charge; the page says so."""
    row = _replay(request, replay_id)
    row.ask_to_stop(request.user)
    live.ring(row.pk)
    return _status(request, _replay(request, replay_id)) if request.htmx else redirect(row)


@for_team(Right.READ)
@require_GET
def replay_json(request: TeamRequest, replay_id: UUID) -> JsonResponse:
    """State and figures of a replay, for scripts and for hidden tabs."""
    row = _replay(request, replay_id)
    names = (
        "state reason detail reproduced created_at finished_at headers_ms first_token_ms total_ms status_code "
        "content_type received_bytes finish_reason input_tokens output_tokens cost_nanos model_id provider "
        "new_request_id body_sha256 sent"
    ).split()
    answer = getattr(row, "answer", None)
    facts = {name: getattr(row, name) for name in names}
    origin = {
        "id": str(row.pk),
        "request_id": row.generation.request_id,
        "text": answer.text if answer else None,
    }
    return JsonResponse({**origin, **facts})


@for_team(Right.READ)
@require_GET
def replay_text(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with the whole text of a long answer."""
    answer = getattr(_replay(request, replay_id), "answer", None)
    return render(request, "generations/parts/replay_text.html", {"text": answer.text if answer else ""})


@for_team(Right.READ)
@require_GET
def replay_raw(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The answer's bytes exactly as received, as a download."""
    row = _replay(request, replay_id)
    answer = getattr(row, "answer", None)
    if answer is None:
        raise Http404("This replay has no answer to download.")
    known = row.content_type.split(";")[0].strip().lower()
    response = HttpResponse(
        answer.wire, content_type=known if known in SAFE_TYPES else "application/octet-stream"
    )
    response["Content-Disposition"] = f'attachment; filename="replay-{row.pk}{answers.suffix(known)}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    return response
