"""A batch: its page with the spread, pause, resume, cancel, and the exports."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Max, Min
from django.db.models.functions import Left
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import Right, TeamRequest, for_team, may
from generations.lists import csv_export
from generations.models import Batch, ReplayAnswer
from generations.models.replay import EXPIRED_PATCH, State, outcome
from generations.reading.edits import json_patch
from generations.reading.edits.patch_summary import PatchLine, lines
from generations.reading.figures.batch_stats import BatchItem, BatchStats, summarize
from generations.replay import batches, derived_answer, trouble
from generations.views.shared.shortcuts import is_just_started

PAGE = 100
MOST_OUTPUTS = 12
SHOWN_CHARACTERS = 400
PATCH_READ = 4000  # characters
STOPPING = "Cancelled. What is running is being stopped; the gateway may still finish and charge."
SORTS = {
    "place": ("place",),
    "verdict": ("state", "reason", "place"),
    "total": ("total_ms", "place"),
    "first": ("first_token_ms", "place"),
    "cost": ("cost_nanos", "place"),
    "tokens": ("output_tokens", "place"),
    "finish": ("finish_reason", "place"),
}
COLUMNS = (
    *("place", "id", "generation__request_id", "state", "reason", "reproduced", "model_id", "provider"),
    *("status_code", "finish_reason", "first_token_ms", "total_ms", "input_tokens", "output_tokens"),
    *("cost_nanos", "expected_low", "expected_high", "new_request_id", "text_key", "calls_key", "patch"),
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is. `left_s` is a guess from those that have ended, in seconds; None while none has."""

    total: int
    ended: int
    under_way: int
    waiting: int
    left_s: int | None

    @property
    def goes_on(self) -> bool:
        """Whether a member may still change, also after its batch was cancelled."""
        return self.ended < self.total


def _batch(request: TeamRequest, batch_id: UUID) -> Batch:
    row = Batch.objects.of(request.team).filter(pk=batch_id).select_related("started_by").first()
    if row is None:
        raise Http404("No such batch in this team.")
    row.team = request.team
    return row


