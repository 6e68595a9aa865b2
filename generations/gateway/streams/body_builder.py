"""Shared by all assemblers: the body being built, and how a delta extends it."""

import base64
import binascii
from typing import Any, ClassVar, NamedTuple

from generations.gateway.rawjson.values import Number, Value, canonical
from generations.gateway.streams import tolerant
from generations.gateway.streams.alike import SimilarFrame
from generations.gateway.streams.partial_values import (
    Draft,
    GrowingList,
    GrowingText,
    Lost,
    append,
    finished,
    is_empty,
    overlaid,
)

__all__ = ["Body", "StrayEvent", "extended", "grow", "grown"]


class StrayEvent(NamedTuple):
    """An event or value without a place in the body. `name` is the event's, or describes it."""

    name: str
    data: Value


class Body:
    """One body while its frames are taken, one by one, and finished once."""

    wire: ClassVar[str]
    COUNTERS: ClassVar[frozenset[str]] = frozenset({"usage", "cost_nanos", "cost_cents"})
    NOISE: ClassVar[frozenset[str]] = frozenset({"id", "nativeResponseId", "sequence_number", "obfuscation"})

    def __init__(self) -> None:
        self.body: dict[str, Draft] = {}
        self.strays: list[StrayEvent] = []
        self.ended = ""
        self.failed = False
        self._earlier: dict[str, list[Draft]] = {}

    def take(self, name: str, value: dict[str, Any]) -> None:
        """Take one frame: its event's name ("" if it has none) and its object."""
        raise NotImplementedError

    def take_alike(self, value: SimilarFrame) -> None:
        """Take a frame that is the latest of its kind but for its words."""
        self.take("", value.whole())

    def finished(self) -> Value:
        """The whole body. Call it once."""
        for key, values in self._earlier.items():
            self.stray(f"other {key}", values if len(values) > 1 else values[0])
        body = finished(self.body)
        # Some grew after they were kept.
        self.strays[:] = [StrayEvent(name, finished(data)) for name, data in self.strays]
        return body

    def stray(self, name: str, data: Draft) -> None:
        self.strays.append(StrayEvent(name, data))

    def lost(self, name: str, data: Draft) -> None:
        """Keep a member that another value replaced."""
        if name not in ("id", "status"):
            self._earlier.setdefault(name or "value", []).append(finished(data))

    def envelope(self, key: str, member: Draft, *, volatile: bool = False) -> None:
        """A member of the envelope: the latest value that is not empty stays."""
        self.body[key] = overlaid(self.body.get(key), member, _nothing if volatile else self.lost, key)

    def fail(self, value: dict[str, Any]) -> None:
        """An error: `error` of the body, as in a whole answer; a second one becomes a stray."""
        self.failed = True
        error = value.get("error")
        if is_empty(error):
            error = {k: v for k, v in value.items() if k not in self.NOISE and (k, v) not in _SIGNS}
        if is_empty(self.body.get("error")):
            self.body["error"] = error
        elif self.body["error"] != error:
            self.stray("error", value)
            return
        for key, member in value.items():
            if value.get("error") and key != "error" and (key, member) not in _SIGNS:
                self.body.setdefault(key, member)


def _nothing(name: str, data: Draft) -> None:
    """A member that may change from frame to frame."""


_SIGNS = (("object", "error"), ("type", "error"))  # the signs of an error frame carry nothing else


# -- deltas --------------------------------------------------------------------------------------------------


class Base64(GrowingText):
    """Base64 in pieces, each of which may be padded on its own."""

    __slots__ = ()

    @property
    def text(self) -> str:
        if any("=" in piece for piece in self.pieces[:-1]):
            try:
                data = b"".join(base64.b64decode(piece, validate=True) for piece in self.pieces)
                self.pieces = [base64.b64encode(data).decode()]
            except (binascii.Error, ValueError):
                pass
        self.pieces = ["".join(self.pieces)]
        return self.pieces[0]


# Texts that grow inside an object; others are replaced.
_TEXTS = frozenset(
    {"text", "summary", "thinking", "content", "arguments", "input", "transcript", "refusal", "reasoning"}
)
_ONCE = frozenset({"signature", "thought_signature", "encrypted_content", "name"})  # may come whole, or again
_LONG = 8  # characters that hardly come twice by chance
_FIXED = frozenset({"type", "id", "role", "format", "index", "status", "model", "object"})
_FLOWING = frozenset(
    {"text", "thinking", "refusal", "output_text", "summary_text", "reasoning_text", "reasoning"}
)


