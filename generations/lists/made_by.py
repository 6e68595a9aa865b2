"""Which replay of the team made a generation: for the rows of a list, all at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from dashboard.models import Team
from generations.models import Generation, Replay

HEAD, TAIL = 6, 4  # characters of the original's ID


@dataclass(frozen=True, slots=True)
class Maker:
    """A replay that made a generation: the `number`th of the original with this request ID, and where both are."""

    number: int
    original: str
    url: str
    original_url: str

    @property
    def short_original(self) -> str:
        """The request ID as a row has room for it. IDs of one hour begin alike, so its end is shown, too."""
        is_short = len(self.original) <= HEAD + TAIL + 1
        return self.original if is_short else f"{self.original[:HEAD]}…{self.original[-TAIL:]}"


def of_rows(team: Team, rows: Iterable[Generation]) -> dict[str, Maker]:
    """By request ID. One query, and none where no replay made any of these."""
    return of_ids(team, [row.request_id for row in rows if row.is_replay])


def of_ids(team: Team, request_ids: Iterable[str]) -> dict[str, Maker]:
    """The same of request IDs, stored or not."""
    wanted = [request_id for request_id in request_ids if request_id]
    if not wanted:
        return {}
    made = Replay.objects.filter(team=team, new_request_id__in=wanted).exclude(new_request_id="")
    others = made.exclude(generation__request_id=F("new_request_id")).order_by("-created_at", "-id")
    found = others.annotate(number=Subquery(_number())).select_related("generation")
    columns = ("new_request_id", "generation__request_id")
    return {row.new_request_id: _maker(row, team) for row in found.only(*columns)}


def _maker(row: Replay, team: Team) -> Maker:
    row.team = row.generation.team = team
    addresses = row.get_absolute_url(), row.generation.get_absolute_url()
    return Maker(row.number, row.generation.request_id, *addresses)  # type: ignore[attr-defined]


def _number() -> "QuerySet[Replay, Any]":
    """Which replay of its original it is, as its own page counts."""
    same_moment = Q(created_at__lt=OuterRef("created_at")) | Q(pk__lte=OuterRef("pk"))
    before = Replay.objects.filter(
        same_moment, generation=OuterRef("generation"), created_at__lte=OuterRef("created_at")
    )
    return before.order_by().values("generation").annotate(number=Count("pk")).values("number")
