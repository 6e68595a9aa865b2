"""How a question and an answer begin, for lists: a few words that stand in the row itself."""

from html import unescape

from generations.gateway.rawjson.display import visible
from generations.reading.conversation.formats.wire import Body, WireFormat
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.page_types.conversation import Part, Side, Turn
from generations.reading.text import below, items

LENGTH = 200  # characters of the column
READ = 2000  # characters of a text that are looked at
LOOKED_AT = 20  # last items of a conversation among which the user's is looked for


def of_text(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[:READ].split())
    return visible(line if len(line) <= LENGTH else f"{line[: LENGTH - 1]}…")[:LENGTH]


def of_question(wire: WireFormat, body: Body, at: str, side: Side) -> str:
    """How the user's last message begins, however long the conversation before it is. `side`: the request as shown."""
    if side.left:
        last = _last_turns(wire, body, at)
        return _of_user(last) or _of_user(side.turns)
    return _of_user(side.turns)


def _last_turns(wire: WireFormat, body: Body, at: str) -> list[Turn]:
    if wire.item is None:
        return []
    listed = items(body.get(wire.list_key))
    builder, said = PartBuilder(head=READ), list[Turn]()
    for place in range(max(0, len(listed) - LOOKED_AT), len(listed)):
        said += wire.item(builder, listed[place], below(at, wire.list_key, place))
    return said


def _of_user(turns: list[Turn]) -> str:
    """The last turn of a user that has words; else the last turn that is nobody's answer."""
    asked = [turn for turn in turns if turn.role == "user"]
    others = [turn for turn in turns if turn.role not in ("system", "developer", "assistant", "tool", "user")]
    for turn in [*asked[::-1], *others[::-1]]:
        if words := _of_parts(turn.parts):
            return words
    return ""


def of_side(side: Side) -> str:
    """How an answer begins; an error is none."""
    for turn in side.turns:
        if turn.role != "error" and (words := _of_parts(turn.parts)):
            return words
    return ""


def _of_parts(parts: list[Part]) -> str:
    """What is said before all else, then what is called or shown."""
    spoken = next(
        (part for part in parts if part.form in ("text", "code") and (part.head or part.html)), None
    )
    if spoken is not None:
        return of_text(_plain(spoken.html) if spoken.html else spoken.head)
    return next((of_text(_named(part)) for part in parts if part.kind != "reasoning" and _named(part)), "")


def _plain(html: str) -> str:
    """The text of sanitised HTML: in it every > of a text is written as an entity."""
    return unescape("".join(piece.rpartition(">")[2] for piece in html[: 2 * READ].split("<")))


def _named(part: Part) -> str:
    if part.kind == "tool_call":
        return f"{part.name}({' '.join(part.head.split())})"
    if part.rows:
        return ", ".join(f"{row.label} {row.value}".strip() for row in part.rows[:5])
    return part.name or part.mime or ("" if part.form != "medium" else part.kind)
