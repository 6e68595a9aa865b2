"""The replays of a generation and itself, each to be picked as A or B of a comparison."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from generations.lists.rows import NO_MAKERS, ListRow, Makers, of_generation, of_replay
from generations.models import Generation, Replay


@dataclass(frozen=True, slots=True)
class Pick:
    """A row, what names it in the address of a comparison, and whether it is A or B at first."""

    row: ListRow
    key: str
    name: str
    is_a: bool = False
    is_b: bool = False


def picks(
    original: Generation, replays: Iterable[Replay], *, silent: bool, makers: Makers = NO_MAKERS
) -> list[Pick]:
    """The original, then its replays as given. `silent`: it has no answer, so the two newest replays are compared."""
    rows = list(replays)
    among_replays = silent and len(rows) > 1
    first = Pick(
        of_generation(original, original.team, makers=makers),
        original.slug,
        "the original",
        is_a=not among_replays,
    )
    return [
        first,
        *(_pick(row, original, place, among_replays=among_replays) for place, row in enumerate(rows)),
    ]


def _pick(row: Replay, original: Generation, place: int, *, among_replays: bool) -> Pick:
    row.generation = original
    shown = replace(of_replay(row, original.team), prompt="", chosen_as="")
    return Pick(shown, str(row.pk), f"replay {place + 1}", is_a=among_replays and place == 1, is_b=place == 0)
