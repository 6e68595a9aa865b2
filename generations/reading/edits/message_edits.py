"""Edited messages: the texts of a request that people may change in a form, and the patch of what they changed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Value, is_text
from generations.reading.diff import alignment
from generations.reading.edits.json_patch import Operation, Patch
from generations.reading.edits.patch_ops import Body, VariationRefused
from generations.reading.text import below, dotted, words

SPOKEN = {
    "chat": ("messages",),
    "responses": ("instructions", "input"),
    "messages": ("system", "messages"),
    "embeddings": ("input",),
    "moderations": ("input",),
    "rerank": ("query", "documents"),
    "images": ("prompt",),
    "speech": ("input", "instructions"),
    "transcription": ("prompt",),
}
_WITHIN = ("content", "text", "output")  # members of a message or a part that hold what was said
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class EditableText:
    """A text of the request. `at` is its JSON pointer, `path` the same for reading, `role` who says it ("" if
    nobody does). `text` is as stored: a page shows it through `jsontext.visible`."""

    at: str
    path: str
    role: str
    text: str


def editable(body: Body, wire: str) -> list[EditableText]:
    """Every text that a form may offer, in the order of the request's wire format."""
    found: list[EditableText] = []
    for key in SPOKEN.get(wire, ()):
        role = "system" if key in ("instructions", "system") else "user" if key == "input" else ""
        found += _texts(body.get(key), below("", key), role, 0)
    return found


def _texts(value: Value, at: str, role: str, depth: int) -> Iterator[EditableText]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str) and is_text(value):
        yield EditableText(at, dotted(at), role, value)
    elif isinstance(value, list):
        for position, child in enumerate(value):
            yield from _texts(child, below(at, position), role, depth + 1)
    elif isinstance(value, dict):
        speaker = words(value.get("role")) or role
        for key in _WITHIN:
            yield from _texts(value.get(key), below(at, key), speaker, depth + 1)


def rewritten(body: Body, wire: str, texts: Mapping[str, str]) -> Patch:
    """The patch for texts that came back from a form, by pointer. () when none was changed.

    A form sends line breaks as CR LF and cannot carry every character; what only differs by that is not changed.
    Raises VariationRefused for a pointer that names no text.
    """
    known = {item.at: item.text for item in editable(body, wire)}
    made = []
    for at, text in texts.items():
        if at not in known:
            raise VariationRefused(f"The request has no text at {visible(at[:100]) or 'its top'}.")
        if _typed(text) != _typed(known[at]):
            made.append(Operation("replace", at, _like(known[at], text)))
    return tuple(made)


def _typed(text: str) -> str:
    return visible(text).replace("\r\n", "\n").replace("\r", "\n")


def _like(stored: str, text: str) -> str:
    """The new text: around and between what was edited the stored characters, also those that a form cannot carry."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    units = _UNITS.findall(stored)
    shown = [_typed(unit) for unit in units]
    before = _alike(shown, plain)
    after = _alike(shown[before:][::-1], plain[before:][::-1])
    kept = slice(before, len(units) - after)
    edited = _between(units[kept], shown[kept], plain[before : len(plain) - after], "\r\n" in stored)
    return "".join(units[:before]) + edited + "".join(units[len(units) - after :])


def _between(units: list[str], shown: list[str], plain: str, breaks: bool) -> str:
    """The edited stretch, with the stored characters where they are what was typed."""
    made, at = list[str](), 0
    for i, j, length in [*alignment.runs(shown, plain), (len(units), len(plain), 0)]:
        new = plain[at:j]
        made += [new.replace("\n", "\r\n") if breaks else new, *units[i : i + length]]
        at = j + length
    return "".join(made)


# What a form shows as one character.
_UNITS = re.compile("\r\n|[\ud800-\udbff][\udc00-\udfff]|.", re.DOTALL)


def _alike(first: Sequence[str], second: Sequence[str]) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(second)))