def grown(box: dict[str, Draft], key: str, member: Draft, lost: Lost, *, texts: bool = True) -> None:
    """Let a delta's member grow what `box` holds. `texts`: whether texts of any name come in pieces."""
    held = box.get(key)
    if isinstance(member, str) and not isinstance(member, Number):
        _grown_text(box, key, member, lost, texts=texts)
    elif isinstance(member, dict) and (is_empty(held) or isinstance(held, dict)):
        inner = box[key] = held if isinstance(held, dict) else {}
        grow(inner, member, lost)
    elif isinstance(member, list) and (is_empty(held) or isinstance(held, list)):
        box[key] = _grown_list(held, member, lost)
    else:
        box[key] = overlaid(held, member, lost, key)


def grow(box: dict[str, Draft], delta: dict[str, Draft], lost: Lost) -> None:
    """Let all members of a delta grow `box`."""
    for key, member in delta.items():
        grown(box, key, member, lost, texts=False)


def _grown_text(box: dict[str, Draft], key: str, piece: str, lost: Lost, *, texts: bool) -> None:
    held = box.get(key)
    if not (held is None or isinstance(held, str | GrowingText)) and not is_empty(held):
        if piece:
            lost(key, piece)
    elif key in _ONCE:
        _once(box, key, piece)
    elif key == "data":
        if not isinstance(held, Base64):
            box[key] = Base64(held if isinstance(held, str) else "")
        box[key].add(piece)
    elif key in _TEXTS or (texts and key not in _FIXED):
        append(box, key, piece)
    else:
        box[key] = overlaid(held, piece, lost, key)


def _once(box: dict[str, Draft], key: str, piece: str) -> None:
    """A text that mostly comes whole, sometimes again, sometimes in pieces."""
    held = box.get(key)
    if isinstance(held, GrowingText) and held.length >= _LONG and held.begins(piece):
        held.replace(piece)
    else:
        append(box, key, piece)


def _grown_list(held: Draft, new: list[Draft], lost: Lost) -> list[Draft]:
    made = held if isinstance(held, GrowingList) else GrowingList([] if is_empty(held) else held)
    for part in new:
        before = _continued(made, part) if isinstance(part, dict) else None
        if before is None:
            made.add(*_begun(made, part, lost) if isinstance(part, dict) else (part, None))
        else:
            grow(before, part, lost)
    return made


def _begun(held: GrowingList, part: dict[str, Draft], lost: Lost) -> tuple[dict[str, Draft], int | None]:
    made: dict[str, Draft] = {}
    grow(made, part, lost)
    index = tolerant.position(part.get("index"))
    if index is not None:
        held.places[index, tolerant.text(part.get("type"))] = made
    return made, index


def _continued(held: GrowingList, part: dict[str, Draft]) -> dict[str, Draft] | None:
    """The element that a part continues: the one of its index and type, or the last one if its text flows on."""
    kind, index = tolerant.text(part.get("type")), tolerant.position(part.get("index"))
    if index is not None:
        before = held.places.get((index, kind))
    else:
        last = held[-1] if held and isinstance(held[-1], dict) else None
        flows = kind.removeprefix("reasoning.") in _FLOWING or kind == "reasoning.summary"
        before = last if last and flows and last.get("type") == kind and "index" not in last else None
    if before is None or _is_other(before.get("id"), part.get("id")):
        return None
    return before


def _is_other(before: Draft, after: Draft) -> bool:
    return not is_empty(before) and not is_empty(after) and bool(before != after)


def extended(held: Draft, new: list[Draft]) -> list[Draft]:
    """A list that is repeated, extended, or sent in parts (citations, annotations): nothing twice, nothing lost."""
    made = held if isinstance(held, _Known) else _Known(held if isinstance(held, list) else [])
    for part in new:
        made.learn(part)
    return made


class _Known(list[Draft]):
    def __init__(self, values: list[Draft]) -> None:
        super().__init__()
        self._seen: set[str] = set()
        for value in values:
            self.learn(value)

    def learn(self, value: Draft) -> None:
        mark = canonical(value)
        if mark not in self._seen:
            self._seen.add(mark)
            self.append(value)
