"""How alike two things are: the one table of words and colours for every diff.

The tones are classes of `.likeness` in `static/css/reading.css`.
"""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["same", "near", "far", "new", "gone"]
NEAR = 0.7  # from this share on two texts are said to be near each other


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


def of_share(share: float, *, equal: bool = False) -> Likeness:
    """The likeness of two texts that share so much of their characters (0 to 1); "same" is kept for `equal` ones."""
    if equal:
        return SAME
    percent = 100 * share
    shown = f"{min(percent, 99.9):.1f}".removesuffix(".0") if percent > 99 else f"{percent:.0f}"
    return Likeness(f"{shown}% similar", "near" if share >= NEAR else "far")
