"""Which replay of the team made a generation: for the rows of a list, all at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, Window
from django.db.models.functions import RowNumber

from dashboard.models import Team
from generations.models import Generation, Replay

NUMBER = Window(RowNumber(), partition_by="generation", order_by=("created_at", "id"))
"""Which replay of its original it is, as its own page counts."""
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
        """The request ID as a row has room for it. IDs of one week begin alike, so its end is shown, too."""
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
    # The second condition is never true: with it, both are asked after all replays of these originals have their numbers.
    of_these = Q(new_request_id__in=wanted) | Q(number__lt=1)
    all_replays = Replay.objects.filter(team=team, generation__in=made.values("generation"))
    found = all_replays.annotate(number=NUMBER).filter(of_these).select_related("generation")
    columns = ("new_request_id", "created_at", "generation__request_id")
    return {
        row.new_request_id: _maker(row, team)
        for row in found.only(*columns).order_by("-created_at", "-id")
        if row.new_request_id != row.generation.request_id
    }


def _maker(row: Replay, team: Team) -> Maker:
    row.team = row.generation.team = team
    addresses = row.get_absolute_url(), row.generation.get_absolute_url()
    return Maker(row.number, row.generation.request_id, *addresses)  # type: ignore[attr-defined]
