"""Request and answer as turns: one shape for every wire format."""

from collections.abc import Iterable
from itertools import count

from generations.gateway import endpoints
from generations.gateway.rawjson.values import Value
from generations.gateway.streams.assemble import StrayEvent
from generations.reading.conversation import formats
from generations.reading.conversation.formats.wire import Body, WireFormat
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.page_types.conversation import Part, Side, Turn
from generations.reading.text import HEAD, below, items

MANY, BRIEF = 24, 600  # items from which on heads are brief, so that more of them are seen at once
TURNS = 200  # read at lookup; the others on request
PAGE = 50  # items of the list that one fragment reads


def wire_of(endpoint: str | None) -> WireFormat:
    """The readers of the wire format that the stored endpoint name speaks."""
    known = endpoints.find(endpoint or "")
    return formats.of(known.wire if known else None)


def request(wire: WireFormat, body: Body, at: str) -> Side:
    """The request's side. `at` is the pointer of `body` in the record."""
    listed = items(body.get(wire.list_key)) if wire.item else []
    builder = PartBuilder(head=HEAD if len(listed) <= MANY else BRIEF)
    said = wire.opening(builder, body, at)
    more, shown = _listed(wire, builder, listed, below(at, wire.list_key))
    list_at = below(at, wire.list_key) if listed else ""
    return Side(numbered(said + more), at=at, list_at=list_at, total=len(listed), shown=shown)


def _listed(wire: WireFormat, builder: PartBuilder, listed: list[Value], at: str) -> tuple[list[Turn], int]:
    said: list[Turn] = []
    for position, value in enumerate(listed[:TURNS]):
        if builder.exhausted or wire.item is None:
            return said, position
        said += wire.item(builder, value, below(at, position))
    return said, min(len(listed), TURNS)


def page(wire: WireFormat, values: Iterable[tuple[int, Value]], at: str) -> list[Turn]:
    """The turns of some items of the list at pointer `at`, each with its position: what a fragment shows."""
    builder, said = PartBuilder(2 * 45_000), []
    for position, value in values:
        said += wire.item(builder, value, below(at, position)) if wire.item else []
    return said


def answer(wire: WireFormat, body: Value, at: str) -> Side:
    """The answer's side. An answer that is no object is shown as it is."""
    builder = PartBuilder()
    if isinstance(body, dict):
        said = wire.answer(builder, body, at)
    else:
        said = [Turn("answer", builder.value(at, body, "markdown"))] if body not in (None, "") else []
    return Side(numbered(said, "a"), at=at)


def numbered(turns: Iterable[Turn], letter: str = "q") -> list[Turn]:
    """The turns with an anchor each, so that a link can name one."""
    numbers_ = count(1)
    return [Turn(turn.role, turn.parts, turn.label, f"{letter}{next(numbers_)}") for turn in turns]


def paired(turns: list[Turn], others: list[Turn]) -> list[Turn]:
    """Tool calls linked to their results and the other way round; a result learns the name of its tool."""
    calls: dict[str, tuple[str, str]] = {}
    results: dict[str, str] = {}
    for turn in turns + others:
        for part in turn.parts:
            if part.kind == "tool_call" and part.call_id:
                calls[part.call_id] = (turn.anchor, part.name)
            if part.kind == "tool_result" and part.call_id:
                results[part.call_id] = turn.anchor
    return [_paired(turn, calls, results) for turn in turns] if calls and results else turns


def _paired(turn: Turn, calls: dict[str, tuple[str, str]], results: dict[str, str]) -> Turn:
    parts, label = [], turn.label
    for part in turn.parts:
        if part.kind == "tool_call" and part.call_id in results:
            part = _with_pair(part, results[part.call_id], part.name)
        elif part.kind == "tool_result" and part.call_id in calls:
            anchor, name = calls[part.call_id]
            part = _with_pair(part, anchor, name)
            label = label or name
        parts.append(part)
    return Turn(turn.role, parts, label, turn.anchor)


def _with_pair(part: Part, anchor: str, name: str) -> Part:
    return Part(
        part.kind,
        part.at,
        part.head,
        size=part.size,
        more=part.more,
        name=part.name or name,
        call_id=part.call_id,
        pair=anchor,
        note=part.note,
    )


def events(strays: Iterable[StrayEvent]) -> list[Turn]:
    """What a stream holds besides the answer."""
    data: list[Value] = [{"event": stray.name, "data": stray.data} for stray in strays]
    return [Turn("answer", [PartBuilder().json("", data)], "other events")] if data else []


def error_body(payload: Value, at: str) -> Side:
    """The error that the client got, where there is no answer."""
    return Side([Turn("error", [PartBuilder().json(at, payload)], anchor="a1")], note="error body", at=at)
