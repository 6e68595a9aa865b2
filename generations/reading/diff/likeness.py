"""How alike two things are: the one table of words and colours for every diff, and the one percentage.

The tones are classes of `.likeness` in `static/css/reading.css`.
"""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["same", "near", "far", "new", "gone"]
NEAR = 70  # from these percent on two texts are said to be near each other


@dataclass(frozen=True, slots=True)
class Likeness:
    """The word and its colour: same is calm, near and far are shares, new and gone are on one side only."""

    word: str
    tone: Tone


SAME = Likeness("same", "same")
KINDS: dict[str, Likeness] = {
    "same": SAME,
    "respelled": Likeness("same, written differently", "same"),
    "reordered": Likeness("the same members in another order", "near"),
    "changed": Likeness("changed", "near"),
    "added": Likeness("added", "new"),
    "new": Likeness("added", "new"),
    "removed": Likeness("removed", "gone"),
    "gone": Likeness("removed", "gone"),
}


def of_kind(kind: str, side: str = "") -> Likeness:
    """The likeness of a difference; `side` names the only side that has what is new or gone."""
    found = KINDS.get(kind, KINDS["changed"])
    return Likeness(f"{side} only", found.tone) if side and found.tone in ("new", "gone") else found


def percent(shared: int, total: int) -> int:
    """Whole percent of the characters of two texts that are in both, never rounded up: lists keep it, pages show it.

    100 is kept for equal texts, also for two empty ones, and 0 for those that share nothing.
    """
    if shared >= total:
        return 100
    return max(1, 100 * shared // total) if shared else 0


def of_percent(similar: int) -> Likeness:
    """The likeness of two texts that are so similar."""
    return SAME if similar == 100 else Likeness(f"{similar}% similar", "near" if similar >= NEAR else "far")
