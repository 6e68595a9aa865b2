"""Heads of requests: at most 64 KiB, 100 lines and 15 s, whatever is sent."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn

from dashboard.local.system import LOOPBACK, Port
from dashboard.web import request_heads
from dashboard.web.request_heads import MOST_BYTES, MOST_LINES, BoundedProtocol
from tests.support.processes import wait_for

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = Port().release()
    config = uvicorn.Config(
        hello,
        host=LOOPBACK,
        port=number,
        log_config=None,
        lifespan="off",
        http=BoundedProtocol,
        timeout_keep_alive=9,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    yield number
    server.should_exit = server.force_exit = True
    thread.join()


def ask(port: int, *pieces: bytes) -> bytes:
    """What comes back until the server closes, or says hello."""
    with socket.create_connection((LOOPBACK, port), timeout=20) as connection:
        received = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            while not received.endswith(b"hello") and (more := connection.recv(65536)):
                received += more
        except ConnectionError:  # it closed while we were still sending
            pass
    return received


def lines(number: int) -> bytes:
    return b"".join(b"X-%d: a\r\n" % index for index in range(number))


@pytest.mark.parametrize(
    "more",
    [b"", lines(MOST_LINES - 1), b"X: " + b"a" * (MOST_BYTES - 100) + b"\r\n"],
    ids=["few", "many", "large"],
)
def test_what_fits_is_answered(port: int, more: bytes) -> None:
    assert ask(port, GET + more + b"\r\n").startswith(b"HTTP/1.1 200")


TOO_MUCH = {
    "many lines": GET + lines(MOST_LINES) + b"\r\n",
    "a large line": GET + b"X: " + b"a" * MOST_BYTES + b"\r\n\r\n",
    "large lines": GET + (b"X: " + b"a" * 1000 + b"\r\n") * 70 + b"\r\n",
    "a large address": b"GET /" + b"a" * MOST_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a large name": GET + b"a" * MOST_BYTES + b": 1\r\n\r\n",
    "a line without an end": GET + b"X: " + b"a" * 10 * MOST_BYTES,
    "no line end at all": b"a" * 10 * MOST_BYTES,
    "a large trailer": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 10 * MOST_BYTES,
    "many trailers": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + lines(MOST_LINES) + b"\r\n",
    "a large extension of a chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;"
    + b"a" * 10 * MOST_BYTES,
}  # fmt: skip


@pytest.mark.parametrize("what", TOO_MUCH)
def test_too_much_is_refused(port: int, what: str) -> None:
    received = ask(port, TOO_MUCH[what])
    assert b"hello" not in received
    expected = b"HTTP/1.1 400" if what == "no line end at all" else b"HTTP/1.1 431"
    assert received.startswith(expected) or ("trailer" in what or "chunk" in what) or received == b""


def test_an_endless_head_takes_no_memory(port: int) -> None:
    """The client stops only when the connection breaks."""
    sent = 0
    with socket.create_connection((LOOPBACK, port), timeout=20) as connection, suppress(ConnectionError):
        connection.sendall(GET + b"X: ")
        while sent < 100 * 2**20:
            sent += connection.send(b"a" * 65536)
    assert sent < 8 * 2**20  # what the two kernels hold


@pytest.mark.parametrize("slowly", [b"", b"GET /", GET, GET + b"X: a", b"\r\n"], ids=ascii)
def test_a_slow_head_is_refused_however_it_trickles(
    port: int, slowly: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_heads, "SECONDS", 0.3)
    begun = time.monotonic()
    with socket.create_connection((LOOPBACK, port), timeout=20) as connection:
        connection.settimeout(0.1)
        received = b""
        while not received and time.monotonic() - begun < 5:
            try:
                connection.sendall(slowly[:1] if slowly != b"\r\n" else slowly)
                slowly = slowly[1:] + b"a" if slowly not in (b"", b"\r\n") else slowly
                received = connection.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert received.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - begun < 3


def test_blank_lines_do_not_keep_an_answered_connection_open(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_heads, "SECONDS", 0.3)
    with socket.create_connection((LOOPBACK, port), timeout=20) as connection:
        connection.sendall(GET + b"\r\n")
        assert connection.recv(4096).endswith(b"hello")
        connection.sendall(b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")


def test_an_idle_connection_is_kept_for_the_next_request(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_heads, "SECONDS", 0.2)
    with socket.create_connection((LOOPBACK, port), timeout=20) as connection:
        for _ in range(2):
            connection.sendall(GET + b"\r\n")
            assert connection.recv(4096).endswith(b"hello")
            time.sleep(0.3)


def test_requests_that_come_at_once_are_all_answered(port: int) -> None:
    with socket.create_connection((LOOPBACK, port), timeout=20) as connection:
        connection.sendall(
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + GET + b"\r\n") * 20
        )
        received = b""
        while received.count(b"hello") < 40:
            received += connection.recv(65536)
