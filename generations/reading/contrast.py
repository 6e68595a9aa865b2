"""What differs between two answers: words, reasoning, tool calls, JSON, figures. For pages: nothing in it is unbounded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from generations.gateway.events import Answer
from generations.gateway.jsontext import Unreadable, Value, loads, visible
from generations.reading import beside, diff, numbers, structure, tool_calls, unseen
from generations.reading.beside import Table
from generations.reading.diff import Piece, Row
from generations.reading.structure import Change, Changes
from generations.reading.tool_calls import Call, CallChange

View: TypeAlias = Literal["inline", "side", "changes"]
VIEWS: tuple[View, ...] = get_args(View)
PAGE = 400_000  # characters of one comparison that are shown
LINE = 40_000  # of one side of a line
AROUND = 200  # characters next to a change, where not all is shown
LINES = 3  # the same in lines, side by side
CHOICES = 8
PARSED_UP_TO = 6 * 2**20  # characters of JSON that are compared by structure
LABELS = {"text": "Text", "refusal": "Refusal", "reasoning": "Reasoning"}


# -- what is compared ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that were asked for. `calls` and `reasoning` are None where they are not known."""

    text: str = ""
    refusal: str | None = None
    reasoning: str | None = None
    calls: tuple[Call, ...] | None = None

    def told(self, kind: str) -> str | None:
        return {"text": self.text, "refusal": self.refusal, "reasoning": self.reasoning}[kind]


@dataclass(frozen=True, slots=True)
class Said:
    """What one side said, ready to be shown. `data` is the JSON text of an answer that is neither text nor medium."""

    choices: tuple[Choice, ...]
    data: str | None = None

    @property
    def text(self) -> str:
        return self.choices[0].text if self.choices else ""


def said(answer: Answer) -> Said:
    """What an answer says, as far as it is compared."""
    found = sorted({block.choice for block in answer.blocks}) or [0]
    data = next((block.text for block in answer.blocks if block.kind == "json"), None)
    return Said(tuple(_choice(answer, number) for number in found[:CHOICES]), data)


def only_text(told: str) -> Said:
    """What is compared of an answer that is too large to be read again: its words."""
    return Said((Choice(told),))


def _choice(answer: Answer, number: int) -> Choice:
    calls = tuple(Call(*map(visible, call)) for call in tool_calls.of(answer, number))
    told = {kind: _words(answer, number, kind) for kind in LABELS}
    return Choice(told["text"], told["refusal"], told["reasoning"], calls)


def _words(answer: Answer, number: int, kind: str) -> str:
    blocks = [block.text for block in answer.blocks if block.kind == kind and block.choice == number]
    return visible("".join(blocks))


# -- what differs --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passage:
    """One text on both sides: `pieces` for the views inline and changes, `rows` for side by side.

    `alike` is the share of characters that both have, in percent; `changes` what differs where both texts are JSON.
    """

    label: str
    equal: bool
    pieces: list[Piece] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    alike: str = ""
    notes: list[str] = field(default_factory=list)
    changes: "Lines | None" = None


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


@dataclass(frozen=True, slots=True)
class CallLine:
    """A tool call on both sides. `lines` are the arguments that differ, `pieces` their words where they are no JSON."""

    call: CallChange
    lines: Lines | None = None
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Everything that differs between two answers."""

    passages: list[Passage]
    calls: list[CallLine]
    data: Lines | None
    tables: list[Table]
    notes: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether neither answer holds anything that can be compared."""
        return not (self.passages or self.calls or self.tables or self.notes) and self.data is None

    @property
    def equal(self) -> bool:
        """Whether all that was compared is the same."""
        words = all(passage.equal for passage in self.passages)
        calls = all(line.call.kind == "same" for line in self.calls)
        lines = all(line.is_same for table in self.tables for line in table.lines)
        return words and calls and lines and not (self.data and self.data.shown)


def contrast(before: Said, after: Said, view: View = "inline") -> Contrast:
    """The differences of two answers, drawn for one of the views."""
    passages, calls, notes = list[Passage](), list[CallLine](), list[str]()
    many = max(len(before.choices), len(after.choices)) > 1
    for number, (one, other) in enumerate(_pairs(before.choices, after.choices)):
        where = f", choice {number}" if many else ""
        passages += _passages(one, other, where, view)
        calls += _calls(one, other)
        if one.calls is None or other.calls is None:
            notes.append("One of the answers is so large that nothing but its text is compared.")
    data, tables = _data(before.data, after.data, notes)
    return Contrast(passages, calls, data, tables, notes)


def _pairs(first: Sequence[Choice], second: Sequence[Choice]) -> Iterable[tuple[Choice, Choice]]:
    nothing = Choice("", "", "", ())
    for number in range(max(len(first), len(second))):
        one = first[number] if number < len(first) else nothing
        yield one, second[number] if number < len(second) else nothing


