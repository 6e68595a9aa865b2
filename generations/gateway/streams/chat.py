"""chat/completions: chunks and whole objects -> events."""

from collections.abc import Iterator
from typing import Any

from generations.gateway.blocks import Media
from generations.gateway.events import (
    Event,
    Finish,
    Identity,
    LiveAnswer,
    Other,
    Reasoning,
    Refusal,
    Snapshot,
    Text,
    ToolCall,
)
from generations.gateway.rawjson.values import dumps
from generations.gateway.streams import tolerant
from generations.gateway.streams.sse import Frame

__all__ = ["ChatReader", "is_whole", "whole"]

_EXTRAS = ("images", "audios", "audio", "function_call")


class ChatReader:
    """contract: `[DONE]` may be missing; a last frame `object: chat.completion` replaces what was collected;
    an error may come in the middle although the status is 200."""

    def __init__(self) -> None:
        self.ended = ""
        self._deltas = False
        self._identity_fields: tuple[object, ...] = ()
        self._known = tolerant.KnownIdentity()
        self._tools = tolerant.KnownToolCalls()
        self._sounds: dict[int, list[str]] = {}

    def frame(self, frame: Frame) -> Iterator[Event]:
        if frame.data.strip() == b"[DONE]":
            self.ended = "done"
            return
        fields = tolerant.parse(frame.data)
        words = self._words_alone(fields)
        if words is not None:
            self._deltas = True
            yield words
        elif not isinstance(fields, dict):
            yield Other(frame.name, tolerant.shown(frame.data))
        elif fields.get("usage") or fields.get("meta") or is_whole(fields, after_deltas=self._deltas):
            yield from self._exact(tolerant.exact(frame.data), frame)
        else:
            yield from self._chunk(fields, frame)

    def end(self) -> Iterator[Event]:
        for choice, pieces in self._sounds.items():
            yield Media("audio", None, "".join(pieces), choice=choice)

    def _words_alone(self, fields: Any) -> Text | None:
        """The text of a frame that holds nothing else, as nearly all do: the fast path."""
        try:
            (choice,) = fields["choices"]
            delta = choice["delta"]
            text = delta["content"]
            alone = len(delta) - ("role" in delta) == 1 and choice["finish_reason"] is None
        except (KeyError, TypeError, ValueError):
            return None
        if (
            alone
            and text
            and type(text) is str
            and not (fields.get("usage") or "meta" in fields or "error" in fields)
            and _identity_fields(fields) == self._identity_fields
        ):
            return Text(text, tolerant.number(choice.get("index")))
        return None

    def _exact(self, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        """A frame with numbers that matter, or a final snapshot."""
        if not is_whole(fields, after_deltas=self._deltas):
            yield from self._chunk(fields, frame)
            yield from tolerant.usages(fields)
            yield from tolerant.meta(fields)
            return
        self.ended = "snapshot"
        events = list(whole(fields))
        yield from self._known.learn(tolerant.identity(fields))
        yield from (event for event in events if not isinstance(event, (*_CONTENT, Identity)))
        yield Snapshot(LiveAnswer().collect(events))

    def _chunk(self, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        if _identity_fields(fields) != self._identity_fields:
            self._identity_fields = _identity_fields(fields)
            yield from self._known.learn(tolerant.identity(fields))
        choices = fields.get("choices")
        if choices and isinstance(choices, list):
            for choice in choices:
                if isinstance(choice, dict):
                    yield from self._choice(choice)
                    yield from tolerant.faults({"error": choice.get("error")}, tolerant.shown(frame.data))
        if fields.get("error") or fields.get("object") == "error" or frame.name == "error":
            yield from tolerant.faults(fields | {"type": "error"}, tolerant.shown(frame.data))
        elif choices is None and not fields.get("usage"):
            yield Other(frame.name, tolerant.shown(frame.data))

    def _choice(self, choice: dict[str, Any]) -> Iterator[Event]:
        index = tolerant.number(choice.get("index"))
        self._deltas = self._deltas or bool(choice.get("delta"))
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            yield from self._delta(delta, index)
        elif tolerant.text(choice.get("text")):
            yield Text(choice["text"], index)
        reason = choice.get("finish_reason")
        if reason and isinstance(reason, str):
            self.ended = self.ended or "finish"
            yield Finish(reason, index)

    def _delta(self, delta: dict[str, Any], index: int) -> Iterator[Event]:
        yield from _words(delta, index)
        if delta.get("tool_calls"):
            for call in tolerant.objects(delta["tool_calls"]):
                yield self._call(call, index)
        for key in _EXTRAS:
            if delta.get(key):
                yield from self._extra(key, delta[key], index)

    def _extra(self, key: str, value: object, index: int) -> Iterator[Event]:
        for position, item in enumerate(tolerant.objects(value)):
            if key == "function_call":
                yield self._call({"function": item}, index)
            elif key == "audio":  # base64 in pieces, with the words that are spoken
                self._sounds.setdefault(index, []).append(tolerant.text(item.get("data")))
                if tolerant.text(item.get("transcript")):
                    yield Text(item["transcript"], index)
            else:
                yield from tolerant.media(item, index, position)

    def _call(self, call: dict[str, Any], choice: int) -> ToolCall:
        function, arguments = _function(call)
        call_id, name = tolerant.text(call.get("id")), tolerant.text(function.get("name"))
        index = tolerant.position(call.get("index"))
        again = "custom" not in call or bool(call_id)
        return self._tools.add(choice, index, call_id, name, arguments, again=again)


def _function(call: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """`function` or `custom` of a call, and its arguments or input."""
    fields = tolerant.table(call.get("function")) or tolerant.table(call.get("custom"))
    return fields, fields.get("arguments") if fields.get("arguments") is not None else fields.get("input")


def _identity_fields(fields: dict[str, Any]) -> tuple[object, ...]:
    return fields.get("id"), fields.get("model"), fields.get("nativeResponseId"), "meta" in fields


def is_whole(fields: dict[str, Any], *, after_deltas: bool) -> bool:
    """A final frame. Before any delta, `message` without the object's name may as well spell `delta`."""
    whole = fields.get("object") == "chat.completion" or (after_deltas and not fields.get("object"))
    return whole and any("message" in choice for choice in tolerant.objects(fields.get("choices")))


_CONTENT = (Text, Reasoning, Refusal, ToolCall, Media)


def _words(holder: dict[str, Any], index: int) -> Iterator[Event]:
    """What a delta and a message have in common."""
    reasoning = holder.get("reasoning_content") or holder.get("reasoning")
    if reasoning and tolerant.text(reasoning):
        yield Reasoning(tolerant.text(reasoning), index)
    content = holder.get("content")
    if content:
        if isinstance(content, str):
            yield Text(content, index)
        else:
            yield from _content(content, index)
    refusal = holder.get("refusal")
    if refusal and tolerant.text(refusal):
        yield Refusal(tolerant.text(refusal), index)


def _content(content: object, index: int) -> Iterator[Event]:
    """Content as a list of parts."""
    for position, part in enumerate(tolerant.objects(content)):
        if tolerant.text(part.get("text")):
            yield Text(part["text"], index)
        elif tolerant.text(part.get("thinking")):
            yield Reasoning(part["thinking"], index)
        else:
            yield from tolerant.media(part, index, position)


def whole(fields: dict[str, Any]) -> Iterator[Event]:
    """A whole chat completion."""
    yield tolerant.identity(fields)
    for choice in tolerant.objects(fields.get("choices")):
        index = tolerant.number(choice.get("index"))
        message = tolerant.table(choice.get("message"))
        yield from _words(message, index)
        yield from _message_extras(message, index)
        if tolerant.text(choice.get("text")):
            yield Text(choice["text"], index)
        if tolerant.text(choice.get("finish_reason")):
            yield Finish(choice["finish_reason"], index)
        yield from tolerant.faults({"error": choice.get("error")}, dumps(choice))
    yield from tolerant.usages(fields)
    yield from tolerant.meta(fields)


def _message_extras(message: dict[str, Any], choice: int) -> Iterator[Event]:
    calls = [*tolerant.objects(message.get("tool_calls"))]
    calls += [{"function": call} for call in tolerant.objects(message.get("function_call"))]
    for index, call in enumerate(calls):
        function, given = _function(call)
        name, arguments = tolerant.text(function.get("name")), tolerant.text(given)
        if isinstance(given, dict | list):
            arguments = dumps(given)
        yield ToolCall(index, tolerant.text(call.get("id")) or None, name or None, arguments, True, choice)
    for key in ("images", "audios", "audio"):
        for position, item in enumerate(tolerant.objects(message.get(key))):
            yield from tolerant.media(item, choice, position)
            if tolerant.text(item.get("transcript")):
                yield Text(item["transcript"], choice)
