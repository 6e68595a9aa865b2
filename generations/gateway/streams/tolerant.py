"""Small tolerant readings that the wire formats share. Wrong types give the empty answer, never an
exception."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from generations.gateway.blocks import Media
from generations.gateway.events import ChargedCost, Event, Identity, Other, StreamError, ToolCall, Usage
from generations.gateway.rawjson.values import Decoder, Number, Unreadable, dumps, loads
from generations.gateway.streams.call_identity import Arguments, StreamedCalls, joined_name

__all__ = [
    "KnownIdentity",
    "KnownToolCalls",
    "costs",
    "decoded",
    "end_reason",
    "exact",
    "faults",
    "identity",
    "is_foreign_answer",
    "listed",
    "media",
    "meta",
    "number",
    "objects",
    "parse",
    "position",
    "sequence",
    "shown",
    "table",
    "text",
    "usages",
]

_decode = msgspec.json.Decoder().decode


def parse(data: bytes) -> Any:
    """A frame's JSON as quickly as possible (numbers as int or float), or None if it cannot be read."""
    try:
        return _decode(data)
    except (msgspec.MsgspecError, RecursionError, ValueError):  # lone surrogates, huge numbers, bad UTF-8
        return exact(data)


def exact(data: bytes) -> Any:
    """A frame's JSON without loss (numbers as Number), or None if it cannot be read."""
    try:
        return loads(data)
    except Unreadable:
        pass
    try:
        return loads(data.decode("utf-8", "replace"))
    except Unreadable:
        return None


def sequence(text: str, decoder: Decoder | None = None) -> tuple[list[Any], str]:
    """The JSON values that follow each other in a text, without loss, and the text after them."""
    decoder, values, at, end = decoder or Decoder(), list[Any](), 0, len(text.rstrip())
    decoder.repeated = []
    while at < end:
        try:
            value, at = decoder.read(text, at)
        except Unreadable:
            break
        values.append(value)
    return values, text[at:].strip()


def decoded(data: bytes) -> str:
    """The text of a body, without the mark of its byte order; what is no UTF-8 is replaced."""
    try:
        return data.decode("utf-8", "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").removeprefix("\ufeff")


