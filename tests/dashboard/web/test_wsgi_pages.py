import asyncio
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from wsgiref.types import StartResponse

import pytest
import uvicorn

from dashboard.local.system import LOOPBACK, Port
from dashboard.web.heavy_work import PLACE, WAITING, AnsweredIn, HandedOver
from dashboard.web.wsgi_pages import Bridge, environ
from tests.support.processes import wait_for

Environ = dict[str, Any]
LIMIT = 2_000_000
SCOPE: dict[str, Any] = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "headers": [],
    "server": (LOOPBACK, 80),
    "client": (LOOPBACK, 1234),
}


class Streaming:
    """A body that Django would mark as streaming."""

    streaming = True

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.threads, self.closed = pieces, set[str](), threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.threads.add(threading.current_thread().name)
            yield piece

    def close(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.closed.set()


class Site:
    """A WSGI application with a few pages, on a real server with one page thread."""

    def __init__(self) -> None:
        self.port = Port().release()
        self.seen: list[Environ] = []
        self.streamed: list[Streaming] = []
        self.begun, self.free = threading.Semaphore(0), threading.Event()

    def __call__(self, request: Environ, start: StartResponse) -> Any:
        self.seen.append(request)
        page: Callable[[Environ], Any] = getattr(self, request["PATH_INFO"][1:] or "hello")
        body = page(request)
        start("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return body

    def hello(self, _request: Environ) -> list[bytes]:
        return [b"hel", b"lo"]

    def digest(self, request: Environ) -> list[bytes]:
        data = request["wsgi.input"].read()
        return [f"{len(data)} {hashlib.sha256(data).hexdigest()}".encode()]

    def large(self, _request: Environ) -> list[bytes]:
        return [b"x" * 40_000_000]

    def broken(self, _request: Environ) -> list[bytes]:
        raise ZeroDivisionError

    def long(self, request: Environ) -> Any:
        """A view that leaves its page thread, of the person in the query."""
        if request[PLACE] is AnsweredIn.HEAVY:
            self.begun.release()
            assert self.free.wait(10)
            return [threading.current_thread().name.encode()]
        return HandedOver(int(request["QUERY_STRING"])) if request[PLACE] is AnsweredIn.PAGE else [b"busy"]

    def flow(self, _request: Environ) -> Streaming:
        self.streamed.append(Streaming(b"y" * 100_000 for _ in range(500)))
        return self.streamed[-1]

    def ask(self, text: str, body: bytes = b"") -> socket.socket:
        """A connection on which this request was sent."""
        connection = socket.create_connection((LOOPBACK, self.port), timeout=20)
        connection.sendall(text.replace("\n", "\r\n").encode("latin1") + b"\r\n\r\n" + body)
        return connection

    def get(
        self, path: str, method: str = "GET", headers: str = "", body: bytes = b""
    ) -> tuple[int, str, bytes]:
        """(status, head, body) of one request on a connection of its own."""
        size = f"\nContent-Length: {len(body)}" if body else ""
        with self.ask(
            f"{method} {path} HTTP/1.1\nHost: x\nConnection: close{headers}{size}", body
        ) as connection:
            head, _, rest = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode("latin1"), rest


@contextmanager
def served(site: Site) -> Iterator[Site]:
    bridge = Bridge(site, threads=1, max_body=LIMIT)
    config = uvicorn.Config(
        bridge, host=LOOPBACK, port=site.port, log_config=None, lifespan="off", http="httptools"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield site
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        bridge.threads.shutdown()
        bridge.line.thread.shutdown()


@pytest.fixture
def site() -> Iterator[Site]:
    with served(Site()) as running:
        yield running


def test_page(site: Site) -> None:
    status, head, body = site.get("/hello")
    assert (status, body) == (200, b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
    assert head.count("set-cookie") == 2


def test_head_has_no_body(site: Site) -> None:
    assert site.get("/hello", "HEAD")[2] == b""
    assert site.get("/flow", "HEAD")[2] == b""
    assert site.streamed[0].closed.is_set()


def test_request_body_arrives_whole(site: Site) -> None:
    body = bytes(range(256)) * 7000
    assert site.get("/digest", "POST", body=body)[2].endswith(
        f"{len(body)} {hashlib.sha256(body).hexdigest()}\r\n0\r\n\r\n".encode()
    )


def test_body_over_the_limit_is_refused(site: Site) -> None:
    assert site.get("/digest", "POST", body=b"x" * (LIMIT + 1))[0] == 413
    assert site.seen == []


def test_headers(site: Site) -> None:
    site.get(
        "/hello?q=%C3%A4", headers="\nX-One: 1\nX-One: 2\nX_Forwarded_Host: evil\nCookie: a=1\nCookie: b=2"
    )
    seen = site.seen[0]
    assert {name: value for name, value in seen.items() if name.startswith(("HTTP_", "QUERY"))} == {
        "HTTP_HOST": "x",
        "HTTP_CONNECTION": "close",
        "HTTP_X_ONE": "1,2",
        "HTTP_COOKIE": "a=1; b=2",
        "QUERY_STRING": "q=%C3%A4",
    }


def test_application_that_raises(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    assert site.get("/broken")[0] == 500
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]
    assert site.get("/hello")[0] == 200


def test_stalled_uploads_hold_no_page_thread(site: Site) -> None:
    stalled = [site.ask("POST /digest HTTP/1.1\nHost: x\nContent-Length: 99", b"abc") for _ in range(4)]
    assert site.get("/hello")[0] == 200
    assert len(site.seen) == 1
    for connection in stalled:
        connection.close()


def test_slow_readers_hold_no_page_thread(site: Site) -> None:
    slow = [site.ask(f"GET /{path} HTTP/1.1\nHost: x") for path in ("large", "flow")]
    assert [connection.recv(8) for connection in slow] == [b"HTTP/1.1"] * 2
    assert site.get("/hello")[0] == 200
    for connection in slow:
        connection.close()


def test_streaming_body_has_a_thread_of_its_own(site: Site) -> None:
    assert site.get("/flow")[2].count(b"y") == 50_000_000
    wait_for(site.streamed[0].closed.is_set)
    names = site.streamed[0].threads
    assert len(names) == 1
    assert next(iter(names)).startswith("download")


def test_streaming_body_ends_with_its_reader(site: Site) -> None:
    connection = site.ask("GET /flow HTTP/1.1\nHost: x")
    connection.recv(8)
    connection.close()
    wait_for(site.streamed[0].closed.is_set)


def test_long_work_holds_no_page_thread_and_waits_in_line(site: Site) -> None:
    request = "GET /long?{} HTTP/1.1\nHost: x\nConnection: close"
    waiting = [site.ask(request.format(7))]
    assert site.begun.acquire(timeout=10)
    waiting += [site.ask(request.format(7)) for _ in range(WAITING)]
    wait_for(lambda: len(site.seen) == 2 * (1 + WAITING) - WAITING)
    assert b"busy" in site.get("/long?7")[2]
    waiting.append(site.ask(request.format(8)))  # of somebody else
    assert site.get("/hello")[0] == 200
    assert not site.begun.acquire(blocking=False)
    site.free.set()
    answers = [b"".join(iter(partial(connection.recv, 65536), b"")) for connection in waiting]
    assert [b"heavy_0" in answer for answer in answers] == [True] * (WAITING + 2)
    for connection in waiting:
        connection.close()
    assert b"heavy_0" in site.get("/long?7")[2]


def test_long_work_gets_the_whole_body_again(site: Site) -> None:
    site.free.set()
    assert b"heavy_0" in site.get("/long?7", "POST", body=b"abc")[2]
    assert [seen["wsgi.input"].read() for seen in site.seen] == [b"abc", b"abc"]


def test_long_work_that_nobody_waits_for_is_not_begun(site: Site) -> None:
    first = site.ask("GET /long?7 HTTP/1.1\nHost: x\nConnection: close")
    assert site.begun.acquire(timeout=10)
    left = [site.ask("GET /long?7 HTTP/1.1\nHost: x") for _ in range(WAITING)]
    wait_for(lambda: len(site.seen) == 2 + WAITING)
    for connection in left:
        connection.close()
    wait_for(lambda: b"busy" not in site.get("/hello")[2])
    site.free.set()
    with first:
        assert b"heavy_0" in b"".join(iter(partial(first.recv, 65536), b""))
    assert b"heavy_0" in site.get("/long?7")[2]
    assert sum(seen[PLACE] is AnsweredIn.HEAVY for seen in site.seen) == 2


def test_a_thread_that_is_held_for_too_long_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent replaces a process whose bridge is stuck (`serve.py`)."""
    monkeypatch.setattr("dashboard.web.wsgi_pages.PAGE_SECONDS", 0.1)
    free = threading.Event()
    bridge = Bridge(
        lambda _request, start: (free.wait(10), start("200 OK", []), [])[2], threads=2, max_body=1
    )
    work = bridge.in_page_thread(environ(SCOPE, b""))
    assert not bridge.is_stuck
    wait_for(lambda: bridge.is_stuck)
    free.set()
    work.result()
    assert not bridge.is_stuck
    bridge.threads.shutdown()


def test_page_that_nobody_waits_for_is_not_begun() -> None:
    begun, free = threading.Event(), threading.Event()
    asked: list[str] = []

    def application(request: Environ, start: StartResponse) -> list[bytes]:
        asked.append(request["PATH_INFO"])
        begun.set()
        free.wait(10)
        start("200 OK", [])
        return []

    async def run() -> None:
        bridge = Bridge(application, threads=1, max_body=10)
        first = asyncio.create_task(bridge({**SCOPE, "raw_path": b"/first"}, client("stays"), sent))
        await asyncio.to_thread(begun.wait, 10)
        await bridge({**SCOPE, "raw_path": b"/second"}, client("leaves"), sent)
        free.set()
        await first
        bridge.threads.shutdown()

    asyncio.run(run())
    assert asked == ["/first"]


def client(what: str) -> Callable[[], Any]:
    """`receive` of a client that has sent its request and then stays or leaves."""
    messages = [{"type": "http.request"}, *([{"type": "http.disconnect"}] if what == "leaves" else [])]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else await asyncio.Future()

    return receive


async def sent(_message: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("raw", "path"),
    [(b"/a%2Fb", "/a/b"), ("/ä".encode(), "/Ã¤"), (b"/%FF", "/ÿ"), (b"/%E4%B8%AD", "/ä¸\xad")],
)
def test_environ_keeps_the_bytes_of_a_path(raw: bytes, path: str) -> None:
    assert environ({**SCOPE, "raw_path": raw}, b"")["PATH_INFO"] == path


def test_environ_quotes_a_query_that_is_not_ascii() -> None:
    found = environ({**SCOPE, "query_string": "q=ä&b=%20".encode()}, b"abc")
    assert (found["QUERY_STRING"], found["CONTENT_LENGTH"]) == ("q=%C3%A4&b=%20", "3")
