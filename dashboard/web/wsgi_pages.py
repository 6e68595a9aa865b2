"""WSGI pages inside an ASGI server.

The request's body is read on the event loop before a thread is taken, and the response leaves on the event
loop after the thread is given back, so neither a stalled upload nor a slow reader holds a page thread. Work that
takes long has a thread of its own (`heavy_work.py`), so it holds none either. No
future crosses from a thread back to the loop, so a request in flight cannot hang the exit. A response that
Django marks as streaming runs in a thread of its own, one chunk at a time, as fast as its reader takes it.
"""

import asyncio
import io
import logging
import math
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote, unquote_to_bytes
from wsgiref.types import WSGIApplication

from django.db import connections

from dashboard.web import outage
from dashboard.web.database_watch import NEED_NO_DATABASE, DatabaseWatch
from dashboard.web.heavy_work import PLACE, AnsweredIn, HeavyThread

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Answer = tuple["Response", list[bytes] | None]

CHUNK = 256 * 1024  # bytes given to the server at once; it waits when its buffer is full
DRAIN = 20_000_000  # bytes read of a body that is refused
BODY_SECONDS = 30.0  # a whole request body
STALL_SECONDS = 60.0  # a reader of a download that takes nothing
PAGE_SECONDS = 50.0  # a page that takes longer is stuck: all that pages wait for ends earlier
HEAVY_SECONDS = 300.0  # so is long work
SLOW_SECONDS = 0.3  # after which a page that waits asks whether the database is unavailable
DOWNLOADS = 4  # streaming responses at a time; further ones wait
TOO_LARGE, TOO_SLOW, BROKEN = (
    (413, "Request too large."),
    (408, "The request took too long."),
    (500, "Server error."),
)
NOTE = "retake.request"  # in a scope and an environ: what the log line of a request will say
logger = logging.getLogger(__name__)


class ClientGoneError(Exception):
    """The client is gone."""


class RefusedError(Exception):
    """The request is answered without asking the application: (status, text)."""


class DatabaseUnavailableError(Exception):
    """The database is unavailable: the argument says whether the application was asked before that was known."""


class Response:
    """What the application said, and its still unread body."""

    status = 500
    headers: Headers
    body: Iterable[bytes]

    def start(
        self, status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        """WSGI's start_response."""
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in headers]
        return lambda _data: None

    @property
    def streaming(self) -> bool:
        return bool(getattr(self.body, "streaming", False))

    def close(self) -> None:
        getattr(self.body, "close", lambda: None)()


