"""What differs between two JSON values: paths added, removed and changed; numbers compared by their text.

Items of lists are brought together by what they hold (see `alignment`), so that one item put in at the
beginning is one difference and not one for every item after it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple

from generations.gateway.rawjson import duplicate_keys
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number, Unreadable, Value, loads
from generations.reading import text
from generations.reading.diff import alignment, invisible_characters
from generations.reading.text import Step

Kind = Literal["added", "removed", "changed", "reordered", "checked"]
Path = tuple[Step, ...]
SHOWN = 300  # differences
SHORT = 120  # characters of a value on its line


class Difference(NamedTuple):
    """One place. `old` and `new` are its paths on both sides.

    `new` also is where it stands when the differences are applied one after the other, so a removed item's
    `new` is the place that its successor takes. `reordered`: an object whose members stand in another order;
    what differs inside follows it.
    """

    kind: Kind
    old: Path
    new: Path
    before: Value = None
    after: Value = None


def differences(
    before: Value, after: Value, budget: alignment.Budget | None = None, old: Path = (), new: Path = ()
) -> Iterator[Difference]:
    """Every difference, in the order of `after`. Values as `jsontext.loads` gives them, not nested deeper."""
    spare = budget or alignment.Budget()
    if isinstance(before, dict) and isinstance(after, dict) and (before.keys() & after.keys() or not old):
        yield from _members(before, after, spare, old, new)
    elif isinstance(before, list) and isinstance(after, list) and before and after:
        yield from _items(before, after, spare, old, new)
    elif not same(before, after):
        yield Difference("changed", old, new, before, after)


def same(before: Value, after: Value) -> bool:
    """Equal by kind, number text and order of members."""
    if type(before) is not type(after):
        return False
    if isinstance(before, dict) and isinstance(after, dict):
        return list(before) == list(after) and all(same(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    return before == after


def _members(
    before: dict[str, Value], after: dict[str, Value], budget: alignment.Budget, old: Path, new: Path
) -> Iterator[Difference]:
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield Difference("reordered", old, new, before, after)
    for key in before:
        if key not in after:
            yield Difference("removed", (*old, key), (*new, key), before[key])
    for key, value in after.items():
        if key in before:
            yield from differences(before[key], value, budget, (*old, key), (*new, key))
        else:
            yield Difference("added", (*old, key), (*new, key), None, value)


def _items(
    before: list[Value], after: list[Value], budget: alignment.Budget, old: Path, new: Path
) -> Iterator[Difference]:
    kept = _kept(before, after, budget)
    if not kept and not _boxes(before, after):
        yield Difference("changed", old, new, before, after)
        return
    for i, i_end, j, j_end in alignment.gaps(kept, len(before), len(after)):
        both = min(i_end - i, j_end - j)
        for shift in range(both):
            places = (*old, i + shift), (*new, j + shift)
            yield from differences(before[i + shift], after[j + shift], budget, *places)
        for position in range(i + both, i_end):
            yield Difference("removed", (*old, position), (*new, j + both), before[position])
        for position in range(j + both, j_end):
            yield Difference("added", (*old, i_end), (*new, position), None, after[position])


def _kept(before: list[Value], after: list[Value], budget: alignment.Budget) -> list[alignment.Run]:
    """The positions of equal items."""
    first, second = list(map(_key, before)), list(map(_key, after))
    found = alignment.runs(first, second, budget)
    singles = [(i + n, j + n, 1) for i, j, length in found for n in range(length)]
    return [(i, j, 1) for i, j, _ in singles if same(before[i], after[j])]


def _key(value: Value) -> str:
    """Equal for equal values. (A number and the text of its digits share one: `same` has the last word.)"""
    return json.dumps(value)


def _boxes(before: list[Value], after: list[Value]) -> bool:
    """Whether lists without an equal item are still worth comparing item by item."""
    return any(isinstance(a, dict | list) and type(a) is type(b) for a, b in zip(before, after, strict=False))


# -- for a page --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A difference, ready to be shown. `at` is its JSON pointer and `path` the same for reading.

    `before` and `after` fit on a line ("" where there is nothing). `texts` are both whole texts where they do
    not fit: a word diff of them is worth showing. `summary` stands for the whole line where set, `note` behind it.
    """

    kind: Kind
    at: str
    path: str
    before: str = ""
    after: str = ""
    texts: tuple[str, str] | None = field(default=None, repr=False)
    summary: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The line: `temperature: 0.7 → 0.2`, `top_p removed (was 0.9)`, `messages[2].content changed`."""
        if self.summary:
            return self.summary
        match self.kind:
            case "added":
                return f"{self.path} added: {self.after}"
            case "removed":
                return f"{self.path} removed" + (f" (was {self.before})" if self.before else "")
            case "reordered":
                return f"{self.path}: the same members in another order"
            case "checked":
                return f"{self.path} must be {self.after}"
        if self.texts:
            return f"{self.path} changed"
        return f"{self.path}: {self.before} → {self.after}" if self.before else f"{self.path} → {self.after}"


@dataclass(frozen=True, slots=True)
class Changes:
    """The first differences and how many there are. `coarse`: some lists were too long to be aligned."""

    shown: list[Change]
    total: int
    coarse: bool


def changes(before: Value, after: Value, shown: int = SHOWN) -> Changes:
    """The differences of two values for a page."""
    budget = alignment.Budget()
    found = differences(before, after, budget)
    first = [change(difference) for difference in islice(found, shown)]
    return Changes(first, len(first) + sum(1 for _ in found), budget.missed > 0)


def text_changes(before: str, after: str) -> Changes | None:
    """The same for two texts that are JSON objects or lists; None when one of them is not."""
    first, second = boxed(before), boxed(after)
    return None if first is None or second is None else changes(first, second)


def boxed(text: str) -> "dict[str, Value] | list[Value] | None":
    """The object or list that a text is; None for every other text, and for one that holds a key twice."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = loads(text)
    except Unreadable:
        return None
    return value if isinstance(value, dict | list) and not duplicate_keys.find(text) else None


