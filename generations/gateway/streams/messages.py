"""messages: stream events and whole objects -> events."""

from collections.abc import Iterator
from typing import Any

from generations.gateway.events import Event, Finish, Json, Other, Reasoning, Text, ToolCall
from generations.gateway.rawjson.values import dumps
from generations.gateway.streams import parts
from generations.gateway.streams.sse import Frame

__all__ = ["Messages", "whole"]

_SILENT = ("ping", "content_block_stop")


class Messages:
    """contract: `content_block_start` may be missing; `stop_reason` and `usage` may come in two
    `message_delta`; a tool block may come at once with its full `input`; no `[DONE]`."""

    def __init__(self) -> None:
        self.ended = ""
        self._tools = parts.Tools()

    def frame(self, frame: Frame) -> Iterator[Event]:
        told = parts.parse(frame.data)
        if frame.data.strip() == b"[DONE]":
            self.ended = "done"
        elif not isinstance(told, dict):
            yield Other(frame.name, parts.shown(frame.data))
        else:
            kind = parts.text(told.get("type")) or frame.name
            if kind == "content_block_delta" or (not kind and "delta" in told):
                yield from self._delta(told, frame)
            else:
                yield from self._event(kind, told, frame)

    def end(self) -> Iterator[Event]:
        return iter(())

    def _delta(self, told: dict[str, Any], frame: Frame) -> Iterator[Event]:
        delta, index = parts.table(told.get("delta")), parts.number(told.get("index"))
        if parts.text(delta.get("text")):
            yield Text(delta["text"], 0, index)
        elif parts.text(delta.get("thinking")):
            yield Reasoning(delta["thinking"], 0, index)
        elif "partial_json" in delta:
            if parts.text(delta["partial_json"]):
                yield self._tools.add(0, parts.position(told.get("index")), "", "", delta["partial_json"])
        elif "signature" not in delta and "text" not in delta and "thinking" not in delta:
            yield Other("content_block_delta", parts.shown(frame.data))

    def _event(self, kind: str, told: dict[str, Any], frame: Frame) -> Iterator[Event]:
        if kind == "content_block_start":
            yield from self._start(parts.exact(frame.data))
        elif kind == "message_start":
            message = parts.table(parts.exact(frame.data).get("message"))
            yield from whole(message)
        elif kind == "message_delta":
            yield from self._message_delta(parts.exact(frame.data))
        elif kind == "message_stop":
            self.ended = "done"
            yield from parts.meta(told)
        elif kind == "error" or told.get("error"):
            yield from parts.faults(told | {"type": "error"}, parts.shown(frame.data))
        elif kind not in _SILENT:
            yield Other(kind, parts.shown(frame.data))

    def _start(self, told: dict[str, Any]) -> Iterator[Event]:
        for event in _block(parts.table(told.get("content_block")), parts.number(told.get("index"))):
            if isinstance(event, ToolCall):
                index = parts.position(told.get("index"))
                call_id, name = event.call_id or "", event.name or ""
                event = self._tools.whole(0, index, call_id, name, event.arguments)
            yield event

    def _message_delta(self, told: dict[str, Any]) -> Iterator[Event]:
        reason = parts.text(parts.table(told.get("delta")).get("stop_reason"))
        if reason:
            self.ended = self.ended or "finish"
            yield Finish(reason)
        yield from parts.usages(told)
        yield from parts.meta(told)


def whole(told: dict[str, Any]) -> Iterator[Event]:
    """A whole message (or its beginning, as `message_start` tells it)."""
    yield parts.identity(told, camel=True)
    content = told.get("content")
    if parts.text(content):
        yield Text(parts.text(content))
    else:
        for index, block in enumerate(parts.objects(content)):
            yield from _block(block, index)
    if parts.text(told.get("stop_reason")):
        yield Finish(told["stop_reason"])
    yield from parts.usages(told)
    yield from parts.meta(told)


def _block(block: dict[str, Any], index: int) -> Iterator[Event]:
    kind = parts.text(block.get("type"))
    if kind == "text" or (not kind and "text" in block):
        if parts.text(block.get("text")):
            yield Text(block["text"], 0, index)
    elif kind == "thinking":
        if parts.text(block.get("thinking")):
            yield Reasoning(block["thinking"], 0, index)
    elif kind.endswith("tool_use"):
        given = block.get("input")
        arguments = dumps(given) if given else ""
        yield ToolCall(
            index, parts.text(block.get("id")) or None, parts.text(block.get("name")) or None, arguments, True
        )
    elif kind == "image":
        yield from parts.media(block, 0, index)
    elif kind:
        yield Json(dumps(block), kind)