@for_team(Right.READ)
@require_GET
def batch(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """The page of a batch."""
    row = _batch(request, batch_id)
    context = {
        **_page(request, row),
        "just_started": is_just_started(request, row.started_by_id, row.created_at),
    }
    return render(request, "generations/batch/batch.html", context)


@for_team(Right.READ)
@require_GET
def batch_live(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """The fragment of that page that changes while the batch runs; it asks for itself again until the end."""
    return render(request, "generations/batch/batch.html#live", _page(request, _batch(request, batch_id)))


def _page(request: TeamRequest, row: Batch) -> dict[str, object]:
    recounting = is_recounting(row)
    rows = row.replays.order_by("place").values(*FIGURES)
    items = [_outcome(row, keys=not recounting) for row in rows]
    found = summarize(items)
    sort = request.GET.get("sort", "place")
    order = SORTS.get(sort.removeprefix("-"), ("place",))
    members = row.replays.order_by(*(f"-{name}" if sort.startswith("-") else name for name in order))
    number = _number(request, row)
    shown = members.select_related("generation").only(*SHOWN)[(number - 1) * PAGE : number * PAGE]
    progress = _progress(row, items)
    return {
        "batch": row,
        "progress": progress,
        "trouble": trouble.of_batch(row) if progress.under_way else "",
        "spread": found,
        "recounting": recounting,
        "outputs": _outputs(row, found),
        "asked": _asked(row),
        "members": list(shown),
        "sort": sort,
        "number": number,
        "more": number * PAGE < row.size,
        "may_replay": may(request, Right.REPLAY),
    }


FIGURES = (
    *("state", "reason", "total_ms", "cost_nanos", "output_tokens", "finish_reason"),
    *("text_key", "calls_key", "derived", "status_code"),
)
SHOWN = (
    *(
        "id",
        "team_id",
        "batch",
        "generation",
        "place",
        "state",
        "reason",
        "reproduced",
        "sent",
        "status_code",
        "finish_reason",
    ),
    *("first_token_ms", "total_ms", "output_tokens", "cost_nanos", "model_id", "patch"),
    *("generation__id", "generation__request_id", "generation__model_id", "generation__team_id"),
)


def is_recounting(row: Batch) -> bool:
    """Whether answers are still to be read again: keys of two versions are never compared."""
    keyed = row.replays.exclude(text_key="", calls_key="").exclude(answer=None)
    return keyed.exclude(derived=derived_answer.VERSION).exists()


def _outcome(row: dict[str, Any], *, keys: bool) -> BatchItem:
    status = f" {row['status_code']}" if row["reason"] == "gateway_error" and row["status_code"] else ""
    current = keys and row["derived"] == derived_answer.VERSION
    return BatchItem(
        outcome(row["state"], row["reason"]),
        row["reason"] + status,
        row["total_ms"],
        row["cost_nanos"],
        row["output_tokens"],
        row["finish_reason"],
        text_key=(row["text_key"] or None) if current else None,
        calls_key=(row["calls_key"] or None) if current else None,
    )


def _progress(row: Batch, items: list[BatchItem]) -> Progress:
    waiting = len([item for item in items if item.state == State.WAITING])
    under_way = len([item for item in items if item.state in (State.QUEUED, State.RUNNING)])
    took = [item.latency_ms for item in items if item.latency_ms is not None]
    left = None
    if took and (waiting or under_way):
        left = round(Decimal(sum(took)) / len(took) * (waiting + under_way) / row.parallel / 1000)
    return Progress(len(items), len(items) - waiting - under_way, under_way, waiting, left)


def _number(request: TeamRequest, row: Batch) -> int:
    """The page that is asked for, from 1; what is no page of this batch is the nearest one."""
    text = request.GET.get("page", "")
    asked = int(text) if text.isdecimal() and len(text) < 9 else 1
    return min(max(1, asked), max(1, -(-row.size // PAGE)))


@dataclass(frozen=True, slots=True)
class SentVariant:
    """What members of a batch sent that differs from what is stored, and how many did.

    `lines` is empty for none and None where the patch is long, differs in more places, or is no longer kept.
    """

    number: int
    why: str
    lines: list[PatchLine] | None


def _asked(row: Batch) -> list[SentVariant]:
    """The different patches of a batch, the most frequent first, each with the reason that was given."""
    patches = row.replays.annotate(head=Left("patch", PATCH_READ)).values("head")
    groups = patches.annotate(number=Count("pk"), why=Max("why"), first=Min("place")).order_by(
        "-number", "first"
    )
    return [
        SentVariant(group["number"], group["why"], _lines(group["head"])) for group in groups[:MOST_OUTPUTS]
    ]


def _lines(patch: str) -> list[PatchLine] | None:
    if len(patch) >= PATCH_READ or patch == EXPIRED_PATCH:
        return None
    return lines(None, json_patch.read(patch)) if patch else []


def _outputs(row: Batch, found: BatchStats) -> list[tuple[str, int, str, str]]:
    """The most frequent outputs: the first part of the text, how many, their share, and the first one's replay."""
    groups = found.outputs[:MOST_OUTPUTS]
    places = [group.members[0] for group in groups]
    texts = ReplayAnswer.objects.filter(replay__batch=row, replay__place__in=places)
    parts = texts.annotate(part=Left("text", SHOWN_CHARACTERS)).values_list(
        "replay__place", "part", "replay_id"
    )
    known = {place: (part, str(pk)) for place, part, pk in parts}
    return [
        (known[at][0], len(group.members), group.share, known[at][1])
        for at, group in zip(places, groups, strict=True)
        if at in known
    ]


@for_team(Right.REPLAY)
@require_POST
def pause(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """Let no more members go; those under way end by themselves."""
    row = _batch(request, batch_id)
    if row.pause():
        messages.success(request, "Paused. What is running ends by itself.")
    return redirect(row)


@for_team(Right.REPLAY)
@require_POST
def resume(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """Let members go again."""
    row = _batch(request, batch_id)
    if row.resume():
        batches.release_members()
        messages.success(request, "Resumed.")
    return redirect(row)


@for_team(Right.REPLAY)
@require_POST
def cancel(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """End what waits; with `running`, what runs too."""
    row = _batch(request, batch_id)
    running = "running" in request.POST
    if batches.cancel(row, request.user, running=running):
        messages.success(request, STOPPING if running else "Cancelled. What is running goes on.")
    return redirect(row)


# --- exports ------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def batch_csv(request: TeamRequest, batch_id: UUID) -> HttpResponseBase:
    """One line for each member, with its figures."""
    row = _batch(request, batch_id)
    names = [name.replace("generation__", "") for name in COLUMNS]
    rows = ([list(member.values())] for member in _members(row, COLUMNS, PAGE))
    return csv_export.download(csv_export.lines(names, rows), f"batch-{row.pk}.csv")


def _members(row: Batch, names: Sequence[str], size: int) -> Iterator[dict[str, Any]]:
    """The members of a batch, `size` read at a time; without keys while some were made by another reader."""
    recounting = is_recounting(row)
    rows = row.replays.order_by("place").values(*names, "derived")
    for values in rows.iterator(chunk_size=size):
        if values.pop("derived") != derived_answer.VERSION or recounting:
            values.update(text_key="", calls_key="")
        yield {name: values[name] for name in names}


@for_team(Right.READ)
@require_GET
def batch_json(request: TeamRequest, batch_id: UUID) -> HttpResponseBase:
    """The members with their figures, patches and output texts, sent while they are read."""
    row = _batch(request, batch_id)
    response = StreamingHttpResponse(_json(row), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="batch-{row.pk}.json"'
    return response


def _json(row: Batch) -> Iterator[str]:
    head = {"id": str(row.pk), "title": row.title, "state": row.state, "left_out": row.skipped}
    yield json.dumps(head)[:-1] + ', "replays": ['
    names = [*COLUMNS, "answer__text"]
    for number, line in enumerate(_members(row, names, 20)):
        fields = {name.rpartition("__")[2]: value for name, value in line.items()}
        patch = fields.pop("patch") or "[]"  # as it is stored: its numbers are not ours to write anew
        yield (", " if number else "") + f'{json.dumps(fields, default=str)[:-1]}, "patch": {patch}}}'
    yield "]}"
