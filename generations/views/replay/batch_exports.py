"""A batch as CSV, JSON and JSON Lines: figures, marks, patches and texts of its members, sent while they are read."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from generations.lists import csv_export
from generations.models import Batch
from generations.models.replay import ReplayQuerySet
from generations.replay import derived_answer
from generations.views.replay.batch import is_recounting
from generations.views.shared.shortcuts import get_batch_or_404

PAGE, TEXTS = 100, 20
COLUMNS = (
    *("place", "id", "generation__request_id", "state", "reason", "reproduced", "model_id", "provider"),
    *("status_code", "finish_reason", "first_token_ms", "total_ms", "input_tokens", "output_tokens"),
    *("cost_nanos", "expected_low", "expected_high", "new_request_id", "text_key", "calls_key"),
    *("mark__is_good", "mark__marked_by__email", "mark__marked_at", "patch"),
)
NAMES = {
    "generation__request_id": "request_id",
    "mark__is_good": "mark",
    "mark__marked_by__email": "marked_by",
    "mark__marked_at": "marked_at",
    "answer__text": "text",
}
MARKS = {True: "good", False: "bad", None: None}


@for_team(Right.READ)
@require_GET
def batch_csv(request: TeamRequest, batch_id: UUID) -> HttpResponseBase:
    """One line for each member, with its figures."""
    row = get_batch_or_404(request, batch_id)
    return file_of(row, row.replays.all(), "csv")


@for_team(Right.READ)
@require_GET
def batch_json_lines(request: TeamRequest, batch_id: UUID) -> HttpResponseBase:
    """The members with their figures, patches and output texts, one on each line."""
    row = get_batch_or_404(request, batch_id)
    return file_of(row, row.replays.all(), "jsonl")


@for_team(Right.READ)
@require_GET
def batch_json(request: TeamRequest, batch_id: UUID) -> HttpResponseBase:
    """The same as one object, after what is known of the batch."""
    row = get_batch_or_404(request, batch_id)
    return _download(_json(row), "application/json", f"batch-{row.pk}.json")


def file_of(batch: Batch, found: ReplayQuerySet, kind: str) -> HttpResponseBase:
    """Members of a batch as a file, "csv" or "jsonl", sent while it is read."""
    name = f"batch-{batch.pk}.{kind}"
    if kind == "jsonl":
        return _download((f"{line}\n" for line in _objects(batch, found)), "application/jsonl", name)
    heads = [NAMES.get(column, column) for column in COLUMNS]
    rows = ([list(member.values())] for member in _members(batch, found, COLUMNS, PAGE))
    return csv_export.download(csv_export.lines(heads, rows), name)


def _members(
    batch: Batch, found: ReplayQuerySet, columns: Sequence[str], size: int
) -> Iterator[dict[str, Any]]:
    """Those members by place, `size` read at a time; without keys while some of the batch were made by another reader."""
    recounting = is_recounting(batch)
    rows = found.order_by("place").values(*columns, "derived")
    for values in rows.iterator(chunk_size=size):
        if values.pop("derived") != derived_answer.VERSION or recounting:
            values.update(text_key="", calls_key="")
        values["mark__is_good"] = MARKS[values["mark__is_good"]]
        yield {NAMES.get(name, name): values[name] for name in columns}


def _download(pieces: Iterator[str], kind: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _json(row: Batch) -> Iterator[str]:
    head = {"id": str(row.pk), "title": row.title, "state": row.state, "left_out": row.skipped}
    yield json.dumps(head)[:-1] + ', "replays": ['
    for number, line in enumerate(_objects(row, row.replays.all())):
        yield (", " if number else "") + line
    yield "]}"


def _objects(batch: Batch, found: ReplayQuerySet) -> Iterator[str]:
    """A JSON object for each of those members."""
    for member in _members(batch, found, [*COLUMNS, "answer__text"], TEXTS):
        patch = member.pop("patch") or "[]"  # as it is stored: its numbers are not ours to write anew
        yield f'{json.dumps(member, default=str)[:-1]}, "patch": {patch}}}'
