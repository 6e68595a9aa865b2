"""The ID under which one request, and whatever it sets off, stands in every log line. Needs no Django."""

import re
import uuid
from contextvars import ContextVar

HEADER = "x-request-id"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
current: ContextVar[str] = ContextVar("request_id", default="")
"""Of the work that this thread or task is doing; "" for work that nobody asked for."""


def accepted(given: str | None) -> str:
    """The ID that a client or a proxy gave, where it is 8 to 64 letters, digits, `.`, `_`, `-`; else a new one."""
    return given if given and WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
