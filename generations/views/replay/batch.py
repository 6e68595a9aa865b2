"""The page of a batch: how far it is, its spread, its grid, its outputs next to each other, and its members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team, may
from generations.forms.lab import BatchNameForm
from generations.lists import batch_rows, columns, counting
from generations.lists import rows as list_rows
from generations.lists.batch_rows import BatchRow, SentVariant
from generations.models import Batch
from generations.models.replay import State
from generations.reading.diff.likeness import Likeness
from generations.reading.figures import batch_grid
from generations.reading.figures.batch_grid import BatchGrid
from generations.reading.figures.batch_stats import summarize
from generations.replay import derived_answer, trouble
from generations.views.replay.batch_outputs import Outputs
from generations.views.shared.shortcuts import get_batch_or_404, is_just_started

PAGE = 50
CELL = 5  # replays of one cell
SETTLES = timedelta(minutes=2)
"""After its end the answers of a batch are compared with their originals; a page that is open waits for it so long."""


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

    @property
    def ends_at(self) -> datetime | None:
        """When it is expected to end."""
        return None if self.left_s is None else timezone.now() + timedelta(seconds=self.left_s)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a grid shows of replays with the same row and column; `more` are counted."""

    rows: list[tuple[BatchRow, Likeness | None]]
    more: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid with its cells filled; a row is its name, the address it leads to, and its cells."""

    plan: BatchGrid
    lines: list[tuple[str, BatchRow, list[Cell]]]


@for_team(Right.READ)
@require_GET
def batch(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """The page of a batch."""
    row = get_batch_or_404(request, batch_id)
    context = {
        **_page(request, row),
        "just_started": is_just_started(request, row.started_by_id, row.created_at),
        "name_form": BatchNameForm(initial={"title": row.title}),
    }
    return render(request, "generations/batch/batch.html", context)


@for_team(Right.READ)
@require_GET
def batch_live(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """The fragment of that page that changes while the batch runs; it asks for itself again until the end."""
    row = get_batch_or_404(request, batch_id)
    return render(request, "generations/batch/batch.html#live", _page(request, row))


def _page(request: TeamRequest, row: Batch) -> dict[str, object]:
    rows = batch_rows.members(row)
    recounting = is_recounting(row)
    found = summarize([member.item(keys=not recounting) for member in rows])
    variants = batch_rows.variants(row)
    sort, number = request.GET.get("sort", "place"), _number(request, row)
    progress = _progress(row, rows)
    outputs = Outputs(row, rows, found, _number_of(request.GET.get("against", "")))
    shown = batch_rows.ordered(rows, sort)[(number - 1) * PAGE : number * PAGE]
    return {
        "batch": row,
        "progress": progress,
        "settles": _settles(row, rows),
        "trouble": trouble.of_batch(row) if progress.under_way else "",
        "spread": found,
        "recounting": recounting,
        "outputs": outputs.shown,
        "more_outputs": outputs.named,
        "several": outputs.several,
        "together": _together(rows, len(variants)),
        "against": outputs.chosen,
        "grid": _grid(rows, variants, outputs),
        "asked": list(variants.values())[: batch_rows.MOST_VARIANTS],
        **_listed(request, row, shown, outputs, sort),
        "failed": len([member for member in rows if member.has_failed]),
        "hoped": _hoped([member.expected_high for member in rows if member.is_open]),
        "unpriced": len([member for member in rows if not member.is_open and member.cost_nanos is None]),
        "carried": "" if outputs.chosen is None else f"&against={outputs.chosen}",
        "replay_path": _path_of_replays(row),
        "sort": sort,
        "number": number,
        "more": number * PAGE < row.size,
        "may_replay": may(request, Right.REPLAY),
        "may_pin": may(request, Right.LOOK_UP),
        "count": counting.of(len(rows)),
    }


def _together(rows: Sequence[BatchRow], variants: int) -> str:
    """What the figures of a batch are of, where that is more than one thing."""
    generations = len({member.generation for member in rows})
    counted = ((generations, "generations"), (variants, "variants"))
    return " and ".join(f"{number} {name}" for number, name in counted if number > 1)


def _hoped(expected: Sequence[int | None]) -> int | None:
    """What open members may cost at most, nanos; None where it is not known of one."""
    known = [nanos for nanos in expected if nanos is not None]
    return sum(known) if len(known) == len(expected) else None


def _listed(
    request: TeamRequest, row: Batch, members: Sequence[BatchRow], outputs: Outputs, sort: str
) -> dict[str, object]:
    """The members of one page as every list shows them, and the heads that sort them."""
    shown, rest = columns.chosen(request.user), "" if outputs.chosen is None else f"against={outputs.chosen}"
    listed, payer = list_rows.payer_said_once(batch_rows.listed(row, members))
    return {
        "rows": listed,
        "payer": payer,
        "columns": shown,
        "heads": columns.heads("Replay", shown, sort, rest, batch_rows.SORTED_BY),
        "other_orders": [
            columns.sorting_head(label, by, sort, rest) for by, label in batch_rows.OTHER_ORDERS.items()
        ],
    }


def _path_of_replays(row: Batch) -> str:
    """What a replay's ID follows in its address: hundreds of rows cost one look into the addresses."""
    example = UUID(int=0)
    return reverse("replay", args=[row.team.slug, example]).removesuffix(str(example))


def is_recounting(row: Batch) -> bool:
    """Whether answers are still to be read again: keys of two versions are never compared."""
    keyed = row.replays.exclude(text_key="", calls_key="").exclude(answer=None)
    return keyed.exclude(derived=derived_answer.VERSION).exists()


def _progress(row: Batch, rows: Sequence[BatchRow]) -> Progress:
    waiting = len([member for member in rows if member.state == State.WAITING])
    under_way = len([member for member in rows if member.state in (State.QUEUED, State.RUNNING)])
    took = [member.total_ms for member in rows if member.total_ms is not None]
    left = None
    if took and (waiting or under_way):
        left = round(Decimal(sum(took)) / len(took) * (waiting + under_way) / row.parallel / 1000)
    return Progress(len(rows), len(rows) - waiting - under_way, under_way, waiting, left)


def _settles(row: Batch, rows: Sequence[BatchRow]) -> bool:
    """Whether it has just ended and answers are still to be compared with their originals."""
    if row.finished_at is None or timezone.now() - row.finished_at > SETTLES:
        return False
    return any(member.similarity is None and member.state == State.SUCCEEDED for member in rows)


def _number(request: HttpRequest, row: Batch) -> int:
    """The page that is asked for, from 1; what is no page of this batch is the nearest one."""
    asked = _number_of(request.GET.get("page", "")) or 1
    return min(max(1, asked), max(1, -(-row.size // PAGE)))


def _number_of(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None


# --- the grid -----------------------------------------------------------------------------------------------------


def _grid(rows: Sequence[BatchRow], variants: dict[str, SentVariant], outputs: Outputs) -> Grid | None:
    plan = batch_grid.lay_out(batch_rows.grid_items(rows, variants))
    if plan is None:
        return None
    lines = []
    for name, cells in zip(plan.rows, plan.cells, strict=True):
        first = next(at for positions in cells for at in positions)
        lines.append((name, rows[first], [_cell(rows, positions, outputs) for positions in cells]))
    return Grid(plan, lines)


def _cell(rows: Sequence[BatchRow], positions: Sequence[int], outputs: Outputs) -> Cell:
    shown = [(rows[at], outputs.similarity(rows[at])) for at in positions[:CELL]]
    return Cell(shown, len(positions) - len(shown))
