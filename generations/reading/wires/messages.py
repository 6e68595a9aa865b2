"""messages: system and messages of content blocks in, content blocks out."""

from typing import Literal

from generations.gateway.jsontext import Value
from generations.reading.parts import Pen
from generations.reading.shapes import Part, PartKind, Turn
from generations.reading.text import below, box, inside, items, short, words
from generations.reading.wires import chat
from generations.reading.wires.wire import Body, Wire, turns

ENVELOPE = {
    *("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage", "nativeResponseId"),
    *("cost_nanos", "cost_cents", "currency", "pricing_lines", "provider", "meta", "container"),
}


def opening(pen: Pen, body: Body, at: str) -> list[Turn]:
    """`system`, a text or blocks."""
    made = turns(Turn("system", blocks(pen, body.get("system"), below(at, "system"), "text")))
    if "messages" in body and not isinstance(body["messages"], list):
        made += turns(Turn("user", pen.value(below(at, "messages"), body["messages"])))
    return made


def item(pen: Pen, value: Value, at: str) -> list[Turn]:
    """One message. Tool results, which the format puts into the user's mouth, become turns of the tool."""
    if not isinstance(value, dict):
        return turns(Turn("unknown", pen.value(at, value)))
    role = words(value.get("role")) or "unknown"
    kind: PartKind = "markdown" if role == "assistant" else "text"
    parts = blocks(pen, value.get("content"), below(at, "content"), kind)
    parts += pen.leftovers(at, value, ("role", "content"))
    results = [part for part in parts if part.kind == "tool_result"]
    rest = [part for part in parts if part.kind != "tool_result"]
    made = turns(Turn("tool", results), Turn(short(role, 40), rest))
    return made or [Turn(short(role, 40), [])]


def blocks(pen: Pen, value: Value, at: str, kind: PartKind) -> list[Part]:
    """Content that is a text or a list of blocks."""
    if isinstance(value, list):
        return pen.each(at, value, lambda pen, block, inner: _block(pen, block, inner, kind))
    return chat.said(pen, at, value, kind)


def _block(pen: Pen, value: Value, at: str, kind: PartKind) -> list[Part]:
    if not isinstance(value, dict):
        return pen.value(at, value, kind)
    told = words(value.get("type")) or ""
    if told == "text":
        return _text(pen, value, at, kind)
    read = _BLOCKS.get(told)
    return read(pen, value, at) if read else [pen.json(at, value, "unknown", name=told)]


def _text(pen: Pen, value: Body, at: str, kind: PartKind) -> list[Part]:
    parts = chat.said(pen, below(at, "text"), value.get("text"), kind, chat.cache_mark(value))
    parts += pen.each(below(at, "citations"), items(value.get("citations")), chat.citation)
    return parts + pen.leftovers(at, value, ("type", "text", "cache_control", "citations"))


def _thinking(pen: Pen, value: Body, at: str) -> list[Part]:
    if words(value.get("data")):
        return [pen.text(below(at, "data"), str(value["data"]), "reasoning", note="encrypted")]
    parts = pen.value(below(at, "thinking"), value.get("thinking"), "reasoning")
    return parts + pen.leftovers(at, value, ("type", "thinking", "signature"))


def _tool_use(pen: Pen, value: Body, at: str) -> list[Part]:
    name, call_id = words(value.get("name")) or "unnamed tool", words(value.get("id")) or ""
    mark = chat.cache_mark(value)
    made = pen.json_text(
        below(at, "input"), value.get("input"), "tool_call", name=name, call_id=call_id, note=mark
    )
    return [made, *pen.leftovers(at, value, ("type", "id", "name", "input", "cache_control"))]


def _tool_result(pen: Pen, value: Body, at: str) -> list[Part]:
    call_id = words(value.get("tool_use_id")) or ""
    failed = "the tool failed" if value.get("is_error") is True else ""
    note = ", ".join(filter(None, [failed, chat.cache_mark(value)]))
    inner, place = value.get("content"), below(at, "content")
    if isinstance(inner, list) and len(inner) == 1 and words(inside(inner[0], "text")):
        inner, place = inside(inner[0], "text"), below(place, 0, "text")
    made = pen.json_text(place, inner, "tool_result", call_id=call_id, note=note)
    known = ("type", "tool_use_id", "content", "is_error", "cache_control")
    return [made, *pen.leftovers(at, value, known)]


def _sourced(pen: Pen, value: Body, at: str) -> list[Part]:
    """image and document blocks: `source` is base64, a link, a text or a file ID."""
    source, place = box(value.get("source")), below(at, "source")
    kind, mime = words(source.get("type")), words(source.get("media_type")) or ""
    shown: Literal["image", "file"] = "image" if value.get("type") == "image" else "file"
    name, mark = words(value.get("title")) or "", chat.cache_mark(value)
    if kind == "text":
        made = pen.value(below(place, "data"), source.get("data"), "file", name=name, note=mark)
    elif kind == "content":
        made = blocks(pen, source.get("content"), below(place, "content"), "text")
    else:
        key = {"base64": "data", "url": "url", "file": "file_id"}.get(kind or "", "")
        if not key or source.get(key) is None:
            return [pen.json(at, value, "unknown", name=shown)]
        told = mime if key == "data" else ""
        made = [pen.medium(below(place, key), shown, source[key], mime=told, name=name)]
    return made + pen.leftovers(at, value, ("type", "source", "title", "cache_control"))


_BLOCKS = {
    **dict.fromkeys(("thinking", "redacted_thinking"), _thinking),
    **dict.fromkeys(("tool_use", "server_tool_use", "mcp_tool_use"), _tool_use),
    **dict.fromkeys(("tool_result", "mcp_tool_result"), _tool_result),
    **dict.fromkeys(("image", "document"), _sourced),
}


def answer(pen: Pen, body: Body, at: str) -> list[Turn]:
    """A whole answer."""
    parts = blocks(pen, body.get("content"), below(at, "content"), "markdown")
    made = turns(Turn("assistant", parts))
    return made + turns(Turn("answer", pen.leftovers(at, body, ENVELOPE), label="other fields"))


WIRE = Wire(opening, answer, frozenset({"system", "messages"}), "messages", item)
