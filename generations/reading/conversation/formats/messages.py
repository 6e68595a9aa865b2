"""messages: system and messages of content blocks in, content blocks out."""

from typing import Literal

from generations.gateway.rawjson.values import Value
from generations.reading.conversation.formats import chat, thoughts
from generations.reading.conversation.formats.wire import Body, WireFormat, turns
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.page_types.conversation import Part, PartKind, Turn
from generations.reading.text import below, box, inside, title, titles, words

ENVELOPE = {
    *("id", "type", "role", "model", "content", "stop_reason", "usage", "nativeResponseId"),
    *("cost_nanos", "cost_cents", "currency", "pricing_lines", "provider", "meta"),
}


def opening(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """`system`, a text or blocks."""
    made = turns(Turn("system", blocks(builder, body.get("system"), below(at, "system"), "text")))
    if "messages" in body and not isinstance(body["messages"], list):
        made += turns(Turn("user", builder.value(below(at, "messages"), body["messages"])))
    return made


def item(builder: PartBuilder, value: Value, at: str) -> list[Turn]:
    """One message. Tool results, which the format puts into the user's mouth, become turns of the tool."""
    if not isinstance(value, dict):
        return [Turn("unknown", builder.value(at, value) or [builder.json(at, value)])]
    role = title(value.get("role")) or "unknown"
    kind: PartKind = "markdown" if role == "assistant" else "text"
    of_tools: set[int] = set()

    def read(builder: PartBuilder, block: Value, inner: str) -> list[Part]:
        made = _block(builder, block, inner, kind)
        if any(part.kind == "tool_result" for part in made):
            of_tools.update(map(id, made))
        return made

    content, place = value.get("content"), below(at, "content")
    parts = (
        builder.each(place, content, read)
        if isinstance(content, list)
        else blocks(builder, content, place, kind)
    )
    parts += builder.leftovers(at, value, {"content"} | titles(value, "role"))
    results = [part for part in parts if id(part) in of_tools]
    rest = [part for part in parts if id(part) not in of_tools]
    made = turns(Turn("tool", results), Turn(role, rest))
    return made or [Turn(role, [])]


def blocks(builder: PartBuilder, value: Value, at: str, kind: PartKind) -> list[Part]:
    """Content that is a text or a list of blocks."""
    if isinstance(value, list):
        return builder.each(at, value, lambda builder, block, inner: _block(builder, block, inner, kind))
    return chat.said(builder, at, value, kind)


def _block(builder: PartBuilder, value: Value, at: str, kind: PartKind) -> list[Part]:
    if not isinstance(value, dict):
        return builder.value(at, value, kind)
    block_type = words(value.get("type")) or ""
    if block_type == "text" and value.get("text", "") is not None:
        return _text(builder, value, at, kind)
    read = _BLOCKS.get(block_type)
    return read(builder, value, at) if read else [builder.json(at, value, "unknown", name=block_type)]


def _text(builder: PartBuilder, value: Body, at: str, kind: PartKind) -> list[Part]:
    parts = chat.said(builder, below(at, "text"), value.get("text"), kind, chat.cache_mark(value))
    parts += chat.each(builder, value, "citations", at, chat.citation)
    return parts + builder.leftovers(at, value, {"type", "text", "citations"} | chat.unmarked(value))


def _tool_use(builder: PartBuilder, value: Body, at: str) -> list[Part]:
    name, call_id = title(value.get("name"), 200), title(value.get("id"), 200)
    known = {"type", "input"} | titles(value, "name", "id", limit=200)
    made = builder.json_text(
        below(at, "input"),
        value.get("input"),
        "tool_call",
        name=name or "unnamed tool",
        call_id=call_id,
    )
    return [made, *builder.leftovers(at, value, known)]


def _tool_result(builder: PartBuilder, value: Body, at: str) -> list[Part]:
    call_id = title(value.get("tool_use_id"), 200)
    failed = "the tool failed" if value.get("is_error") is True else ""
    inner, place = value.get("content"), below(at, "content")
    if isinstance(inner, list) and len(inner) == 1 and box(inner[0]).keys() == {"type", "text"}:
        inner, place = inside(inner[0], "text"), below(place, 0, "text")
    known = {"type", "content", "is_error"} | titles(value, "tool_use_id", limit=200)
    if isinstance(inner, list) and inner:
        made = [chat.result_of(call_id, failed), *blocks(builder, inner, place, "text")]
    else:
        note = failed or ("no content" if inner in (None, "", []) else "")
        made = [builder.json_text(place, inner or "", "tool_result", call_id=call_id, note=note)]
    return made + builder.leftovers(at, value, known)


def _sourced(builder: PartBuilder, value: Body, at: str) -> list[Part]:
    """image and document blocks: `source` is base64, a link, a text or a file ID."""
    source, place = box(value.get("source")), below(at, "source")
    kind, mime = words(source.get("type")), title(source.get("media_type"))
    shown: Literal["image", "file"] = "image" if value.get("type") == "image" else "file"
    name = title(value.get("title"))
    if kind == "text":
        made = builder.value(below(place, "data"), source.get("data"), name=name)
    elif kind == "content":
        made = blocks(builder, source.get("content"), below(place, "content"), "text")
    else:
        key = {"base64": "data", "url": "url", "file": "file_id"}.get(kind or "", "")
        if not key or source.get(key) is None:
            return [builder.json(at, value, "unknown", name=shown)]
        media_type = mime if key == "data" else ""
        made = chat.medium(builder, below(place, key), shown, source[key], media_type, name)
    shows = chat.is_medium(made)
    known = {"type", "data", "content", "url", "file_id"} | (titles(source, "media_type") if shows else set())
    made += builder.leftovers(place, source, known)
    return made + builder.leftovers(
        at, value, {"type", "source"} | (titles(value, "title") if shows else set())
    )


_BLOCKS = {
    **dict.fromkeys(("thinking", "redacted_thinking"), thoughts.part),
    **dict.fromkeys(("tool_use", "server_tool_use", "mcp_tool_use"), _tool_use),
    **dict.fromkeys(("tool_result", "mcp_tool_result"), _tool_result),
    **dict.fromkeys(("image", "document"), _sourced),
}


def answer(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """A whole answer."""
    made = turns(Turn("assistant", blocks(builder, body.get("content"), below(at, "content"), "markdown")))
    return made + turns(Turn("answer", builder.leftovers(at, body, ENVELOPE), label="other fields"))


WIRE = WireFormat(opening, answer, frozenset({"system", "messages"}), "messages", item)
