"""Whole JSON bodies -> events. The body's shape decides before the endpoint does: a stored answer of
`/responses` may have been relayed from another wire format."""

from collections.abc import Callable, Iterator
from typing import Any

from generations.gateway.events import Event, Finish, Identity, Json, Media, Text
from generations.gateway.streams import chat, messages, parts, responses

__all__ = ["events"]


def events(wire: str, told: Any, raw: bytes) -> Iterator[Event]:
    """`told` is the parsed body, `raw` its bytes."""
    if not isinstance(told, dict):
        yield Json(parts.shown(raw))
        return
    yield from (event for event in _events(wire, told, raw) if event != _NOBODY)


_NOBODY = Identity()


def _events(wire: str, told: dict[str, Any], raw: bytes) -> Iterator[Event]:
    faults = [] if told.get("output") else list(parts.faults(told, parts.shown(raw)))
    yield from faults
    read = _reader(wire, told)
    if read:
        yield from read(told)
        return
    yield parts.identity(told, camel=wire not in ("moderations", "rerank"))
    found = False
    for event in _content(wire, told):
        found = True
        yield event
    if not found and not faults:
        yield Json(parts.shown(raw))
    yield from parts.usages(told)
    yield from parts.meta(told)


def _reader(wire: str, told: dict[str, Any]) -> Callable[[dict[str, Any]], Iterator[Event]] | None:
    if isinstance(told.get("choices"), list):
        return chat.whole
    if isinstance(told.get("output"), list) or told.get("object") == "response":
        return responses.whole
    if told.get("type") == "message" or (wire == "messages" and "content" in told):
        return messages.whole
    return None


def _content(wire: str, told: dict[str, Any]) -> Iterator[Event]:
    if wire == "images":
        for index, item in enumerate(parts.objects(told.get("data"))):
            yield from parts.media(item, 0, index)
    elif wire == "speech":
        for medium in parts.media(told):
            yield Media("audio", medium.mime, medium.data, medium.url)
    elif wire == "transcription" and parts.text(told.get("text")):
        yield Text(told["text"])
    elif wire == "video" and parts.text(told.get("status")):
        yield Finish(told["status"])
