"""Whole JSON bodies -> events. The body's shape decides before the endpoint does: a stored answer of
`/responses` may have been relayed from another wire format."""

from collections.abc import Callable, Iterator
from typing import Any

from generations.gateway.blocks import Media
from generations.gateway.events import Event, Finish, Identity, Json, Text
from generations.gateway.streams import chat, messages, responses, tolerant

__all__ = ["events"]


def events(wire: str, fields: Any, raw: bytes) -> Iterator[Event]:
    """`fields` is the parsed body, `raw` its bytes."""
    if not isinstance(fields, dict):
        yield Json(tolerant.shown(raw))
        return
    yield from (event for event in _events(wire, fields, raw) if event != _NOBODY)


_NOBODY = Identity()


def _events(wire: str, fields: dict[str, Any], raw: bytes) -> Iterator[Event]:
    faults = [] if fields.get("output") else list(tolerant.faults(fields, tolerant.shown(raw)))
    yield from faults
    read = _reader(wire, fields)
    if read:
        yield from read(fields)
        return
    yield tolerant.identity(fields, camel=wire not in ("moderations", "rerank"))
    found = False
    for event in _content(wire, fields):
        found = True
        yield event
    if not found and not faults:
        yield Json(tolerant.shown(raw))
    yield from tolerant.usages(fields)
    yield from tolerant.meta(fields)


def _reader(wire: str, fields: dict[str, Any]) -> Callable[[dict[str, Any]], Iterator[Event]] | None:
    if isinstance(fields.get("choices"), list):
        return chat.whole
    if isinstance(fields.get("output"), list) or fields.get("object") == "response":
        return responses.whole
    if fields.get("type") == "message" or (wire == "messages" and "content" in fields):
        return messages.whole
    return None


def _content(wire: str, fields: dict[str, Any]) -> Iterator[Event]:
    if wire == "images":
        for index, item in enumerate(tolerant.objects(fields.get("data"))):
            yield from tolerant.media(item, 0, index)
    elif wire == "speech":
        for medium in tolerant.media(fields):
            yield Media("audio", medium.mime, medium.data, medium.url)
    elif wire == "transcription" and tolerant.text(fields.get("text")):
        yield Text(fields["text"])
    elif wire == "video" and tolerant.text(fields.get("status")):
        yield Finish(fields["status"])
