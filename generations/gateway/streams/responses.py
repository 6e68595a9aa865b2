"""responses: stream events and whole objects -> events."""

from collections.abc import Iterator
from typing import Any

from generations.gateway.blocks import Media
from generations.gateway.events import (
    Event,
    Finish,
    Identity,
    Json,
    LiveAnswer,
    Other,
    Reasoning,
    Refusal,
    Snapshot,
    StreamError,
    Text,
    ToolCall,
)
from generations.gateway.rawjson.values import dumps
from generations.gateway.streams import tolerant
from generations.gateway.streams.sse import Frame

__all__ = ["ResponsesReader", "whole"]

_DELTAS: dict[str, type[Text] | type[Reasoning] | type[Refusal]] = {
    "response.output_text": Text,
    "response.refusal": Refusal,
    "response.reasoning_text": Reasoning,
    "response.reasoning": Reasoning,
    "response.reasoning_summary_text": Reasoning,
    "response.reasoning_summary": Reasoning,
}
_ARGUMENTS = {
    "response.function_call_arguments": "arguments",
    "response.mcp_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
}
_ENDS = (
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.done",
    "response.cancelled",
)
_SILENT = ("response.content_part", "response.reasoning_summary_part", "response.queued", "ping", "keepalive")


class ResponsesReader:
    """contract: `type` is often missing, then the event's name counts; the gateway's id is the frame's own, not the
    one in `response`; up to two `response.completed` may come, and the second may hold less than the
    first."""

    def __init__(self) -> None:
        self.ended = ""
        self._id: object = None
        self._known = tolerant.KnownIdentity()
        self._tools = tolerant.KnownToolCalls()
        self._seen: set[tuple[type, int]] = set()  # words that came as deltas: their `done` repeats them

    def frame(self, frame: Frame) -> Iterator[Event]:
        if frame.data.strip() == b"[DONE]":
            self.ended = self.ended or "done"
            return
        fields = tolerant.parse(frame.data)
        if not isinstance(fields, dict):
            yield Other(frame.name, tolerant.shown(frame.data))
            return
        if fields.get("id") != self._id and "response" not in fields:
            self._id = fields.get("id")
            yield from self._known.learn(tolerant.identity(fields))
        yield from self._dispatch(_kind(frame.name, fields), fields, frame)

    def end(self) -> Iterator[Event]:
        return iter(())

    def _dispatch(self, kind: str, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        words, _, verb = kind.rpartition(".")
        if words in _DELTAS:
            yield from self._words(_DELTAS[words], verb, fields)
        elif words in _ARGUMENTS:
            yield from self._arguments(_ARGUMENTS[words], verb, fields)
        elif words == "response.output_item":
            yield from self._item(verb, fields)
        elif kind in _ENDS:
            yield from self._finish(kind, tolerant.exact(frame.data), frame)
        elif kind == "error" or (fields.get("error") and not fields.keys() & {"output_index", "item_id"}):
            yield from tolerant.faults(fields | {"type": "error"}, tolerant.shown(frame.data))
        elif kind in ("response.created", "response.in_progress"):
            yield from self._known.learn(_identity(fields))
        elif tolerant.text(fields.get("partial_image_b64")):
            index = tolerant.number(fields.get("output_index"))
            yield Media("image", _mime(fields), fields["partial_image_b64"], part=index, partial=True)
        elif not kind.startswith(_SILENT):
            yield Other(kind, tolerant.shown(frame.data))

    def _words(self, make: Any, verb: str, fields: dict[str, Any]) -> Iterator[Event]:
        part = tolerant.number(fields.get("output_index"))
        if verb == "delta":
            if tolerant.text(fields.get("delta")):
                self._seen.add((make, part))
                yield make(fields["delta"], 0, part)
        elif (make, part) not in self._seen:
            text = tolerant.text(fields.get("text")) or tolerant.text(fields.get("refusal"))
            if text:
                self._seen.add((make, part))
                yield make(text, 0, part)

    def _arguments(self, key: str, verb: str, fields: dict[str, Any]) -> Iterator[Event]:
        index, item = tolerant.position(fields.get("output_index")), tolerant.text(fields.get("item_id"))
        if verb == "delta":
            again, piece = key == "arguments", tolerant.text(fields.get("delta"))
            yield self._tools.add(0, index, "", "", piece, again=again, mark=item)
        elif tolerant.text(fields.get(key)):
            yield self._tools.whole(0, index, "", tolerant.text(fields.get("name")), fields[key], item)

    def _item(self, verb: str, fields: dict[str, Any]) -> Iterator[Event]:
        index, item = tolerant.number(fields.get("output_index")), tolerant.table(fields.get("item"))
        for event in _item(item, index):
            if isinstance(event, ToolCall):
                at, mark = tolerant.position(fields.get("output_index")), tolerant.text(item.get("id"))
                call_id, name = event.call_id or "", event.name or ""
                yield self._tools.whole(0, at, call_id, name, event.arguments, mark)
            elif verb == "done" and (type(event), index) not in self._seen:
                yield Other("response.output_item.done", event.text) if isinstance(event, Json) else event
        if verb == "done":
            self._seen.update((kind, index) for kind in (Text, Reasoning, Refusal))

    def _finish(self, kind: str, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        self.ended = "snapshot"
        response = tolerant.table(fields.get("response"))
        events = [_identity(fields), *_output(response), *_result(response, fields)]
        if kind == "response.failed" and not any(isinstance(event, StreamError) for event in events):
            events += tolerant.faults(fields | {"type": "error"}, tolerant.shown(frame.data))
        yield from self._known.learn(_identity(fields))
        yield from (event for event in events if not isinstance(event, (*_CONTENT, Identity)))
        if any(isinstance(event, _CONTENT) for event in events):
            yield Snapshot(LiveAnswer().collect(events))


_CONTENT = (Text, Reasoning, Refusal, ToolCall, Media, Json)


def _kind(name: str, fields: dict[str, Any]) -> str:
    if name and name != "message":
        return name
    if tolerant.text(fields.get("type")):
        return str(fields["type"])
    if isinstance(fields.get("response"), dict):
        status = tolerant.text(fields["response"].get("status"))
        return f"response.{status}" if status else "response.created"
    return (
        "response.output_text.delta"
        if tolerant.text(fields.get("delta"))
        else "error"
        if "error" in fields
        else ""
    )


def _mime(fields: dict[str, Any]) -> str | None:
    form = tolerant.text(fields.get("output_format"))
    return f"image/{form}" if form else None


def _identity(fields: dict[str, Any]) -> Identity:
    response = tolerant.table(fields.get("response"))
    merged: dict[str, Any] = {
        **response,
        **{key: fields[key] for key in ("nativeResponseId", "provider", "meta") if key in fields},
    }
    own, native = tolerant.text(fields.get("id")), tolerant.text(response.get("id"))
    if own and native != own:
        merged = {"nativeResponseId": native, **merged}
    return tolerant.identity(merged | {"id": own or native})


def whole(fields: dict[str, Any]) -> Iterator[Event]:
    """A whole response object."""
    yield tolerant.identity(fields)
    yield from _output(fields)
    yield from _result(fields, fields)


def _output(response: dict[str, Any]) -> Iterator[Event]:
    for index, item in enumerate(tolerant.objects(response.get("output"))):
        yield from _item(item, index)
    if not response.get("output") and tolerant.text(response.get("output_text")):
        yield Text(response["output_text"])


def _result(response: dict[str, Any], fields: dict[str, Any]) -> Iterator[Event]:
    yield from tolerant.usages(response)
    if fields is not response:
        yield from tolerant.usages(fields)
    yield from tolerant.meta(fields if "meta" in fields else response)
    reason = tolerant.text(tolerant.table(response.get("incomplete_details")).get("reason"))
    if reason or tolerant.text(response.get("status")):
        yield Finish(reason or response["status"])
    yield from tolerant.faults(response, dumps(response.get("error")))


def _item(item: dict[str, Any], index: int) -> Iterator[Event]:
    """One item of `output`."""
    kind = tolerant.text(item.get("type"))
    if kind in ("function_call", "custom_tool_call", "mcp_call"):
        arguments = tolerant.text(item.get("arguments")) or tolerant.text(item.get("input"))
        yield ToolCall(
            index,
            tolerant.text(item.get("call_id")) or None,
            tolerant.text(item.get("name")) or None,
            arguments,
            True,
        )
    elif kind == "reasoning":
        words = [
            tolerant.text(part.get("text"))
            for key in ("summary", "content")
            for part in tolerant.objects(item.get(key))
        ]
        if any(words):
            yield Reasoning("".join(words), 0, index)
    elif kind == "message" or (not kind and "content" in item):
        yield from _message(item, index)
    elif tolerant.text(item.get("result")):
        yield Media("image", _mime(item), item["result"], part=index)
    else:
        yield Json(dumps(item), kind)


def _message(item: dict[str, Any], index: int) -> Iterator[Event]:
    content = item.get("content")
    if tolerant.text(content):
        yield Text(tolerant.text(content), 0, index)
        return
    for part in tolerant.objects(content):
        if tolerant.text(part.get("text")):
            yield Text(part["text"], 0, index)
        elif tolerant.text(part.get("refusal")):
            yield Refusal(part["refusal"], 0, index)
        else:
            yield from tolerant.media(part, 0, index)
