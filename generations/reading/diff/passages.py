"""Two texts next to each other: what a view shows of them, and what it leaves out."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from generations.reading.diff import invisible_characters, json_diff, likeness, text_diff
from generations.reading.diff.json_diff import Change, Changes
from generations.reading.diff.likeness import Likeness
from generations.reading.diff.text_diff import LinePair, Piece

View: TypeAlias = Literal["inline", "side", "changes"]
PAGE = 400_000  # characters of one comparison that are shown
LINE = 40_000  # of one side of a line
AROUND = 200  # characters next to a change, where not all is shown
LINES = 3  # the same in lines, side by side


@dataclass(frozen=True, slots=True)
class Passage:
    """One text on both sides: `pieces` for the views inline and changes, `rows` for side by side.

    `percent` says how similar they are (`likeness.percent`); `changes` what differs where both texts are JSON.
    """

    label: str
    equal: bool
    pieces: list[Piece] = field(default_factory=list)
    rows: list[LinePair] = field(default_factory=list)
    percent: int = 0
    notes: list[str] = field(default_factory=list)
    changes: "Lines | None" = None

    @property
    def likeness(self) -> Likeness:
        return likeness.of_percent(self.percent)


def passage(label: str, before: str, after: str, view: View = "inline") -> Passage:
    """Two texts, compared by words and drawn for a view."""
    found = text_diff.texts(before, after)
    pieces, rows, cut = _drawn(found.pieces, view)
    changes = json_diff.text_changes(before, after) if before != after else None
    notes = [note for note in (invisible_characters.note(before, after), found.note, cut) if note]
    similar = _percent(found.pieces, before, after)
    return Passage(label, found.equal, pieces, rows, similar, notes, lines(changes) if changes else None)


def _drawn(pieces: list[Piece], view: View) -> tuple[list[Piece], list[LinePair], str]:
    """The pieces or rows of a view, and a note where something is left out that belongs to it."""
    long = sum(len(piece.text) for piece in pieces) > PAGE
    if view == "side":
        rows = bounded(text_diff.rows(pieces, LINES if long else None))
        return [], rows, LEFT_OUT if long else ""
    if view == "changes" or long:
        return text_diff.folded(pieces, AROUND, most=PAGE), [], LEFT_OUT if long and view != "changes" else ""
    return pieces, [], ""


LEFT_OUT = (
    "The texts are too long to show in full. Parts of unchanged and of long changed passages are left out."
)


def bounded(rows: list[LinePair]) -> list[LinePair]:
    """Rows with long lines cut, and together no longer than a page."""
    left, made = PAGE, list[LinePair]()
    for number, row in enumerate(rows):
        if left <= 0:
            return [*made, LinePair(None, None, skipped=len(rows) - number)]
        sides = [None if side is None else _short(side) for side in (row.before, row.after)]
        left -= sum(len(piece.text) for side in sides for piece in side or ())
        made.append(LinePair(sides[0], sides[1], row.changed, row.skipped))
    return made


def _short(side: list[Piece]) -> list[Piece]:
    if sum(len(piece.text) for piece in side) <= LINE:
        return side
    return text_diff.folded(side, AROUND, LINE // 2, LINE)


def _percent(pieces: list[Piece], before: str, after: str) -> int:
    shared = 2 * sum(len(piece.text) for piece in pieces if piece.kind == "same")
    return likeness.percent(shared, len(before) + len(after))


def percent(before: str, after: str) -> int:
    """How similar two texts are, as `passage` says it of them."""
    return _percent(text_diff.texts(before, after).pieces, before, after)


def words(before: str, after: str) -> list[Piece]:
    """The words of two short texts; of long ones what is next to a change."""
    return text_diff.folded(text_diff.texts(before, after).pieces, AROUND, most=PAGE // 4)


@dataclass(frozen=True, slots=True)
class LineChange:
    """A difference on its line; `pieces` are the words of texts that do not fit on one."""

    change: Change
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lines:
    """The first differences of two JSON values; `left` are not shown. No lines: nothing differs."""

    shown: list[LineChange]
    left: int = 0
    coarse: bool = False


def lines(found: Changes) -> Lines:
    """The differences of two JSON values with the words of their long texts."""
    shown, left = [], PAGE
    for change in found.shown:
        pieces = _text_pieces(change, left)
        left -= sum(len(piece.text) for piece in pieces)
        shown.append(LineChange(change, pieces))
    return Lines(shown, found.total - len(shown), found.coarse)


def _text_pieces(change: Change, left: int) -> list[Piece]:
    if change.texts is None or left <= 0:
        return []
    return text_diff.folded(text_diff.texts(*change.texts).pieces, AROUND, most=min(left, PAGE // 4))
