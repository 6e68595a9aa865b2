"""Which value of a record is the answer, and what it is: a whole body, the last frame of a stream, an error, or nothing.

contract §0.2: of most streams the gateway keeps the last frame only, so the text is not known. `provider_response` then
stands in where it holds an answer.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from generations.gateway.rawjson.values import Number, Value
from generations.gateway.record import Record
from generations.gateway.streams.assemble import StrayEvent
from generations.reading import documents
from generations.reading.answer import frames
from generations.reading.answer.frames import is_event, is_frame
from generations.reading.text import box, items, words

Kind = Literal["none", "whole", "assembled", "error", "last_frame", "redacted", "unread"]
GATEWAY = "/io_log/payload/gateway_response"
PROVIDER = "/io_log/payload/provider_response"
REDACTED = "[redacted]"  # contract §6.4: the sanitiser replaces a whole string

_CONTENT = ("content", "data", "results", "pages", "text", "output_text", "output", "candidates", "embedding")
_SAID = (
    *("content", "tool_calls", "function_call", "refusal", "reasoning", "reasoning_content"),
    *("reasoning_details", "images", "audio", "audios", "annotations"),
)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer as the record keeps it. `at` is its pointer, `body` what it says; `frame` is a last frame.

    `provider`: the provider's answer, which stands in where the gateway's own is missing, a frame or an error.
    `strays` have no place in the body; `complete`: a stored stream ended as it should.
    """

    kind: Kind
    at: str = GATEWAY
    body: Value = None
    frame: Value = None
    provider: "StoredAnswer | None" = None
    strays: list[StrayEvent] = field(default_factory=list)
    complete: bool = True

    @property
    def is_known(self) -> bool:
        """Whether what was answered is known, by the gateway or by the provider. An error is an answer, too."""
        return self.provider is not None or self.kind not in ("none", "last_frame", "redacted")

    @property
    def is_lacking(self) -> bool:
        """Whether what the model said is not in the record."""
        return self.provider is None and self.kind in ("none", "last_frame", "redacted", "error")


def read(record: Record, wire: str = "", full: Record | None = None) -> StoredAnswer:
    """The answer of a record. `wire` is the format that its endpoint speaks.

    `full` is the same record where the long strings of `record` were cut.
    """
    found = of_gateway(record, wire, full or record)
    if found.kind in ("whole", "assembled", "unread"):
        return found
    stands_in = of_provider(record, wire, full or record)
    return replace(found, provider=stands_in) if stands_in else found


def of_gateway(record: Record, wire: str, full: Record) -> StoredAnswer:
    """`gateway_response` by itself."""
    if record.answer_body is None:
        return StoredAnswer("none")
    body = record.logged("gateway_response")
    if body is None:
        return StoredAnswer("unread")
    if body == REDACTED:
        return StoredAnswer("redacted", body=body)
    if not isinstance(body, str | list) or isinstance(body, Number):
        return _of(body, GATEWAY, "whole", record.stream)
    inner = documents.inner(full.answer_body, wire)
    if inner is None:
        return StoredAnswer("whole", body=body)
    if inner.frame:
        return StoredAnswer("last_frame", body=body, frame=inner.body)
    made = _of(inner.body, documents.ANSWER, "assembled" if inner.streamed else "whole", record.stream)
    return replace(made, strays=inner.strays, complete=inner.complete)


def _of(body: Value, at: str, kind: Kind, stream: bool | None) -> StoredAnswer:
    if is_event(body) or (is_frame(body) and stream is not False):
        return StoredAnswer("last_frame", at, frame=body)
    if box(body).get("error") and not holds_answer(body):
        return StoredAnswer("error", at, body)
    return StoredAnswer(kind, at, body)


def of_provider(record: Record, wire: str, full: Record) -> StoredAnswer | None:
    """`provider_response`, an object or JSON in a string, in whatever format; None unless it holds an answer."""
    body, at = record.logged("provider_response"), PROVIDER
    if isinstance(body, str | list):
        inner = documents.inner(full.logged_bytes("provider_response"), wire)
        if inner is None or inner.frame:
            return None
        body, at = inner.body, documents.PROVIDER
    return StoredAnswer("whole", at, body) if holds_answer(body) else None


# -- content -------------------------------------------------------------------------------------------------


def holds_answer(value: Value) -> bool:
    """Whether a body of any wire format says something: a message with content, items, data."""
    fields = box(value)
    inner = box(fields.get("response"))
    if inner and words(fields.get("type")) in frames.BODIES:
        fields = inner
    if isinstance(fields.get("choices"), list):
        return any(_says(box(choice)) for choice in items(fields["choices"]))
    return any(fields.get(key) not in (None, "", [], {}) for key in _CONTENT)


def _says(choice: dict[str, Value]) -> bool:
    message = box(choice.get("message"))
    return bool(choice.get("text")) or any(message.get(key) not in (None, "", [], {}) for key in _SAID)
