"""One log line a request, under an ID that also goes back to its client: an ASGI application around the others.

The line names the route, never the address: some addresses open something, and others hold what somebody pasted.
"""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from dashboard.telemetry import logs, metrics, request_ids
from dashboard.web.wsgi_pages import NOTE, Message, Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLIENT_GONE = 499  # nginx's word for an answer that nobody waited for


@dataclass(slots=True)
class RequestNote:
    """What is known of a request by those who answer it: its route and team."""

    route: str = ""
    team: str = ""
    status: int = CLIENT_GONE


def logged(application: Application) -> Application:
    """`application`, with a request ID for each request and a line at its end."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        note, begun = RequestNote(), time.monotonic()
        scope[NOTE] = note
        request_id = take_request_id(scope)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                note.status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await application(scope, receive, noted)
        finally:
            write(scope, note, time.monotonic() - begun)

    return answer


def take_request_id(scope: Scope) -> str:
    """The request's ID: from its header if that can be used, else a new one. Whoever reads the header finds it."""
    name = request_ids.HEADER.encode()
    given = [value for key, value in scope["headers"] if key.lower() == name]
    request_id = request_ids.accepted(given[0].decode("latin1") if len(given) == 1 else None)
    others = [pair for pair in scope["headers"] if pair[0].lower() != name]
    scope["headers"] = [*others, (name, request_id.encode())]
    request_ids.current.set(request_id)
    return request_id


def write(scope: Scope, note: RequestNote, seconds: float) -> None:
    """The line of an answered request, and its place in the metrics."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    logs.line(
        "request",
        method=method,
        route=note.route or "none",
        status=note.status,
        duration_ms=round(1000 * seconds, 1),
        team=note.team,
    )
    metrics.saw_request(method, note.route or "none", note.status, seconds)
