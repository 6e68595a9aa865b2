"""What differs between two answers: words, reasoning, tool calls, JSON, figures. For pages: nothing in it is unbounded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import get_args

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, Value
from generations.reading.answer import answer_facts, other_members, tool_calls
from generations.reading.answer.answer_facts import Choice, Facts, StrayEventLike
from generations.reading.answer.other_members import UnreadRest
from generations.reading.answer.tool_calls import CallChange, NamedCall
from generations.reading.diff import json_diff, result_tables
from generations.reading.diff.json_diff import Change, Changes
from generations.reading.diff.passages import Lines, Passage, View, lines, passage, words
from generations.reading.diff.result_tables import Table
from generations.reading.diff.text_diff import Piece
from generations.reading.figures import formatting
from generations.reading.text import below, box

VIEWS: tuple[View, ...] = get_args(View)
CHOICES = 8
PARSED_UP_TO = 6 * 2**20  # characters of JSON that are compared by structure
LABELS = {"text": "Text", "refusal": "Refusal", "reasoning": "Reasoning"}


# -- what is compared ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ComparedAnswer:
    """What one side answered, ready to be compared. `unread`: what of it was not read, in words."""

    facts: Facts
    rest: UnreadRest
    body: Value = None
    unread: str = ""

    @property
    def choices(self) -> tuple[Choice, ...]:
        return self.facts.choices[:CHOICES]


def said(wire: str, body: Value, strays: Iterable[StrayEventLike] = (), unread: str = "") -> ComparedAnswer:
    """What an answer says: its facts, and everything else of its body and of the other events."""
    strays = list(strays)
    facts = answer_facts.read(wire, body, strays)
    found = other_members.rest(body, facts)
    if strays:
        events: list[Value] = [{"event": stray.name, "data": stray.data} for stray in strays]
        found.value = {**found.value, EVENTS: events} if isinstance(found.value, dict) else found.value
    return ComparedAnswer(facts, found, body, unread)


# -- what differs --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallLine:
    """A tool call on both sides. `lines` are the arguments that differ, `pieces` their words where they are no JSON."""

    call: CallChange
    lines: Lines | None = None
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AnswerDiff:
    """Everything that differs between two answers.

    `others`: what differs outside words, reasoning and calls. `one_sided` members are held by one side only,
    `by_nature` differ between any two answers; both are named and not compared. `unread`: what both hold and what
    was not compared all the same. `spelled`: what says the same on both sides and is written differently.
    """

    passages: list[Passage]
    calls: list[CallLine]
    others: Lines
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    by_nature: list[str] = field(default_factory=list)
    one_sided: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    spelled: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether neither answer holds anything that can be compared."""
        return not (
            self.passages or self.calls or self.tables or self.others.shown or self.unread or self.notes
        )

    @property
    def equal(self) -> bool:
        """Whether all that was compared is the same."""
        words = all(passage.equal for passage in self.passages)
        calls = all(line.call.kind == "same" for line in self.calls)
        lines = all(line.is_same for table in self.tables for line in table.lines)
        return words and calls and lines and not self.others.shown and not self.others.left

    @property
    def headline(self) -> str:
        """What is said of it in a word. "Nothing differs" only where all was compared, on both sides."""
        if not self.equal:
            return "What differs"
        if self.unread or self.one_sided:
            return "No differences in what was compared"
        return "The same, written differently" if self.spelled else "Nothing differs"


def compare(before: ComparedAnswer, after: ComparedAnswer, view: View = "inline") -> AnswerDiff:
    """The differences of two answers, drawn for one of the views."""
    passages, calls = list[Passage](), list[CallLine]()
    many = max(len(before.choices), len(after.choices)) > 1
    for number, (first_choice, second_choice) in enumerate(_pairs(before.choices, after.choices)):
        where = f", choice {number}" if many else ""
        passages += _passages(first_choice, second_choice, where, view)
        calls += [_call(call) for call in tool_calls.compare(_shown(first_choice), _shown(second_choice))]
    tables, first, second = _tables(before, after)
    found = other_members.compare(first, second)
    others = lines(_with_ends(found.changes, before, after))
    unread = [*found.unread, *_more_choices(before, after), *_more_lines(tables)]
    notes = [note for note in dict.fromkeys((before.unread, after.unread)) if note]
    return AnswerDiff(
        passages,
        calls,
        others,
        tables,
        notes,
        found.by_nature,
        found.one_sided,
        [*unread, *map(_part, notes)],
        _spelled(calls, before, after),
    )


EVENTS = "other events"