class Bridge:
    """An ASGI application that runs `wsgi` in `threads` threads; bodies over `max_body` bytes are refused."""

    def __init__(
        self, wsgi: WSGIApplication, *, threads: int, max_body: int, watch: DatabaseWatch | None = None
    ) -> None:
        self.wsgi, self.max_body, self.watch, self.count = wsgi, max_body, watch, threads
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self.line = HeavyThread()
        self.limits: dict[int, float] = {}  # when the request of each busy thread should have been answered
        self.downloads = asyncio.Semaphore(DOWNLOADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(scope, receive, self.max_body)
            await self.respond(scope, receive, send, body)
        except ClientGoneError:
            return
        except RefusedError as refused:
            await send_plain(send, *refused.args)
        except DatabaseUnavailableError as unavailable:
            await send_outage(scope, send, begun=unavailable.args[0])

    @property
    def is_stuck(self) -> bool:
        """Whether a request has held its thread for too long. A new process could do no better without a database."""
        if self.is_unavailable:
            return False
        return min(list(self.limits.values()), default=math.inf) < time.monotonic()

    async def respond(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        gone = asyncio.ensure_future(disconnected(receive))
        try:
            response, parts = await self.answer(scope, body, gone)
            if self.watch is not None:
                self.watch.saw_answer(scope["path"], response.status)
            await send(
                {"type": "http.response.start", "status": response.status, "headers": response.headers}
            )
            if parts is None:
                await self.download(response, send, gone)
            else:
                await send_body(send, [] if scope["method"] == "HEAD" else parts)
        finally:
            gone.cancel()

    async def answer(self, scope: Scope, body: bytes, gone: "asyncio.Future[None]") -> Answer:
        """The response, from the thread for long work where the view asks for it."""
        first = await self.ask(self.in_page_thread, environ(scope, body, AnsweredIn.PAGE), gone)
        person = getattr(first[0].body, "person", None)
        if person is None:
            return first
        if self.line.is_full(person):
            return await self.ask(self.in_page_thread, environ(scope, body, AnsweredIn.FULL), gone)
        return await self.ask(partial(self.in_line, person), environ(scope, body, AnsweredIn.HEAVY), gone)

    def in_page_thread(self, request: Environ) -> Future[Answer]:
        return self.threads.submit(self.call, request, PAGE_SECONDS)

    def in_line(self, person: int, request: Environ) -> Future[Answer]:
        return self.line.submit(person, partial(self.call, request, HEAVY_SECONDS))

    async def ask(
        self, begin: Callable[[Environ], Future[Answer]], request: Environ, gone: "asyncio.Future[None]"
    ) -> Answer:
        """Run the application in a thread. A page that nobody waits for any more is not begun."""
        if self.is_unavailable and not request["PATH_INFO"].startswith(NEED_NO_DATABASE):
            raise DatabaseUnavailableError(False)
        threads, work = self.threads, begin(request)
        answer = asyncio.wrap_future(work)
        first: set[asyncio.Future[Any]] = {answer, gone}
        while not (await asyncio.wait(first, timeout=SLOW_SECONDS, return_when=asyncio.FIRST_COMPLETED))[0]:
            if self.watch is not None and await self.watch.look() and not answer.done():
                begun = not work.cancel()
                self.replace(threads)
                raise DatabaseUnavailableError(begun)
        if not answer.done() and request["REQUEST_METHOD"] in ("GET", "HEAD") and work.cancel():
            raise ClientGoneError
        try:
            return await answer
        except Exception:
            logger.exception("The application raised an error")
            raise RefusedError(*BROKEN) from None

    @property
    def is_unavailable(self) -> bool:
        return self.watch is not None and self.watch.is_unavailable

    def replace(self, threads: ThreadPoolExecutor) -> None:
        """Leave page threads that hang in the database to themselves, once an outage: they end when it answers."""
        if threads is self.threads:
            self.threads = ThreadPoolExecutor(self.count, thread_name_prefix="page")
            threads.shutdown(wait=False)

    def call(self, request: Environ, seconds: float) -> Answer:
        """In a thread: the response, and its body unless it is to be streamed."""
        thread = threading.get_ident()
        self.limits[thread] = time.monotonic() + seconds
        try:
            return self.run(request)
        finally:
            del self.limits[thread]

    def run(self, request: Environ) -> Answer:
        response = Response()
        response.body = self.wsgi(request, response.start)
        if response.streaming and request["REQUEST_METHOD"] != "HEAD":
            connections.close_all()  # the download has a thread, and so a connection, of its own
            return response, None
        try:
            return response, [] if response.streaming else list(response.body)
        finally:
            response.close()

    async def download(self, response: Response, send: Send, gone: "asyncio.Future[None]") -> None:
        """Send a streaming body.

        All of it runs in one thread, because database cursors belong to their thread.
        """
        async with self.downloads:
            thread = ThreadPoolExecutor(1, thread_name_prefix="download")
            run = asyncio.get_running_loop().run_in_executor
            try:
                chunks = await run(thread, iter, response.body)
                while not gone.done() and (chunk := await run(thread, next_chunk, chunks)):
                    async with asyncio.timeout(STALL_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            finally:
                thread.submit(finish, response)
                thread.shutdown(wait=False)
        await send({"type": "http.response.body", "body": b""})


def next_chunk(chunks: Iterator[bytes]) -> bytes:
    """The next pieces, CHUNK bytes and more in one; b"" at the end."""
    joined = bytearray()
    for chunk in chunks:
        joined += chunk
        if len(joined) >= CHUNK:
            break
    return bytes(joined)


def finish(response: Response) -> None:
    try:
        response.close()
    finally:
        connections.close_all()


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole request body. Raises RefusedError when it is over `limit` bytes or too slow, ClientGoneError
    when cut.

    What is too large is read to its end within DRAIN bytes, because a browser shows the answer only then.
    """
    body, size = bytearray(), 0
    with slow_refused():
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in pieces(receive):
                size += len(piece)
                body += piece if size <= limit else b""
                if size > DRAIN:
                    break
    if size > limit:
        raise RefusedError(*TOO_LARGE)
    return bytes(body)


@contextmanager
def slow_refused() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise RefusedError(*TOO_SLOW) from None


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The request body as it arrives. Raises ClientGoneError when the client leaves before its end."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_plain(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


async def send_outage(scope: Scope, send: Send, *, begun: bool) -> None:
    headers, body = outage.answer(scope["method"], dict(scope["headers"]), begun=begun)
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_body(send: Send, parts: list[bytes]) -> None:
    """Send a finished body in pieces, so that the server's buffer stays small for a slow reader."""
    for part in parts:
        for start in range(0, len(part), CHUNK):
            await send({"type": "http.response.body", "body": part[start : start + CHUNK], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def environ(scope: Scope, body: bytes, place: AnsweredIn = AnsweredIn.PAGE) -> Environ:
    """The WSGI environ of an ASGI request whose body is `body`, to be answered at `place`.

    Header names with an underscore are dropped: they would pass for their namesakes with a hyphen. Repeated
    headers are joined, cookies by "; " (HTTP/2 splits them).
    """
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    root = scope.get("root_path", "").encode().decode("latin1")
    path = unquote_to_bytes(scope.get("raw_path") or quote(scope["path"])).decode("latin1")
    return {
        **headers_of(scope["headers"]),
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": path.removeprefix(root),
        "QUERY_STRING": quote(scope["query_string"], safe=ASCII),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "REMOTE_PORT": str(client[1]),
        PLACE: place,
        NOTE: scope.get(NOTE),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


ASCII = bytes(range(0x21, 0x7F))


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers under their WSGI names; the length is left to the body that was read."""
    found: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        if b"_" in raw_name or raw_name == b"content-length":
            continue
        name, value = raw_name.decode("latin1").upper().replace("-", "_"), raw_value.decode("latin1")
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        found[key] = found[key] + ("; " if name == "COOKIE" else ",") + value if key in found else value
    return found