def shown(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def text(value: object) -> str:
    return value if isinstance(value, str) and not isinstance(value, Number) else ""


def number(value: object, default: int = 0) -> int:
    if isinstance(value, Number):
        value = value.integer
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def position(value: object, default: int | None = None) -> int | None:
    """An index, also one that came as a text."""
    if isinstance(value, str) and not isinstance(value, Number) and value.strip().isdecimal():
        value = Number(value.strip())
    found = number(value, -1)
    return default if found < 0 else found


def table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a list (or one object alone)."""
    items = value if isinstance(value, list) else [value]
    return (item for item in items if isinstance(item, dict))


_REASONS = ("finishReason", "finish_reason", "stopReason", "stop_reason", "done_reason")


def end_reason(value: object) -> str:
    """Why an answer ended, from a frame of an API that is none of ours (Gemini, Cohere, Converse, Ollama); "" if it
    goes on."""
    fields = table(value)
    places = [fields, table(fields.get("delta")), table(fields.get("messageStop"))]
    reasons = (
        text(place.get(key)) for place in (*places, *objects(fields.get("candidates"))) for key in _REASONS
    )
    return next(filter(None, reasons), "") or _block_reason(fields)


def is_foreign_answer(value: object) -> bool:
    """Whether it is the last frame of such an answer. A blocked prompt has none."""
    return bool(end_reason(value)) and not _block_reason(table(value))


def _block_reason(fields: dict[str, Any]) -> str:
    return text(table(fields.get("promptFeedback")).get("blockReason"))


def identity(fields: dict[str, Any], *, camel: bool = False) -> Identity:
    """contract: `id` is the gateway's on chat, responses, moderations and rerank; where `requestId` is present,
    that one is. An `id` of messages and speech may be either: the gateway's begin with `G-`."""
    own, request_id = (
        text(fields.get("id")),
        text(fields.get("requestId")) or text(fields.get("generation_id")),
    )
    native = text(fields.get("nativeResponseId"))
    if request_id or (camel and not own.startswith("G-")):
        own, native = request_id, native or own
    routing = table(table(fields.get("meta")).get("routing"))
    provider = (
        text(fields.get("provider"))
        or text(fields.get("provider_id"))
        or text(routing.get("selected_provider"))
    )
    return Identity(own or None, native or None, text(fields.get("model")) or None, provider or None)


class KnownIdentity:
    """The identity of an answer as far as a stream has shown it. `learn` yields it only when it changed."""

    def __init__(self) -> None:
        self._known = Identity()

    def learn(self, latest: Identity) -> Iterator[Identity]:
        known = self._known
        merged = Identity(
            latest.request_id or known.request_id,
            latest.native_id or known.native_id,
            latest.model or known.model,
            latest.provider or known.provider,
        )
        if merged != known:
            self._known = merged
            yield merged


def usages(fields: dict[str, Any]) -> Iterator[Event]:
    """Usage and cost. contract: the cost is in `usage.pricing`, `usage.pricing_breakdown` or next to the
    usage."""
    usage = table(fields.get("usage"))
    if usage:
        yield Usage(usage)
    yield from costs(fields, table(usage.get("pricing")), table(usage.get("pricing_breakdown")))


def meta(fields: dict[str, Any]) -> Iterator[Event]:
    """The gateway's own timing and routing, sent when the request has `meta: true`."""
    if isinstance(fields.get("meta"), dict):
        yield Other("meta", dumps(fields["meta"]))


def costs(*places: dict[str, Any]) -> Iterator[Event]:
    for place in places:
        for key in ("cost_nanos", "total_nanos"):
            nanos = number(place.get(key), -1)
            if nanos >= 0:
                yield ChargedCost(nanos, text(place.get("currency")) or None)
                return


def faults(fields: dict[str, Any], raw: str) -> Iterator[StreamError]:
    """An error inside an answer, in any of its forms: a string, an object, or next to `message`."""
    error = fields.get("error")
    if not error and fields.get("object") != "error" and fields.get("type") != "error":
        return
    inside = table(error)
    message = (
        text(inside.get("message"))
        or text(fields.get("message"))
        or text(fields.get("description"))
        or text(error)
    )
    code = text(inside.get("code")) or text(inside.get("type")) or text(error) or text(fields.get("code"))
    yield StreamError(message or "The gateway reported an error without saying which.", code or None, raw)


def media(part: dict[str, Any], choice: int = 0, index: int = 0) -> Iterator[Media]:
    """An image or sound in any of the forms that providers use."""
    for key, kind in _KINDS:
        inner = part.get(key)
        if inner is None:
            continue
        box = inner if isinstance(inner, dict) else {"url": inner} if key.endswith("url") else {"data": inner}
        url = text(box.get("url"))
        data = text(box.get("data")) or text(box.get("b64_json")) or (url if url.startswith("data:") else "")
        mime = text(box.get("mime_type")) or text(part.get("mime_type")) or text(part.get("media_type"))
        mime = mime or (data[5:].partition(",")[0].partition(";")[0] if data.startswith("data:") else "")
        if data or url:
            yield Media(
                "audio" if mime.startswith("audio/") else kind,
                mime or None,
                data or None,
                None if data else url,
                choice,
                index,
            )
            return


_KINDS: tuple[tuple[str, Literal["image", "audio", "file"]], ...] = (
    ("image_url", "image"),
    ("b64_json", "image"),
    ("audio_url", "audio"),
    ("audio_base64", "audio"),
    ("input_audio", "audio"),
    ("audio", "audio"),
    ("image", "image"),
    ("source", "image"),
    ("data", "file"),
    ("url", "image"),
)


class KnownToolCalls:
    """Tool calls of one stream, distinguished as by the assemblers. `index` of the events is the call's own
    number."""

    def __init__(self) -> None:
        self._calls: dict[int, StreamedCalls] = {}

    def add(
        self,
        choice: int,
        index: int | None,
        call_id: str,
        name: str,
        arguments: object,
        *,
        again: bool = True,
        mark: str = "",
    ) -> ToolCall:
        """A part of a call. `again`: whether arguments may be the whole so far; `mark`: the item's own ID."""
        call = self._calls.setdefault(choice, StreamedCalls()).find(index, mark or call_id, name)
        call.name = joined_name(call.name, name)
        if isinstance(arguments, dict | list):
            call.whole, text, replace = True, dumps(arguments), True
        else:
            text = arguments if isinstance(arguments, str) else ""
            replace = call.arguments.add(text, whole=again)
        return ToolCall(call.number, call_id or None, call.name or None, text, replace, choice)

    def whole(
        self, choice: int, index: int | None, call_id: str, name: str, arguments: str, mark: str = ""
    ) -> ToolCall:
        """A call from its item, at its beginning or at its end. `mark`: the item's own ID."""
        call = self._calls.setdefault(choice, StreamedCalls()).find(index, mark or call_id, "")
        call.name, call.arguments = name or call.name, Arguments(arguments)
        return ToolCall(call.number, call_id or None, name or None, arguments, True, choice)
