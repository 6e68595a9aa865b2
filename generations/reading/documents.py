"""Values that a record holds as text: JSON in a string, a stream, a list of frames. Each is read as the body it is.

Their pointers begin with a name and a colon (`answer:/choices/0/message/content`), which no pointer into a record does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from generations.gateway import endpoints
from generations.gateway.rawjson.values import Unreadable, Value, dumps, is_text, loads
from generations.gateway.streams.assemble import StrayEvent, assemble_stored
from generations.reading.answer import answer_facts
from generations.reading.answer.frames import is_event
from generations.reading.explorer import json_nodes
from generations.reading.large.index import LocatedValue

ANSWER, PROVIDER, SENT = "answer:", "provider:", "sent:"
RAW_SENT = "/io_log/payload/provider_request"
AT = {
    ANSWER: "/io_log/payload/gateway_response",
    PROVIDER: "/io_log/payload/provider_response",
    SENT: RAW_SENT,
}
READ_UP_TO = 4_000_000  # bytes of such a value


@dataclass(frozen=True, slots=True)
class EmbeddedDocument:
    """What a text or a list stands for: a whole body with the JSON text of it, `streamed` if it was put together.

    `frame`: only the end of a stream is there. `strays` have no place in the body; `complete`: it ended as it should.
    """

    body: Value
    raw: bytes
    streamed: bool = False
    frame: bool = False
    complete: bool = True
    strays: list[StrayEvent] = field(default_factory=list)


def inner(raw: bytes | None, wire: str = "") -> EmbeddedDocument | None:
    """The body that stored JSON, a string or a list, stands for; None where it is plain text, a plain list or too long.

    `wire` is the format of the endpoint; what the value itself shows goes before it.
    """
    if raw is None or len(raw) > READ_UP_TO:
        return None
    try:
        value = loads(raw)
    except Unreadable:
        return None
    return of_value(value, wire) if is_text(value) or isinstance(value, list) else None


def of_value(value: Value, wire: str) -> EmbeddedDocument | None:
    """The same of a parsed text or list."""
    text = str(value).strip() if is_text(value) else ""
    fields = _object(text) if text.startswith("{") else None
    if fields is not None:
        return EmbeddedDocument(fields, text.encode("utf-8", "surrogatepass"), frame=is_event(fields))
    made = assemble_stored(wire, value)
    if text == END or (made.streamed and made.body is None):
        return EmbeddedDocument(None, b"", frame=True)
    if not isinstance(made.body, dict):
        return None
    raw = dumps(made.body).encode("utf-8", "surrogatepass")
    frame = made.streamed and _count(value) <= ENDS and answer_facts.read(made.wire, made.body).is_empty
    return EmbeddedDocument(made.body, raw, made.streamed, frame, made.complete, made.strays)


END = "[DONE]"
ENDS = 2  # frames that a stream ends with: the finish, the usage


def _object(text: str) -> Value:
    try:
        value = loads(text)
    except Unreadable:
        return None
    return value if isinstance(value, dict) else None


def _count(value: Value) -> int:
    """How many frames a text or a list holds, about."""
    if isinstance(value, list):
        return len(value)
    return str(value).count("data:") - str(value).count(END)


def split(at: str) -> tuple[str, str]:
    """The name of the document that a pointer leads into ("" for the record itself), and the rest of the pointer."""
    name = next((name for name in AT if at.startswith(name)), "")
    return name, at.removeprefix(name)


def find(name: str, rest: str, locate: Callable[[str], LocatedValue | None]) -> LocatedValue | None:
    """The value at pointer `rest` of the document `name`. `locate` finds values of the record."""
    found = locate(AT[name])
    if found is None or found.size > READ_UP_TO:
        return None
    endpoint = locate("/endpoint")
    known = endpoints.find(_text(endpoint.read())) if endpoint and endpoint.size < 400 else None
    document = inner(found.read().strip(), known.wire if known else "")
    raw = json_nodes.cut(document.raw, rest) if document and document.raw else None
    return None if raw is None else LocatedValue.held(raw)


def _text(raw: bytes) -> str:
    try:
        return str(loads(raw))
    except Unreadable:
        return ""