# -- texts ---------------------------------------------------------------------------------------------------


def _passages(before: Choice, after: Choice, where: str, view: View) -> list[Passage]:
    made = []
    for kind, label in LABELS.items():
        one, other = before.told(kind), after.told(kind)
        if one is not None and other is not None and (one or other):
            made.append(passage(label + where, one, other, view))
    return made


def passage(label: str, before: str, after: str, view: View = "inline") -> Passage:
    """Two texts, compared by words and drawn for a view."""
    found = diff.texts(before, after)
    pieces, rows, cut = _drawn(found.pieces, view)
    told = structure.text_changes(before, after) if before != after else None
    notes = [note for note in (unseen.note(before, after), found.note, cut) if note]
    alike = _alike(found.pieces, len(before) + len(after))
    return Passage(label, found.equal, pieces, rows, alike, notes, lines(told) if told else None)


def _drawn(pieces: list[Piece], view: View) -> tuple[list[Piece], list[Row], str]:
    """The pieces or rows of a view, and a note where something is left out that belongs to it."""
    long = sum(len(piece.text) for piece in pieces) > PAGE
    if view == "side":
        rows = bounded(diff.rows(pieces, LINES if long else None))
        return [], rows, LEFT_OUT if long else ""
    if view == "changes" or long:
        return diff.folded(pieces, AROUND, most=PAGE), [], LEFT_OUT if long and view != "changes" else ""
    return pieces, [], ""


LEFT_OUT = (
    "The texts are too long to be shown whole. Of what is the same, and of long changes, parts are left out."
)


def bounded(rows: list[Row]) -> list[Row]:
    """Rows with long lines cut, and together no longer than a page."""
    left, made = PAGE, list[Row]()
    for number, row in enumerate(rows):
        if left <= 0:
            return [*made, Row(None, None, skipped=len(rows) - number)]
        sides = [None if side is None else _short(side) for side in (row.before, row.after)]
        left -= sum(len(piece.text) for side in sides for piece in side or ())
        made.append(Row(sides[0], sides[1], row.changed, row.skipped))
    return made


def _short(side: list[Piece]) -> list[Piece]:
    if sum(len(piece.text) for piece in side) <= LINE:
        return side
    return diff.folded(side, AROUND, LINE // 2, LINE)


def _alike(pieces: list[Piece], both: int) -> str:
    same = 2 * sum(len(piece.text) for piece in pieces if piece.kind == "same")
    if not both or same == both:
        return ""
    share = 100 * same / both
    return f"{min(share, 99.9):.1f}".removesuffix(".0") + " %" if share > 99 else f"{share:.0f} %"


# -- structure -----------------------------------------------------------------------------------------------


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
    return diff.folded(diff.texts(*change.texts).pieces, AROUND, most=min(left, PAGE // 4))


def _calls(before: Choice, after: Choice) -> list[CallLine]:
    if before.calls is None or after.calls is None:
        return []
    return [_call(one) for one in tool_calls.compare(before.calls, after.calls)]


def _call(told: CallChange) -> CallLine:
    if told.before is None or told.after is None or told.kind == "same":
        return CallLine(told)
    if told.changes:
        return CallLine(told, lines(told.changes))
    return CallLine(told, None, words(told.before.arguments, told.after.arguments))


def words(before: str, after: str) -> list[Piece]:
    """The words of two short texts; of long ones what is next to a change."""
    return diff.folded(diff.texts(before, after).pieces, AROUND, most=PAGE // 4)


def _data(before: str | None, after: str | None, notes: list[str]) -> tuple[Lines | None, list[Table]]:
    """JSON answers by structure; vectors, scores and rankings as tables."""
    if before is None or after is None:
        return None, []
    first, second = _parsed(before), _parsed(after)
    if isinstance(first, _Unread) or isinstance(second, _Unread):
        notes.append("One of the JSON answers is damaged or too large to be compared.")
        return None, []
    tables = beside.tables(first, second)
    if tables:
        return None, tables
    return lines(structure.changes(first, second)), []


class _Unread:
    """Stands for JSON that was not read: null is a value."""


def _parsed(told: str) -> "Value | _Unread":
    try:
        return loads(told) if len(told) <= PARSED_UP_TO else _Unread()
    except Unreadable:
        return _Unread()


def requests(before: bytes | None, after: bytes | None) -> "Lines | str":
    """What differs between two request bodies, or why that is not known."""
    if before is None or after is None:
        return "One of the two requests is not stored."
    if before == after:
        return Lines([])
    if max(len(before), len(after)) > PARSED_UP_TO:
        size = numbers.size(PARSED_UP_TO)
        return f"They are not the same; requests of more than {size} are not compared in detail."
    try:
        return lines(structure.bodies(before, after))
    except Unreadable:
        return "One of the two requests cannot be read as JSON; they are not the same, byte for byte."
