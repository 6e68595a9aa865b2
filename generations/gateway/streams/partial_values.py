"""Values while they are assembled: texts in pieces, final objects merged over earlier ones, counters.

A draft is a JSON value whose texts may still be GrowingText. Everything here costs no more than the new value's own
size, so that a stream of any length is assembled in linear time.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from generations.gateway.rawjson.values import Number, Value, canonical
from generations.gateway.streams.call_identity import Arguments

__all__ = [
    "Draft",
    "GrowingList",
    "GrowingText",
    "Lost",
    "append",
    "completed",
    "finished",
    "is_empty",
    "overlaid",
    "overlaid_counts",
]

Draft: TypeAlias = Any
Lost: TypeAlias = Callable[[str, Draft], None]
"""Takes the name and the value of a member that another value replaced."""


class GrowingText:
    """A text that comes in pieces, joined once at the end.

    Servers that repeat the whole text so far in each piece are recognized: each piece begins with the one
    before, two of them grew, and the words are too many for chance (`ha`, `haha` may be true pieces).
    """

    __slots__ = ("_grown", "_grows", "length", "pieces")

    def __init__(self, text: str = "") -> None:
        self._grows, self._grown = True, 0
        self.replace(text)

    def add(self, piece: str) -> None:
        if not piece:
            return
        if self._grows and self.pieces:
            self._grows = piece.startswith(self.pieces[-1])
            self._grown += self._grows and len(piece) > len(self.pieces[-1])
        self.pieces.append(piece)
        self.length += len(piece)

    def _repeats(self) -> bool:
        if not self._grows or self._grown < 2:
            return False
        return len(set(self.pieces[0])) > 2 or (self._grown > 2 and len(set(self.pieces[-1])) > 4)

    def begins(self, text: str, *, longer: bool = False) -> bool:
        """Whether `text` begins with what is there. Lengths are compared first."""
        return 0 < self.length <= len(text) - longer and text.startswith(self.text)

    def replace(self, text: str) -> None:
        self.pieces, self.length = [text] if text else [], len(text)

    @property
    def text(self) -> str:
        if len(self.pieces) > 1:
            text = self.pieces[-1] if self._repeats() else "".join(self.pieces)
            self.pieces, self._grows = [text], False
        return self.pieces[0] if self.pieces else ""


class GrowingList(list[Draft]):
    """A list whose elements grow: it knows which one a delta continues."""

    def __init__(self, values: list[Draft]) -> None:
        super().__init__(values)
        self.places: dict[tuple[int, str], dict[str, Draft]] = {}
        self.indexes: list[int] = []

    def add(self, part: Draft, index: int | None) -> None:
        """`index` is the server's; without one the part follows the one before it."""
        self.indexes += [0] * (len(self) - len(self.indexes))
        self.indexes.append(index if index is not None else self.indexes[-1] if self.indexes else 0)
        self.append(part)

    def ordered(self) -> list[Draft]:
        """By index, then by arrival."""
        self.indexes += [0] * (len(self) - len(self.indexes))
        return [self[at] for at in sorted(range(len(self)), key=self.indexes.__getitem__)]


def with_joined_surrogates(text: str) -> str:
    """Characters that were cut between their two surrogates, made whole."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


def append(box: dict[str, Draft], key: str, piece: str) -> None:
    """Add a piece to the text under `key`."""
    held = box.get(key)
    if not isinstance(held, GrowingText):
        held = box[key] = GrowingText(held if isinstance(held, str) else "")
    held.add(piece)


def finished(draft: Draft) -> Value:
    """The finished value. Objects and lists are changed in place."""
    if isinstance(draft, GrowingText | Arguments):
        return with_joined_surrogates(draft.text)
    if isinstance(draft, dict):
        for key, child in draft.items():
            if isinstance(child, _BOXES):
                draft[key] = finished(child)
        return draft
    if isinstance(draft, list):
        for at, child in enumerate(draft):
            if isinstance(child, _BOXES):
                draft[at] = finished(child)
        return draft.ordered() if isinstance(draft, GrowingList) else list(draft)
    return draft  # type: ignore[no-any-return]


_BOXES = (GrowingText, Arguments, dict, list)


def is_empty(draft: Draft) -> bool:
    """Whether it holds nothing: null, an empty text, object or list. Zero and false hold something."""
    if isinstance(draft, GrowingText | Arguments):
        return not draft.length
    return draft is None or draft in ("", {}, [])


# -- a later value over an earlier one -----------------------------------------------------------------------


def overlaid(held: Draft, new: Draft, lost: Lost, name: str = "") -> Draft:
    """`new` over `held`: what `new` leaves empty stays as it was. `held` is changed in place."""
    if held is None or (is_empty(new) and not is_empty(held)):
        return new if held is None else held
    if isinstance(held, dict) and isinstance(new, dict):
        for key, value in new.items():
            held[key] = overlaid(held[key], value, lost, key) if key in held else value
        return held
    if isinstance(held, list) and isinstance(new, list) and _fits(held, new):
        for at, value in enumerate(new):
            held[at : at + 1] = [overlaid(held[at], value, lost, name) if at < len(held) else value]
        return held
    if not is_empty(held) and held is not False and _differs(held, new):
        lost(name, held)
    return new


def _fits(held: list[Draft], new: list[Draft]) -> bool:
    return all(_same_thing(before, after) for before, after in zip(held, new, strict=False))


def _same_thing(before: Draft, after: Draft) -> bool:
    """Whether both may be the same part: no member that both have differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = ("type", "id", "index")
        return all(
            before[n] == after[n] for n in names if not is_empty(before.get(n)) and not is_empty(after.get(n))
        )
    return not _differs(before, after)


def _differs(held: Draft, new: Draft) -> bool:
    if isinstance(held, GrowingText | Arguments):
        held = with_joined_surrogates(held.text)
    return isinstance(held, dict) is not isinstance(new, dict) or bool(held != new)


def completed(final: Draft, draft: Draft, lost: Lost, name: str = "") -> Draft:
    """A final value with everything that only the draft holds. For use once: lists are searched."""
    if not isinstance(final, list) or not isinstance(draft, list) or _fits(draft, final):
        if isinstance(final, dict) and isinstance(draft, dict):
            for key, value in final.items():
                draft[key] = completed(value, draft[key], lost, key) if key in draft else value
            return draft
        return overlaid(draft, final, lost, name)
    said = {_comparable(part) for part in final}
    return final + [part for part in draft if not is_empty(part) and _comparable(finished(part)) not in said]


_WORDS = ("text", "refusal", "thinking", "summary", "data", "url", "name")


def _comparable(part: Value) -> str:
    """The words of a part, by which it is found in a final list that numbers its parts differently."""
    if isinstance(part, dict):
        words = {key: part[key] for key in _WORDS if not is_empty(part.get(key))}
        if words:
            return canonical(words)
    return canonical(part)


# -- usage ---------------------------------------------------------------------------------------------------


def overlaid_counts(held: Draft, new: Draft, lost: Lost, name: str = "usage") -> Draft:
    """Usage over earlier usage. Counters never fall; null and 0 wipe nothing."""
    if isinstance(held, dict) and isinstance(new, dict):
        for key, value in new.items():
            held[key] = overlaid_counts(held[key], value, lost, key) if key in held else value
        return held
    if is_empty(new) and held is not None:
        return held
    if isinstance(held, Number) and isinstance(new, Number):
        before, after = held.decimal, new.decimal
        if before is not None and after is not None and after < before:
            if after:
                lost(name, new)
            return held
    return new
