"""What a replay's answer consists of, one part at a time: texts, pictures and sound, and the bytes as received.

Parts are addressed by JSON pointers into the answer's document (see `reading.replayed`).
"""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from generations.models import ReplayAnswer
from generations.reading.answer import replayed
from generations.reading.conversation import media
from generations.reading.conversation.media import normal
from generations.reading.explorer import json_nodes
from generations.reading.large.index import LocatedValue
from generations.reading.page_types.conversation import Side
from generations.replay import derived_answer
from generations.views.generation.find import finding_in
from generations.views.generation.record_parts import (
    PartForm,
    RequestedValue,
    exact,
    level_of,
    medium_of,
    raw_of,
    window_of,
)
from generations.views.shared.downloads import download, part_of

TYPES = {*media.SHOWN, "application/json", "text/event-stream"}
"""What the bytes of an answer may be served as; everything else is `application/octet-stream`."""


def _stored(request: TeamRequest, replay_id: UUID) -> ReplayAnswer:
    rows = ReplayAnswer.objects.filter(replay__team=request.team, replay__hidden=False)
    row = rows.select_related("replay__generation").readable().filter(pk=replay_id).first()
    if row is None:
        raise Http404("No such replay in this team, or it has no answer.")
    row.replay.team = request.team
    return derived_answer.current(row, row.replay.generation.endpoint, row.replay.content_type)


def _wanted(row: ReplayAnswer, asked: dict[str, str], raw: bytes) -> RequestedValue:
    found, at = LocatedValue.held(raw), asked["at"]
    how = int(asked["start"] or 0), asked["kind"], asked["mime"]
    return RequestedValue(row.replay.get_absolute_url(), f"replay-{row.pk}", found, at, *how)


def _asked(request: TeamRequest) -> dict[str, str]:
    form = PartForm(request.GET)
    if not form.is_valid():
        raise Http404("No such part of the answer.")
    return form.cleaned_data


def _part(request: TeamRequest, replay_id: UUID) -> RequestedValue:
    row, asked = _stored(request, replay_id), _asked(request)
    raw = json_nodes.cut(derived_answer.document_of(row), asked["at"])
    if raw is None:
        raise Http404("No such part of the answer.")
    return _wanted(row, asked, raw)


@for_team(Right.READ)
@require_GET
def replay_part_text(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with a whole part, as text or indented JSON, in windows."""
    return window_of(request, _part(request, replay_id))


@for_team(Right.READ)
@require_GET
def replay_part_raw(request: TeamRequest, replay_id: UUID) -> HttpResponseBase:
    """One part by itself: a text as plain text, everything else as JSON."""
    return raw_of(_part(request, replay_id))


@for_team(Right.READ)
@require_GET
def replay_part_level(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with one level of the answer's JSON."""
    return level_of(request, _part(request, replay_id))


@for_team(Right.READ)
@require_GET
def replay_part_value(request: TeamRequest, replay_id: UUID) -> HttpResponseBase:
    """The JSON text of one value of the answer."""
    return exact(_part(request, replay_id))


@for_team(Right.READ)
@require_GET
def replay_part_media(request: TeamRequest, replay_id: UUID) -> HttpResponseBase:
    """A picture, sound, video or file of the answer, or the range of its bytes that is asked for.

    What is not on the allow-list is a download.
    """
    if _asked(request)["at"] == replayed.BYTES:
        return _body(request, _stored(request, replay_id), inline=True)
    return medium_of(request, _part(request, replay_id))


@for_team(Right.READ)
@require_GET
def replay_explorer(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The page with the answer's JSON, level by level, and a search in it."""
    row = _stored(request, replay_id)
    shown = replayed.load(row.outline)
    document = LocatedValue.held(derived_answer.document_of(row))
    context = {
        "replay": row.replay,
        "base": row.replay.get_absolute_url(),
        "answer": shown.side,
        "events": Side(at=replayed.EVENTS) if shown.events else Side(),
        **finding_in(request.GET, document),
    }
    return render(request, "generations/explorer/replay.html", context)


@for_team(Right.READ)
@require_GET
def replay_text(request: TeamRequest, replay_id: UUID) -> HttpResponseBase:
    """The words of the answer as plain text."""
    text = _stored(request, replay_id).text.encode("utf-8", "replace")
    return download(iter([text]), "text/plain; charset=utf-8", size=len(text), inline=True)


@for_team(Right.READ)
@require_GET
def replay_raw(request: TeamRequest, replay_id: UUID) -> HttpResponseBase:
    """The answer's bytes exactly as received, as a download, or the range of them that is asked for."""
    return _body(request, _stored(request, replay_id), inline=False)


def _body(request: TeamRequest, row: ReplayAnswer, *, inline: bool) -> HttpResponseBase:
    known = normal(row.replay.content_type)
    wire = row.wire
    name = f"replay-{row.pk}{replayed.suffix(known)}"
    kind = known if known in TYPES else "application/octet-stream"
    shown = inline and known in media.SHOWN
    return part_of(request, partial(_slice, wire), len(wire), kind, name, inline=shown)


def _slice(wire: bytes, start: int, end: int) -> Iterator[bytes]:
    yield wire[start:end]
