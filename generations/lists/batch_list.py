"""The list of a team's batches: one page, with how far each is and what it has cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, Sum

from dashboard.models import Team
from generations.lists import keyset
from generations.lists.keyset import Cursor, Page
from generations.models import Batch, Replay
from generations.models.replay import OPEN_STATES

PAGE = 50


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch, how many of its replays have ended, and what is known of their cost in nanos (None: nothing yet)."""

    row: Batch
    ended: int
    cost: int | None


def read_cursor(text: str, *, back: bool = False) -> Cursor | None:
    """The cursor in an address, None for any other text."""
    return Cursor.read(text, UUID, back=back)


def page(team: Team, cursor: Cursor | None = None, size: int = PAGE) -> Page[BatchLine]:
    """One page of the team's batches, the newest first: two queries."""
    found = keyset.page(
        Batch.objects.of(team).select_related("started_by").defer("left_out"), "created_at", cursor, size
    )
    for row in found.rows:
        row.team = team
    return Page(_lines(found.rows), found.newer, found.older)


def unfinished(team: Team, most: int) -> list[BatchLine]:
    """Those in progress, the newest first: two queries."""
    found = Batch.objects.of(team).unfinished().select_related("started_by").defer("left_out")
    rows = list(found.order_by("-created_at")[:most])
    for row in rows:
        row.team = team
    return _lines(rows)


def _lines(rows: Sequence[Batch]) -> list[BatchLine]:
    ended = Count("pk", filter=~Q(state__in=OPEN_STATES))
    members = Replay.objects.filter(batch__in=[row.pk for row in rows]).values("batch")
    sums = members.annotate(ended=ended, cost=Sum("cost_nanos")).values_list("batch", "ended", "cost")
    known = {pk: (number, cost) for pk, number, cost in sums}
    return [BatchLine(row, *known.get(row.pk, (0, None))) for row in rows]
