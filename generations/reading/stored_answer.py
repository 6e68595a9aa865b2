"""Which value of a record is the answer, and what it is: a whole body, the last frame of a stream, an error, or nothing.

contract §0.2: of most streams the gateway keeps the last frame only, so the text is not known. `provider_response` then
stands in where it holds an answer.
"""

from dataclasses import dataclass
from typing import Literal

from generations.gateway.jsontext import Number, Value
from generations.gateway.record import Record
from generations.reading import documents
from generations.reading.text import box, inside, items, words

Kind = Literal["none", "whole", "assembled", "error", "last_frame", "redacted", "unread"]
GATEWAY = "/io_log/payload/gateway_response"
PROVIDER = "/io_log/payload/provider_response"
REDACTED = "[redacted]"  # contract §6.4: the sanitiser replaces a whole string

# Events of a stream that hold a whole body in a member of this name.
BODIES = {
    "response.completed": "response",
    "response.incomplete": "response",
    "response.failed": "response",
    "response.done": "response",
}
_EVENTS = frozenset(
    "message_start message_delta message_stop content_block_start content_block_delta content_block_stop ping "
    "speech.audio.delta speech.audio.done transcript.text.delta image_generation.partial_image "
    "image_edit.partial_image".split()
)
_CONTENT = ("content", "data", "results", "pages", "text", "output_text", "output", "candidates", "embedding")
_SAID = (
    *("content", "tool_calls", "function_call", "refusal", "reasoning", "reasoning_content"),
    *("reasoning_details", "images", "audio", "audios", "annotations"),
)
_FRAME_ONLY = {"usage", "id", "object", "created", "model", "meta", "cost_nanos", "cost_cents", "currency"}


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer as the record keeps it. `at` is its pointer, `body` what it says; `frame` is a last frame.

    `provider`: the provider's answer, which stands in where the gateway's own is missing, a frame or an error.
    """

    kind: Kind
    at: str = GATEWAY
    body: Value = None
    frame: Value = None
    provider: "Kept | None" = None

    @property
    def is_known(self) -> bool:
        """Whether what was answered is known, by the gateway or by the provider. An error is an answer, too."""
        return self.provider is not None or self.kind not in ("none", "last_frame", "redacted")

    @property
    def is_lacking(self) -> bool:
        """Whether what the model said is not in the record."""
        return self.provider is None and self.kind in ("none", "last_frame", "redacted", "error")


def read(record: Record, wire: str = "", full: Record | None = None) -> Kept:
    """The answer of a record. `wire` is the format that its endpoint speaks.

    `full` is the same record where the long strings of `record` were cut.
    """
    found = of_gateway(record, wire, full or record)
    if found.kind in ("whole", "assembled", "unread"):
        return found
    stands_in = of_provider(record, wire, full or record)
    return Kept(found.kind, found.at, found.body, found.frame, stands_in) if stands_in else found


def of_gateway(record: Record, wire: str, full: Record) -> Kept:
    """`gateway_response` by itself."""
    if record.answer_body is None:
        return Kept("none")
    body = record.logged("gateway_response")
    if body is None:
        return Kept("unread")
    if body == REDACTED:
        return Kept("redacted", body=body)
    if not isinstance(body, str | list) or isinstance(body, Number):
        return _of(body, GATEWAY, "whole", record.stream)
    inner = documents.inner(full.answer_body, wire)
    if inner is None:
        return Kept("whole", body=body)
    if inner.frame is not None:
        return Kept("last_frame", frame=inner.frame)
    return _of(inner.body, documents.ANSWER, "assembled", record.stream)


def _of(body: Value, at: str, kind: Kind, stream: bool | None) -> Kept:
    if _is_event(body) or (is_frame(body) and stream is not False):
        return Kept("last_frame", at, frame=body)
    if box(body).get("error") and not holds_answer(body):
        return Kept("error", at, body)
    return Kept(kind, at, body)


def of_provider(record: Record, wire: str, full: Record) -> Kept | None:
    """`provider_response`, an object or JSON in a string, in whatever format; None unless it holds an answer."""
    body, at = record.logged("provider_response"), PROVIDER
    if isinstance(body, str | list):
        inner = documents.inner(full.logged_bytes("provider_response"), wire)
        if inner is None or inner.frame is not None:
            return None
        body, at = inner.body, documents.PROVIDER
    return Kept("whole", at, body) if holds_answer(body) else None


# -- frames --------------------------------------------------------------------------------------------------


def is_frame(value: Value) -> bool:
    """Whether an object is one frame of a stream and not a body: the text is not in it."""
    return _is_event(value) or ("usage" in box(value) and box(value).keys() <= _FRAME_ONLY)


def _is_event(value: Value) -> bool:
    told = box(value)
    kind = words(told.get("type")) or ""
    if kind in BODIES:
        return not isinstance(inside(told, BODIES[kind], "output"), list)
    if kind in _EVENTS or kind.startswith("response."):
        return True
    return isinstance(told.get("choices"), list) and _is_chunk(told)


def _is_chunk(told: dict[str, Value]) -> bool:
    """A chunk of chat completions: its choices hold deltas. Some providers call whole bodies chunks, too."""
    choices = [box(choice) for choice in items(told["choices"])]
    if any("message" in choice or words(choice.get("text")) for choice in choices):
        return False
    return any("delta" in choice for choice in choices) or str(told.get("object")).endswith(".chunk")


def finish(frame: Value) -> str:
    """Why the stream ended, as its last frame says; "" where it does not."""
    choice = box(next(iter(items(inside(frame, "choices"))), None))
    told = choice.get("finish_reason") or inside(frame, "delta", "stop_reason")
    return words(told or inside(frame, "response", "status")) or ""


def usage(frame: Value) -> Value:
    """The usage that a last frame holds, None where it holds none."""
    return inside(frame, "usage") or inside(frame, "response", "usage") or None


# -- content -------------------------------------------------------------------------------------------------


def holds_answer(value: Value) -> bool:
    """Whether a body of any wire format says something: a message with content, items, data."""
    told = box(value)
    inner = box(told.get("response"))
    if inner and words(told.get("type")) in BODIES:
        told = inner
    if isinstance(told.get("choices"), list):
        return any(_says(box(choice)) for choice in items(told["choices"]))
    return any(told.get(key) not in (None, "", [], {}) for key in _CONTENT)


def _says(choice: dict[str, Value]) -> bool:
    message = box(choice.get("message"))
    return bool(choice.get("text")) or any(message.get(key) not in (None, "", [], {}) for key in _SAID)
