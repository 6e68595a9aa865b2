"""Server-sent events that cost nearly nothing while they wait: no thread, no database or Redis connection.

    @event_stream
    def replay_events(request, team, replay_id):
        replay = ...  # sync, in a thread; Http404, PermissionDenied: the end
        return watch(replay, request)  # an async iterator of encode(...), then END

The view has an ordinary URL. The web process (`asgi.py`) finds it by resolving the path and serves it here,
outside Django's middleware, which would hold a thread per stream. Host, session, user and the view's own
question are asked in one thread hop, and again every 30 s. A browser retries any other answer than 200 for
ever, so whatever must not go on gets a stream with nothing but `event: end`; only a failure that may pass (a
database unavailable) is a 503.
"""

import asyncio
import io
import logging
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import update_wrapper
from threading import Event
from types import FrameType
from typing import Any, TypeVar

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.html import escape

from dashboard.web.wsgi_pages import NOTE, Receive, Scope, Send, disconnected, send_plain

Events = AsyncIterator[bytes]
Open = Callable[..., Events | None]
Result = TypeVar("Result")

BEAT_SECONDS = 15.0  # proxies cut a silent stream after 30 to 60 s
AGAIN_SECONDS = 30.0
THREADS = 2
PARTS = 4  # tasks of one stream
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
HELLO = b": hello\nretry: 500\n\n"
BEAT = b": beat\n\n"
logger = logging.getLogger(__name__)
threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stream")
open_streams: "set[asyncio.Task[None]]" = set()
stopping = Event()


class EventStream:
    """A view whose answer is a stream.

    Called as a plain view (runserver, test client) it answers a finished one.
    """

    login_required = False  # LoginRequiredMiddleware would redirect, which an EventSource retries for ever

    def __init__(self, open: Open) -> None:
        self.open = open
        self.__name__: str
        update_wrapper(self, open)

    def __call__(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        _ask(self, request, kwargs)
        return HttpResponse(END, headers=HEADERS)


event_stream = EventStream


@dataclass(frozen=True, slots=True)
class StreamRoute:
    """A stream's view and the arguments out of its URL."""

    view: EventStream
    kwargs: dict[str, Any]


def encode(event: str, data: str, *, id: str | None = None, html: bool = False) -> bytes:
    """One server-sent event. `data` is text, which is escaped, or with html=True markup that is safe already.

    A carriage return would end a line of the event, so it becomes a character reference in text and a line
    feed in markup, as any HTML parser reads it. Raises ValueError for a name or an id with a line end or NUL
    in it.
    """
    for name in (event, id or ""):
        if any(mark in name for mark in "\r\n\0"):
            raise ValueError(f"{name!r} cannot stand in an event")
    text = data.replace("\r\n", "\n").replace("\r", "\n") if html else escape(data).replace("\r", "&#13;")
    head = f"event: {event}\n" + ("" if id is None else f"id: {id}\n")
    return (head + "data: " + text.replace("\n", "\ndata: ") + "\n\n").encode("utf-8", "replace")


END = encode("end", "end")


async def in_thread(function: Callable[..., Result], *args: Any) -> Result:
    """Run a function that may use the database in the streams' few threads; its connection is given back."""

    def hop() -> Result:
        try:
            return function(*args)
        finally:
            connections.close_all()

    return await asyncio.get_running_loop().run_in_executor(threads, hop)


def find_stream(scope: Scope) -> StreamRoute | None:
    """The stream that an ASGI request asks for, if it asks for one."""
    if scope["method"] != "GET":
        return None
    try:
        match = resolve(scope["path"].removeprefix(scope.get("root_path", "")))
    except Resolver404:
        return None
    if not isinstance(match.func, EventStream):
        return None
    if note := scope.get(NOTE):
        note.route = match.route
    return StreamRoute(match.func, match.kwargs)


async def serve_stream(found: StreamRoute, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a stream until it ends, its reader leaves, its right is lost or the process stops."""
    try:
        events = await in_thread(_open, found, scope)
    except Exception:
        logger.exception("The stream %s could not be opened", scope["path"])
        await send_plain(send, 503, "Try again.")
        return
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _write(send, HELLO if events else HELLO + END)
    if events and not stopping.is_set():
        await _run([_pump(events, send), _beat(send), _ask_again(found, scope, send), disconnected(receive)])
        await getattr(events, "aclose", _nothing)()
    await send({"type": "http.response.body", "body": b""})


def streams_open() -> int:
    """How many this process serves."""
    return len(open_streams) // PARTS


async def _nothing() -> None:
    pass


async def _run(parts: list[Any]) -> None:
    """Run until the first part ends or raises, or `end_streams` cancels all."""
    tasks = {asyncio.create_task(part) for part in parts}
    open_streams.update(tasks)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        open_streams.difference_update(tasks)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("A stream ended early", exc_info=result)


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _pump(events: Events, send: Send) -> None:
    async for data in events:
        await _write(send, data)


async def _beat(send: Send) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await _write(send, BEAT)


async def _ask_again(found: StreamRoute, scope: Scope, send: Send) -> None:
    """Ends, with the closing event, when the right to watch is gone."""
    while True:
        await asyncio.sleep(AGAIN_SECONDS)
        if await in_thread(_open, found, scope) is None:
            return await _write(send, END)


def _open(found: StreamRoute, scope: Scope) -> Events | None:
    """In a thread: host, session, user, then the view's own question."""
    headers = [pair for pair in scope["headers"] if b"_" not in pair[0]]  # as for pages (wsgi_pages.py)
    request = ASGIRequest({**scope, "headers": headers}, io.BytesIO())
    with suppress(DisallowedHost):
        request.get_host()
        SessionMiddleware(_no_response).process_request(request)
        AuthenticationMiddleware(_no_response).process_request(request)
        return _ask(found.view, request, found.kwargs)
    return None


def _no_response(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _ask(view: EventStream, request: HttpRequest, kwargs: dict[str, Any]) -> Events | None:
    """What the view opens for this user; None when it must not, or there is nothing to see."""
    if not request.user.is_authenticated:
        return None
    try:
        return view.open(request, **kwargs)
    except (Http404, PermissionDenied):
        return None


def end_streams() -> None:
    """End all streams, and any that still come, without the closing event: browsers resume elsewhere."""
    stopping.set()
    for task in list(open_streams):
        task.cancel()


def end_streams_on_sigterm() -> None:
    """End the streams before the server's own handler runs: it waits for them. Call on the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _chained(loop, signal.getsignal(number)))


def _chained(loop: asyncio.AbstractEventLoop, before: Any) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        with suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(end_streams)
        if callable(before):
            before(number, frame)

    return handle
