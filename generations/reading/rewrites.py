"""Edited messages: the texts of a request that people may change in a form, and the patch of what they changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generations.gateway.jsontext import Value, is_text, visible
from generations.reading import numbers
from generations.reading.members import Body, VariationRefused
from generations.reading.patches import Operation, Patch
from generations.reading.text import below, dotted, pointer, words

LISTS = {"chat": "messages", "responses": "input", "messages": "messages"}
ROLES = {
    "chat": ("system", "developer", "user", "assistant"),
    "responses": ("system", "developer", "user", "assistant"),
    "messages": ("user", "assistant"),
}
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
class Editable:
    """A text of the request. `at` is its JSON pointer, `path` the same for reading, `role` who says it ("" if
    nobody does). `text` is as stored: a page shows it through `jsontext.visible`."""

    at: str
    path: str
    role: str
    text: str


def editable(body: Body, wire: str) -> list[Editable]:
    """Every text that a form may offer, in the order of the request's wire format."""
    found: list[Editable] = []
    for key in SPOKEN.get(wire, ()):
        role = "system" if key in ("instructions", "system") else "user" if key == "input" else ""
        found += _texts(body.get(key), below("", key), role, 0)
    return found


def _texts(value: Value, at: str, role: str, depth: int) -> Iterator[Editable]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str) and is_text(value):
        yield Editable(at, dotted(at), role, value)
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
    known = {one.at: one.text for one in editable(body, wire)}
    made = []
    for at, told in texts.items():
        if at not in known:
            raise VariationRefused(f"The request has no text at {visible(at[:100]) or 'its top'}.")
        if _typed(told) != _typed(known[at]):
            made.append(Operation("replace", at, _like(known[at], told)))
    return tuple(made)


def _typed(told: str) -> str:
    return visible(told).replace("\r\n", "\n").replace("\r", "\n")


def _like(stored: str, told: str) -> str:
    """The new text with the line breaks of the stored one."""
    plain = told.replace("\r\n", "\n").replace("\r", "\n")
    return plain.replace("\n", "\r\n") if "\r\n" in stored else plain


def with_message(body: Body, wire: str, role: str, told: str, position: int | None = None) -> Patch:
    """A new message before the one at `position`, or after the last. Raises VariationRefused."""
    if wire not in ROLES:
        raise VariationRefused("No message can be added at this endpoint.")
    if role not in ROLES[wire]:
        raise VariationRefused(f"A message can be added for {', '.join(ROLES[wire])} here.")
    key, message = LISTS[wire], dict[str, Value](role=role, content=told.replace("\r\n", "\n"))
    said = body.get(key)
    if isinstance(said, str) and is_text(said):  # the short form of a single message
        first: Value = {"role": "user", "content": said}
        both: list[Value] = [message, first] if position == 0 else [first, message]
        return (Operation("replace", pointer(key), both),)
    listed = _listed(body, wire)
    place = len(listed) if position is None else position
    if not 0 <= place <= len(listed):
        raise VariationRefused(f"The request has only {numbers.plural(len(listed), 'message')}.")
    return (Operation("add", pointer(key, place), message),)


def without_message(body: Body, wire: str, position: int) -> Patch:
    """Without the message at `position`; one has to stay. Raises VariationRefused."""
    listed = _listed(body, wire)
    if not 0 <= position < len(listed):
        raise VariationRefused(f"The request has no message {position + 1}.")
    if len(listed) == 1:
        raise VariationRefused("A request needs a message.")
    return (Operation("remove", pointer(LISTS[wire], position)),)


def _listed(body: Body, wire: str) -> list[Value]:
    said = body.get(LISTS.get(wire, ""))
    if not isinstance(said, list):
        raise VariationRefused("This request has no list of messages.")
    return said
