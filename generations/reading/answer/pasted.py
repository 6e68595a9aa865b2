"""An answer that somebody pasted: what it is taken for, without credentials, and how pages show it.

It may be plain text, a body of a wire format, or a stream as it was logged. Its pointers begin with `pasted:`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from generations.gateway.rawjson.values import Value, dumps
from generations.gateway.streams.assemble import StrayEvent
from generations.reading import documents, text
from generations.reading.answer import answer_facts, frames
from generations.reading.answer.answer_choices import shape_of
from generations.reading.answer.stored import holds_answer
from generations.reading.conversation import formats, sides
from generations.reading.explorer import json_nodes
from generations.reading.export import credentials
from generations.reading.figures import formatting
from generations.reading.large.index import LocatedValue
from generations.reading.page_types.conversation import Side, Turn
from generations.reading.text import box, words

LIMIT = 2 * 2**20  # bytes of UTF-8
AT = "pasted:"
Kind = Literal["text", "body", "stream"]
SHAPES = ("choices", "output", "output_text", "results", "pages")


class PasteRefused(Exception):
    """What was pasted is no answer. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """`text` is what is stored, `body` what it says: a text or a whole body. `removed` credentials were replaced.
    `strays` have no place in the body of a stream."""

    text: str
    kind: Kind
    body: Value
    removed: int = 0
    strays: list[StrayEvent] = field(default_factory=list)


def read(content: str, wire: str, *, as_text: bool = False, secrets: Iterable[str] = ()) -> Pasted:
    """What was pasted, checked and without credentials. Raises PasteRefused."""
    size = len(content.encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        raise PasteRefused(
            f"The answer has {formatting.size(size)}. At most 2 MB can be pasted; paste the part that matters."
        )
    if not content.strip():
        raise PasteRefused("Nothing was pasted.")
    clean, removed = credentials.without(content, secrets)
    found = TakenFor("text", clean) if as_text else taken_for(clean, wire)
    return Pasted(clean, found.kind, found.body, removed, found.strays)


def read_stored(content: str, kind: str, wire: str, removed: int = 0) -> Pasted:
    """A stored one. What was taken for a body and is none for this version of Retake is text."""
    try:
        found = TakenFor("text", content) if kind == "text" else taken_for(content, wire)
    except PasteRefused:
        found = TakenFor("text", content)
    return Pasted(content, found.kind, found.body, removed, found.strays)


class TakenFor(NamedTuple):
    """What a text is taken for."""

    kind: Kind
    body: Value
    strays: list[StrayEvent] = []


def taken_for(content: str, wire: str) -> TakenFor:
    """What a text is taken for, and what it says. Raises PasteRefused for what is no answer: a frame, an error."""
    found = documents.of_value(content, wire)
    if found is None or not (
        found.streamed or found.frame or is_body(found.body, wire) or box(found.body).get("error")
    ):
        return TakenFor("text", content)
    facts = answer_facts.read(wire, found.body, found.strays)
    if found.frame or (found.streamed and facts.is_empty and not facts.errors):
        raise PasteRefused(
            "This is the end of a stream, not the whole answer. Paste the whole stream, or just its text."
        )
    if facts.errors and not holds_answer(found.body):
        raise PasteRefused("This is an error, not an answer. To store it anyway, paste it as plain text.")
    return TakenFor("stream" if found.streamed else "body", found.body, found.strays)


def is_body(value: Value, wire: str) -> bool:
    """Whether a JSON object is a body of a wire format, and not an answer that is JSON itself."""
    fields = box(value)
    if any(isinstance(fields.get(key), list) for key in SHAPES) or fields.get("object") == "response":
        return True
    if words(fields.get("type")) in ("message", *frames.BODIES):
        return True
    return wire == "embeddings" and isinstance(fields.get("data"), list)


def side(wire: str, pasted: Pasted) -> Side:
    """The answer as pages show it."""
    readers = formats.of("" if pasted.kind == "text" else shape_of(wire, box(pasted.body)))
    made = sides.answer(readers, pasted.body, AT)
    size = formatting.size(text.byte_size(pasted.text))
    turns = [
        Turn("assistant" if pasted.kind == "text" else turn.role, turn.parts, turn.label)
        for turn in made.turns
    ]
    turns += sides.events(pasted.strays)
    return Side(sides.numbered(turns, "p"), size=size, at=AT)


def value_at(pasted: Pasted, at: str) -> LocatedValue | None:
    """The value at a pointer that begins with `pasted:`."""
    raw = json_nodes.cut(dumps(pasted.body).encode("utf-8", "surrogatepass"), at.removeprefix(AT))
    return None if raw is None else LocatedValue.held(raw)