def _part(note: str) -> str:
    return "a part of the answer" if note else ""


def _spelled(calls: list[CallLine], before: ComparedAnswer, after: ComparedAnswer) -> list[str]:
    """What says the same on both sides and is written differently."""
    names = dict.fromkeys(line.call.name for line in calls if line.call.is_respelled)
    found = [f"numbers in the arguments of {name or 'a call'}" for name in names]
    if before.facts.text == after.facts.text and before.facts.shape == after.facts.shape:
        found += ["the text is divided into other parts"] if _parts(before) != _parts(after) else []
    return found


def _parts(answer: ComparedAnswer) -> list[str]:
    """The parts whose texts the choices join."""
    return list(_texts(answer.body, "", answer.facts.read))


def _texts(value: Value, at: str, read: frozenset[str]) -> Iterator[str]:
    if isinstance(value, str):
        if value and at in read and at.endswith("/text"):
            yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, below(at, key), read)
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield from _texts(child, below(at, place), read)


def _more_choices(before: ComparedAnswer, after: ComparedAnswer) -> list[str]:
    most = max(len(before.facts.choices), len(after.facts.choices))
    return [f"choices from the {CHOICES + 1}th on"] if most > CHOICES else []


def _more_lines(tables: list[Table]) -> list[str]:
    return [
        f"{table.title.lower()}: lines that are not shown"
        for table in tables
        if table.total > len(table.lines)
    ]


def _with_ends(found: Changes, before: ComparedAnswer, after: ComparedAnswer) -> Changes:
    """Between two wire formats the ends are compared by their words; within one they are members like others."""
    ends = before.facts.finish_word, after.facts.finish_word
    if before.rest.shape == after.rest.shape or "" in ends or ends[0] == ends[1]:
        return found
    end = Change("changed", "", "finish", *ends)
    return Changes([end, *found.shown], found.total + 1, found.coarse)


def _pairs(first: Sequence[Choice], second: Sequence[Choice]) -> Iterable[tuple[Choice, Choice]]:
    """The choices with one number on both sides."""
    ours, theirs = ({choice.index: choice for choice in reversed(side)} for side in (first, second))
    for number in sorted({*ours, *theirs}):
        yield ours.get(number, Choice(number)), theirs.get(number, Choice(number))


def _shown(choice: Choice) -> tuple[NamedCall, ...]:
    return tuple(NamedCall(*map(visible, call)) for call in choice.calls)


# -- texts ---------------------------------------------------------------------------------------------------


def _passages(before: Choice, after: Choice, where: str, view: View) -> list[Passage]:
    made = []
    for kind, label in LABELS.items():
        old, new = visible(getattr(before, kind)), visible(getattr(after, kind))
        if old or new:
            made.append(passage(label + where, old, new, view))
    return made


# -- structure -----------------------------------------------------------------------------------------------


def _call(change: CallChange) -> CallLine:
    if change.before is None or change.after is None or (change.kind == "same" and not change.is_respelled):
        return CallLine(change)
    if change.changes:
        return CallLine(change, lines(change.changes))
    return CallLine(change, None, words(change.before.arguments, change.after.arguments))


def _tables(before: ComparedAnswer, after: ComparedAnswer) -> tuple[list[Table], UnreadRest, UnreadRest]:
    """Vectors, scores and rankings as tables; the rests without what the tables compare.

    Where a table shows no difference and the values differ all the same they stay in the rests.
    """
    tables = result_tables.tables(before.body, after.body)
    same = all(line.is_same for table in tables for line in table.lines)
    values = [{key: box(answer.body).get(key) for key in RESULTS} for answer in (before, after)]
    if not tables or (same and not json_diff.same(values[0], values[1])):
        return tables, before.rest, after.rest
    return tables, _without(before.rest), _without(after.rest)


RESULTS = ("data", "results")


def _without(found: UnreadRest) -> UnreadRest:
    left: Value = {key: value for key, value in box(found.value).items() if key not in RESULTS}
    return UnreadRest(left, found.by_nature, found.shape)


def requests(before: bytes | None, after: bytes | None) -> "Lines | str":
    """What differs between two request bodies, or why that is not known."""
    if before is None or after is None:
        return "One of the two requests is not stored."
    if before == after:
        return Lines([])
    if max(len(before), len(after)) > PARSED_UP_TO:
        size = formatting.size(PARSED_UP_TO)
        return f"They differ; requests over {size} are not compared in detail."
    try:
        return lines(json_diff.bodies(before, after))
    except Unreadable:
        return "One of the two requests is not valid JSON; their bytes differ."
