"""Request and answer as turns: one shape for every wire format."""

from collections.abc import Iterable
from itertools import count

from msgspec import structs

from generations.gateway import endpoints
from generations.gateway.rawjson.values import Value
from generations.gateway.streams.assemble import StrayEvent
from generations.reading.conversation import formats
from generations.reading.conversation.formats.wire import Body, WireFormat
from generations.reading.conversation.part_builder import BUDGET, PartBuilder
from generations.reading.page_types.conversation import LAST, Part, Side, Turn
from generations.reading.text import HEAD, below, items, steps

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
    list_at = below(at, wire.list_key) if listed else ""
    more, shown = _listed(wire, builder, listed, list_at)
    tail_from = max(shown, len(listed) - LAST) if shown < len(listed) else 0
    tail = page(wire, enumerate(listed[tail_from:], tail_from), list_at, BUDGET // 3) if tail_from else []
    side = Side(numbered(said + more), at=at, list_at=list_at, total=len(listed), shown=shown)
    return structs.replace(side, tail=numbered(tail, "t"), tail_from=tail_from)


def _listed(wire: WireFormat, builder: PartBuilder, listed: list[Value], at: str) -> tuple[list[Turn], int]:
    said: list[Turn] = []
    for position, value in enumerate(listed[:TURNS]):
        if builder.exhausted or wire.item is None:
            return said, position
        said += wire.item(builder, value, below(at, position))
    return said, min(len(listed), TURNS)


def page(
    wire: WireFormat, values: Iterable[tuple[int, Value]], at: str, budget: int = 2 * BUDGET
) -> list[Turn]:
    """The turns of some items of the list at pointer `at`, each with its position: what a fragment shows."""
    builder, said = PartBuilder(budget), []
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
    return [structs.replace(turn, anchor=f"{letter}{next(numbers_)}") for turn in turns]


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
    return structs.replace(turn, parts=parts, label=label)


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


def marked(side: Side, places: list[str]) -> Side:
    """The request with those turns marked that hold the value at one of these pointers."""
    found = [item for place in places if (item := _item(side, place))]
    if not found:
        return side

    def mark(turns: list[Turn]) -> list[Turn]:
        return [structs.replace(turn, wrong=any(holds(turn, item) for item in found)) for turn in turns]

    return structs.replace(side, turns=mark(side.turns), tail=mark(side.tail))


def _item(side: Side, place: str) -> str:
    """The item of the list that a place is in; "" for the list and for what is around it."""
    if side.list_at and place.startswith(f"{side.list_at}/"):
        return below(side.list_at, steps(place)[len(steps(side.list_at))])
    return "" if f"{side.list_at}/".startswith(f"{place}/") else place


def holds(turn: Turn, at: str) -> bool:
    """Whether the value at a pointer, or something in it, is a part of the turn."""
    return any(f"{part.at}/".startswith(f"{at}/") for part in turn.parts if part.at)


def turn_of(side: Side, place: str) -> str:
    """The anchor of the turn that holds the value at a pointer, "" where none does."""
    item = _item(side, place)
    return next((turn.anchor for turn in [*side.turns, *side.tail] if item and holds(turn, item)), "")


def events(strays: Iterable[StrayEvent]) -> list[Turn]:
    """What a stream holds besides the answer."""
    data: list[Value] = [{"event": stray.name, "data": stray.data} for stray in strays]
    return [Turn("answer", [PartBuilder().json("", data)], "other events")] if data else []


def error_body(payload: Value, at: str) -> Side:
    """The error that the client got, where there is no answer."""
    return Side([Turn("error", [PartBuilder().json(at, payload)], anchor="a1")], note="error body", at=at)
