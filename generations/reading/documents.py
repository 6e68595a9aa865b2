"""Values that a record holds as text: JSON in a string, a stream, a list of frames. Each is read as the body it is.

Their pointers begin with a name and a colon (`answer:/choices/0/message/content`), which no pointer into a record does.
"""

from collections.abc import Callable
from typing import NamedTuple

from generations.gateway.jsontext import Unreadable, Value, dumps, is_text, loads
from generations.reading import json_view
from generations.reading.places import Found

ANSWER, PROVIDER, SENT = "answer:", "provider:", "sent:"
RAW_SENT = "/io_log/payload/provider_request"
AT = {
    ANSWER: "/io_log/payload/gateway_response",
    PROVIDER: "/io_log/payload/provider_response",
    SENT: RAW_SENT,
}
READ_UP_TO = 4_000_000  # bytes of such a value


class Inner(NamedTuple):
    """What a value holds: its `body` and the JSON text of it, or the `frame` that is all that was kept of a stream."""

    body: Value
    raw: bytes = b""
    frame: Value = None


def inner(raw: bytes | None, wire: str = "") -> Inner | None:
    """The body that a JSON string or a list of frames stands for; None where it is plain text or too long."""
    if raw is None or len(raw) > READ_UP_TO:
        return None
    try:
        value = loads(raw)
        if not is_text(value):
            return None
        text = str(value).strip()
        body = loads(text) if text[:1] == "{" else None
    except Unreadable:
        return None
    return Inner(body, text.encode("utf-8", "surrogatepass")) if isinstance(body, dict) else None


def split(at: str) -> tuple[str, str]:
    """The name of the document that a pointer leads into ("" for the record itself), and the rest of the pointer."""
    name = next((name for name in AT if at.startswith(name)), "")
    return name, at.removeprefix(name)


def find(name: str, rest: str, locate: Callable[[str], Found | None]) -> Found | None:
    """The value at pointer `rest` of the document `name`. `locate` finds values of the record."""
    found = locate(AT[name])
    if found is None or found.size > READ_UP_TO:
        return None
    told = inner(found.read().strip())
    if told is None:
        return None
    raw = json_view.cut(told.raw or dumps(told.body).encode("utf-8", "surrogatepass"), rest)
    return None if raw is None else Found.held(raw)
