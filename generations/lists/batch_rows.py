"""The members of a batch, read once for its figures, its grid and its rows: no body, no record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min
from django.db.models.functions import MD5, Left

from generations.lists import ledger, rows
from generations.lists.rows import ListRow
from generations.models import Batch
from generations.models.replay import EXPIRED_PATCH, OPEN_STATES, outcome
from generations.reading.edits import json_patch
from generations.reading.edits.patch_summary import PatchLine, lines
from generations.reading.figures.batch_grid import GridItem
from generations.reading.figures.batch_stats import FAILED, BatchItem
from generations.replay import derived_answer

PATCH_READ = 4000  # characters
MOST_VARIANTS = 12
LONG_CHANGE = "changed"
"""Stands for changes that are too long to be read for a list, or no longer kept."""


@dataclass(slots=True)
class BatchRow:
    """A member. `change` tells equal patches by their beginning; `is_good` is its mark, None for none; `asked` is the
    model that its changes ask for. `similarity` to the original's answer is None before it was read, -1 without one."""

    id: UUID
    place: int
    generation: int
    request_id: str
    stored_model: str
    model_id: str
    state: str
    reason: str
    reproduced: bool
    status_code: int | None
    finish_reason: str
    first_token_ms: int | None
    total_ms: int | None
    output_tokens: int | None
    cost_nanos: int | None
    expected_high: int | None
    text_key: str
    calls_key: str
    derived: int
    is_good: bool | None
    similarity: int | None
    change: str
    asked: str = ""

    @property
    def outcome(self) -> str:
        return outcome(self.state, self.reason, reproduced=self.reproduced)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def has_failed(self) -> bool:
        return self.state in FAILED

    @property
    def model(self) -> str:
        """The one that answered, else the one that was asked for."""
        return self.model_id or self.asked or self.stored_model

    @property
    def key(self) -> str | None:
        """Equal for equal outputs; None where it is not known, or was made by another version of the reader."""
        return (self.text_key or None) if self.derived == derived_answer.VERSION else None

    def item(self, *, keys: bool) -> BatchItem:
        """What the statistics of the batch take from it."""
        status = f" {self.status_code}" if self.reason == "gateway_error" and self.status_code else ""
        calls = (self.calls_key or None) if self.derived == derived_answer.VERSION else None
        return BatchItem(
            outcome(self.state, self.reason),
            self.reason + status,
            self.total_ms,
            self.cost_nanos,
            self.output_tokens,
            self.finish_reason,
            text_key=self.key if keys else None,
            calls_key=calls if keys else None,
            request=self.generation,
        )


SOURCES = {
    "request_id": "generation__request_id",
    "stored_model": "generation__model_id",
    "is_good": "mark__is_good",
}
COLUMNS = [SOURCES.get(field.name, field.name) for field in fields(BatchRow) if field.name != "asked"]


def listed(batch: Batch, members: Sequence[BatchRow]) -> list[ListRow]:
    """These members as every list shows them, in their order: one query."""
    found = ledger.shown(batch.replays.filter(pk__in=[member.id for member in members]))
    shown = {row.pk: rows.of_member(row, batch.team) for row in found}
    return [shown[member.id] for member in members if member.id in shown]


def members(batch: Batch) -> list[BatchRow]:
    """All of them in their order: one query."""
    rows = batch.replays.order_by("place").annotate(change=MD5(Left("patch", PATCH_READ)))
    return [BatchRow(*values) for values in rows.values_list(*COLUMNS)]


# -- what was changed ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SentVariant:
    """What members of a batch sent that differs from what is stored, and how many did.

    `lines` is empty for none and None where the patch is long, differs in more places, or is no longer kept. `model`
    is the model that it asks for, `words` are the other changes in one line.
    """

    number: int
    why: str
    lines: list[PatchLine] | None
    model: str = ""
    words: str = LONG_CHANGE


def variants(batch: Batch) -> dict[str, SentVariant]:
    """The different patches of a batch by `BatchRow.change`, the most frequent first, each with its reason."""
    patches = batch.replays.annotate(head=Left("patch", PATCH_READ)).values("head")
    groups = patches.annotate(number=Count("pk"), why=Max("why"), first=Min("place"), key=MD5("head"))
    return {group["key"]: _variant(group) for group in groups.order_by("-number", "first")[:100]}


def _variant(group: Mapping[str, Any]) -> SentVariant:
    patch = group["head"]
    if len(patch) >= PATCH_READ or patch == EXPIRED_PATCH:
        return SentVariant(group["number"], group["why"], None)
    operations = json_patch.read(patch) if patch else ()
    model = json_patch.asked_model(operations)
    shown = lines(None, operations)
    rest = [
        line.text for line, operation in zip(shown, operations, strict=True) if operation.path != "/model"
    ]
    return SentVariant(group["number"], group["why"], shown, model, ", ".join(rest))


def grid_items(rows: Sequence[BatchRow], known: dict[str, SentVariant]) -> list[GridItem]:
    """What the grid is laid out from, noted in the rows, too; a patch beyond the most frequent ones is just "changed"."""
    items = []
    for position, row in enumerate(rows):
        variant = known.get(row.change)
        model, change = (variant.model, variant.words) if variant else ("", LONG_CHANGE)
        row.asked = model
        items.append(GridItem(position, row.request_id, row.stored_model, model, change))
    return items


# -- order -----------------------------------------------------------------------------------------------------

SORTED_BY = {"lead": "place", "verdict": "verdict", "tokens": "tokens", "cost": "cost", "wait": "total"}
"""What the heads of its list sort by."""
OTHER_ORDERS = {"first": "First token", "finish": "Finish"}
"""What it can be sorted by, too: no column of its own shows it."""
SORTS = {
    "place": ("place",),
    "verdict": ("state", "reason"),
    "total": ("total_ms",),
    "first": ("first_token_ms",),
    "cost": ("cost_nanos",),
    "tokens": ("output_tokens",),
    "finish": ("finish_reason",),
}


def ordered(rows: Sequence[BatchRow], sort: str) -> list[BatchRow]:
    """By one of SORTS, with "-" the other way round; what is not known comes last. Anything else is by place."""
    names = SORTS.get(sort.removeprefix("-"), ("place",))
    known = [row for row in rows if getattr(row, names[0]) is not None]
    known.sort(key=lambda row: tuple(getattr(row, name) for name in names), reverse=sort.startswith("-"))
    return known + [row for row in rows if getattr(row, names[0]) is None]