def bodies(before: bytes, after: bytes) -> Changes:
    """The differences of two JSON texts, keys that stand more than once included. Raises Unreadable."""
    found, twice = changes(loads(before), loads(after)), list(_repeats(before, after))
    return Changes([*twice, *found.shown], found.total + len(twice), found.coarse)


def _repeats(before: bytes, after: bytes) -> Iterator[Change]:
    """The keys that stand more than once on one side, where both sides are not the same."""
    first, second = dict(duplicate_keys.find(before)), dict(duplicate_keys.find(after))
    for path in sorted({*first, *second}, key=str):
        old, new = first.get(path, ()), second.get(path, ())
        if not all(map(same, old, new)) or len(old) != len(new):
            notes = [
                ", ".join(text.short(value, 40) for value in values[:4]) or "once" for values in (old, new)
            ]
            summary = f"a repeated key: {notes[0]} → {notes[1]}; only its last value is compared"
            yield Change("changed", text.pointer(*path), name(text.pointer(*path)), summary=summary)


def change(found: Difference) -> Change:
    """A difference, ready to be shown."""
    at = text.pointer(*(found.old if found.kind == "removed" else found.new))
    if found.kind == "reordered":
        return Change(found.kind, at, name(at))
    before = "" if found.kind == "added" else brief(found.before)
    after = "" if found.kind == "removed" else brief(found.after)
    texts = both_texts(found.before, found.after)
    return Change(found.kind, at, name(at), before, after, texts, note=_note(found.before, found.after))


def _note(before: Value, after: Value) -> str:
    """What to say about two values that mean the same or look the same."""
    if isinstance(before, Number) and isinstance(after, Number):
        equal = before.decimal is not None and before.decimal == after.decimal
        return "the same number, written in another way" if equal else ""
    return (
        invisible_characters.note(before, after) if isinstance(before, str) and isinstance(after, str) else ""
    )


def name(at: str) -> str:
    """A pointer for reading, also where it names the whole value."""
    return text.dotted(at) if at else "the whole"


def brief(value: Value) -> str:
    """A value on one line: text without quotation marks unless it could be taken for something else."""
    shown = text.short(value, SHORT)
    if not isinstance(value, str) or isinstance(value, Number):
        return shown
    plain = shown and shown == shown.strip() and shown not in ("true", "false", "null")
    return shown if plain and not shown[0].isdecimal() and shown[0] not in '"-[{' else f'"{shown}"'


def both_texts(before: Value, after: Value) -> tuple[str, str] | None:
    """Both texts when one of them does not fit on a line."""
    if not isinstance(before, str) or not isinstance(after, str) or type(before) is not type(after):
        return None
    fits = max(len(before), len(after)) <= SHORT and "\n" not in before + after
    return None if fits else (visible(before), visible(after))
