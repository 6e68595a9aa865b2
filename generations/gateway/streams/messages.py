"""messages: stream events and whole objects -> events."""

from collections.abc import Iterator
from typing import Any

from generations.gateway.events import Event, Finish, Json, Other, Reasoning, Text, ToolCall
from generations.gateway.rawjson.values import dumps
from generations.gateway.streams import tolerant
from generations.gateway.streams.sse import Frame

__all__ = ["MessagesReader", "whole"]

_SILENT = ("ping", "content_block_stop")


class MessagesReader:
    """contract: `content_block_start` may be missing; `stop_reason` and `usage` may come in two
    `message_delta`; a tool block may come at once with its full `input`; no `[DONE]`."""

    def __init__(self) -> None:
        self.ended = ""
        self._tools = tolerant.KnownToolCalls()

    def frame(self, frame: Frame) -> Iterator[Event]:
        fields = tolerant.parse(frame.data)
        if frame.data.strip() == b"[DONE]":
            self.ended = "done"
        elif not isinstance(fields, dict):
            yield Other(frame.name, tolerant.shown(frame.data))
        else:
            kind = tolerant.text(fields.get("type")) or frame.name
            if kind == "content_block_delta" or (not kind and "delta" in fields):
                yield from self._delta(fields, frame)
            else:
                yield from self._event(kind, fields, frame)

    def end(self) -> Iterator[Event]:
        return iter(())

    def _delta(self, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        delta, index = tolerant.table(fields.get("delta")), tolerant.number(fields.get("index"))
        if tolerant.text(delta.get("text")):
            yield Text(delta["text"], 0, index)
        elif tolerant.text(delta.get("thinking")):
            yield Reasoning(delta["thinking"], 0, index)
        elif "partial_json" in delta:
            if tolerant.text(delta["partial_json"]):
                yield self._tools.add(
                    0, tolerant.position(fields.get("index")), "", "", delta["partial_json"]
                )
        elif "signature" not in delta and "text" not in delta and "thinking" not in delta:
            yield Other("content_block_delta", tolerant.shown(frame.data))

    def _event(self, kind: str, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        if kind == "content_block_start":
            yield from self._start(tolerant.exact(frame.data))
        elif kind == "message_start":
            message = tolerant.table(tolerant.exact(frame.data).get("message"))
            yield from whole(message)
        elif kind == "message_delta":
            yield from self._message_delta(tolerant.exact(frame.data))
        elif kind == "message_stop":
            self.ended = "done"
            yield from tolerant.meta(fields)
        elif kind == "error" or fields.get("error"):
            yield from tolerant.faults(fields | {"type": "error"}, tolerant.shown(frame.data))
        elif kind not in _SILENT:
            yield Other(kind, tolerant.shown(frame.data))

    def _start(self, fields: dict[str, Any]) -> Iterator[Event]:
        for event in _block(
            tolerant.table(fields.get("content_block")), tolerant.number(fields.get("index"))
        ):
            if isinstance(event, ToolCall):
                index = tolerant.position(fields.get("index"))
                call_id, name = event.call_id or "", event.name or ""
                event = self._tools.whole(0, index, call_id, name, event.arguments)
            yield event

    def _message_delta(self, fields: dict[str, Any]) -> Iterator[Event]:
        reason = tolerant.text(tolerant.table(fields.get("delta")).get("stop_reason"))
        if reason:
            self.ended = self.ended or "finish"
            yield Finish(reason)
        yield from tolerant.usages(fields)
        yield from tolerant.meta(fields)


def whole(fields: dict[str, Any]) -> Iterator[Event]:
    """A whole message, or its beginning from `message_start`."""
    yield tolerant.identity(fields, camel=True)
    content = fields.get("content")
    if tolerant.text(content):
        yield Text(tolerant.text(content))
    else:
        for index, block in enumerate(tolerant.objects(content)):
            yield from _block(block, index)
    if tolerant.text(fields.get("stop_reason")):
        yield Finish(fields["stop_reason"])
    yield from tolerant.usages(fields)
    yield from tolerant.meta(fields)


def _block(block: dict[str, Any], index: int) -> Iterator[Event]:
    kind = tolerant.text(block.get("type"))
    if kind == "text" or (not kind and "text" in block):
        if tolerant.text(block.get("text")):
            yield Text(block["text"], 0, index)
    elif kind == "thinking":
        if tolerant.text(block.get("thinking")):
            yield Reasoning(block["thinking"], 0, index)
    elif kind.endswith("tool_use"):
        given = block.get("input")
        arguments = dumps(given) if given else ""
        yield ToolCall(
            index,
            tolerant.text(block.get("id")) or None,
            tolerant.text(block.get("name")) or None,
            arguments,
            True,
        )
    elif kind == "image":
        yield from tolerant.media(block, 0, index)
    elif kind:
        yield Json(dumps(block), kind)
