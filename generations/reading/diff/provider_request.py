"""What went to the provider, against the request that the gateway stored: what it added, rewrote and left out.

contract §0.2: `provider_request` is what the gateway sent after defaults and rewriting, mostly JSON in a string.
"""

from dataclasses import dataclass, field
from typing import Literal

from generations.gateway.rawjson.values import Unreadable, Value, is_text, loads
from generations.reading import documents
from generations.reading.answer.stored import REDACTED
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.diff import json_diff, passages
from generations.reading.diff.passages import Lines
from generations.reading.figures import formatting
from generations.reading.large.index import LocatedValue
from generations.reading.page_types.conversation import Part, PartKind
from generations.reading.text import HEAD, box, head

READ_UP_TO = documents.READ_UP_TO  # bytes of either body that are compared
TITLES = {"added": "Added by the gateway", "changed": "Rewritten", "removed": "Left out"}
PROMPTS = ("messages", "input", "contents", "prompt")  # what distinguishes wire formats
SANITISED = (
    "The gateway's sanitizer replaced it: it mistook the text for an error or a stack trace. "
    "What was sent to the provider is unknown."
)


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """Differences of one kind."""

    kind: Literal["added", "changed", "removed"]
    lines: Lines

    @property
    def title(self) -> str:
        return TITLES[self.kind]


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """The body that went to the provider. `at` is its pointer ("" where there is nothing to read), `why` says why it
    is not compared. `total` differences, of which `left` are not shown; `notes` say what else differs.
    """

    at: str = ""
    size: str = ""
    body: Part | None = None
    groups: list[DifferenceGroup] = field(default_factory=list)
    total: int = 0
    left: int = 0
    coarse: bool = False
    notes: list[str] = field(default_factory=list)
    why: str = ""

    @property
    def is_same(self) -> bool:
        return not (self.why or self.total or self.notes)


def read(stored: bytes | None, sent: bytes) -> ProviderRequest:
    """`stored` is the request as the gateway kept it, None where it did not; `sent` the value of `provider_request`."""
    size = formatting.size(len(sent))
    try:
        value: Value = loads(sent)
    except Unreadable:
        return ProviderRequest(
            documents.RAW_SENT, size, why="It cannot be read as JSON, so it is not compared."
        )
    if value == REDACTED:
        return ProviderRequest(size=size, why=SANITISED)
    inner = documents.inner(sent) if is_text(value) else None
    at, body = (documents.SENT, inner.body) if inner else (documents.RAW_SENT, value)
    shown = ProviderRequest(
        at,
        size,
        PartBuilder().json(at, body) if isinstance(body, dict | list) else PartBuilder().text(at, str(body)),
    )
    return _compared(shown, stored, body)


def too_large(found: LocatedValue, asked: LocatedValue | None) -> ProviderRequest:
    """What is shown of bodies that are not compared: the beginning of what was sent."""
    limit, size = formatting.size(READ_UP_TO), formatting.size(found.size)
    kind: PartKind = "text" if found.head(1) == b'"' else "json"
    start = head(found.head(HEAD).decode("utf-8", "replace"))
    body = Part(kind, documents.RAW_SENT, start, size=size, more=True)
    sizes = f"{size}, the stored request {formatting.size(asked.size)}" if asked else size
    return ProviderRequest(
        documents.RAW_SENT, size, body, why=f"It has {sizes}. Anything over {limit} is not compared."
    )


def _compared(shown: ProviderRequest, stored: bytes | None, body: Value) -> ProviderRequest:
    asked, why = _asked(stored)
    if not isinstance(body, dict):
        why = "It is not a JSON object, so it is not compared."
    if why:
        return _with(shown, why=why)
    found = json_diff.changes(asked, body)
    lines = passages.lines(found)
    groups = [
        DifferenceGroup(kind, Lines([line for line in lines.shown if line.change.kind == kind]))
        for kind in _KINDS
    ]
    moved = sum(line.change.kind == "reordered" for line in lines.shown)
    return _with(
        shown,
        groups=[group for group in groups if group.lines.shown],
        total=found.total - moved,
        left=lines.left,
        coarse=found.coarse,
        notes=_notes(asked, body, moved),
    )


_KINDS: tuple[Literal["added", "changed", "removed"], ...] = ("added", "changed", "removed")


def _asked(stored: bytes | None) -> tuple[Value, str]:
    """The stored request, or why it cannot be compared."""
    if stored is None:
        return None, "The stored request is not in the record, so there is nothing to compare it with."
    try:
        return loads(stored), ""
    except Unreadable:
        return None, "The stored request cannot be read as JSON, so they are not compared."


def _notes(asked: Value, body: Value, moved: int) -> list[str]:
    before, after = (next((key for key in PROMPTS if key in box(value)), "") for value in (asked, body))
    made = []
    if before and after and before != after:
        made.append(f"The gateway used another wire format for this provider: {before} became {after}.")
    if moved:
        made.append(f"The order of fields differs in {formatting.plural(moved, 'place')}.")
    return made


def _with(shown: ProviderRequest, **changes: object) -> ProviderRequest:
    return ProviderRequest(shown.at, shown.size, shown.body, **changes)  # type: ignore[arg-type]
