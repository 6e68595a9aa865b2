import asyncio
import html
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import Client
from django.urls import path
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web import event_streams
from dashboard.web.event_streams import BEAT, END, HELLO, EventStream, encode, event_stream

pytestmark = [pytest.mark.engines, pytest.mark.urls(__name__), pytest.mark.heavy]
closed: list[str] = []


@event_stream
def numbers(request: HttpRequest, what: str) -> AsyncIterator[bytes] | None:
    """Opens a stream of the asked-for kind for a signed-in user."""
    if what == "missing":
        raise Http404
    if what == "forbidden":
        raise PermissionDenied
    if what == "broken":
        raise ZeroDivisionError
    return None if what == "nothing" else watch(what)


async def watch(what: str) -> AsyncIterator[bytes]:
    try:
        yield encode("delta", what, id="1")
        if what == "endless":
            await asyncio.Future()
        yield END
    finally:
        closed.append(what)


urlpatterns = [path("numbers/<what>/events", numbers, name="numbers")]


class Reader:
    """The server's side of one request: what was sent, and a client that leaves on demand."""

    def __init__(self, what: str, cookie: str = "", host: str = "testserver") -> None:
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": f"/numbers/{what}/events",
            "query_string": b"",
            "headers": [(b"host", host.encode()), (b"cookie", f"retake_session={cookie}".encode())],
            "client": ("127.0.0.1", 1),
        }
        self.messages: list[Any] = []
        self.leaves = asyncio.Event()
        self.until: Callable[[bytes], bool] = lambda _body: False

    async def receive(self) -> dict[str, Any]:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.messages.append(message)
        if self.until(self.body):
            self.leaves.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    async def read(self) -> "Reader":
        found = event_streams.find_stream(self.scope)
        assert found is not None
        await event_streams.serve_stream(found, self.scope, self.receive, self.send)
        assert not self.messages[-1].get("more_body")
        return self


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    closed.clear()
    yield
    event_streams.stopping.clear()


@pytest.fixture
def cookie(transactional_db: None, client: Client, settings: Any) -> str:
    """The session cookie of somebody who is signed in."""
    settings.SESSION_COOKIE_NAME = "retake_session"
    client.force_login(
        get_user_model().objects.create_user(email="ada@example.com", password="a-long-password")
    )
    return client.cookies["retake_session"].value


def read(*arguments: str) -> Reader:
    async def run() -> Reader:
        return await Reader(*arguments).read()

    return asyncio.run(run())


def test_stream(cookie: str) -> None:
    reader = read("short", cookie)
    assert (reader.status, reader.body) == (200, HELLO + b"event: delta\nid: 1\ndata: short\n\n" + END)
    assert dict(reader.messages[0]["headers"]) == {
        b"content-type": b"text/event-stream; charset=utf-8",
        b"cache-control": b"no-cache, no-transform",
        b"x-accel-buffering": b"no",
    }


@pytest.mark.parametrize("what", ["missing", "forbidden", "nothing"])
def test_what_may_not_be_watched_ends_at_once(cookie: str, what: str) -> None:
    reader = read(what, cookie)
    assert (reader.status, reader.body) == (200, HELLO + END)


@pytest.mark.parametrize(
    ("who", "host"), [("", "testserver"), ("x" * 32, "testserver"), ("cookie", "evil.example")]
)
def test_strangers_get_nothing_but_the_end(cookie: str, who: str, host: str) -> None:
    reader = read("short", cookie if who == "cookie" else who, host)
    assert (reader.status, reader.body) == (200, HELLO + END)


def test_failure_may_be_tried_again(cookie: str, caplog: pytest.LogCaptureFixture) -> None:
    assert read("broken", cookie).status == 503
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


@pytest.mark.parametrize("what", ["short", "endless", "missing"])
def test_plain_view_answers_a_finished_stream(cookie: str, client: Client, what: str) -> None:
    response = client.get(f"/numbers/{what}/events")
    assert (response.status_code, response.content) == (200, END)


def test_iterator_is_closed_when_the_reader_leaves(cookie: str) -> None:
    async def run() -> Reader:
        reader = Reader("endless", cookie)
        reader.until = lambda body: b"delta" in body
        return await reader.read()

    assert asyncio.run(run()).body == HELLO + b"event: delta\nid: 1\ndata: endless\n\n"
    assert closed == ["endless"]


def test_silence_is_broken_by_comments(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "BEAT_SECONDS", 0.01)

    async def run() -> Reader:
        reader = Reader("endless", cookie)
        reader.until = lambda body: body.endswith(BEAT + BEAT)
        return await reader.read()

    assert asyncio.run(run()).body.startswith(HELLO + b"event: delta\nid: 1\ndata: endless\n\n" + BEAT)


def test_lost_right_ends_a_running_stream(
    cookie: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_streams, "AGAIN_SECONDS", 0.01)

    async def run() -> Reader:
        reader = Reader("endless", cookie)
        task = asyncio.create_task(reader.read())
        await event_streams.in_thread(client.logout)
        return await task

    assert asyncio.run(run()).body.endswith(END)
    assert closed in ([], ["endless"])


def test_sigterm_ends_streams_without_the_closing_event(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before: list[int] = []
    old = {
        number: signal.signal(number, lambda n, _f: before.append(n))
        for number in (signal.SIGTERM, signal.SIGINT)
    }

    async def run() -> tuple[Reader, Reader]:
        event_streams.end_streams_on_sigterm()
        reader = Reader("endless", cookie)
        task = asyncio.create_task(reader.read())
        while b"delta" not in reader.body:
            await asyncio.sleep(0)
        signal.raise_signal(signal.SIGTERM)
        return await task, await Reader("endless", cookie).read()

    try:
        reader, late = asyncio.run(run())
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
    assert reader.body == HELLO + b"event: delta\nid: 1\ndata: endless\n\n"
    assert late.body == HELLO
    assert before == [signal.SIGTERM]


@pytest.mark.parametrize(
    ("method", "where"),
    [("POST", "/numbers/short/events"), ("GET", "/numbers/"), ("HEAD", "/numbers/short/events")],
)
def test_other_requests_are_no_streams(method: str, where: str) -> None:
    assert event_streams.find_stream({"method": method, "path": where}) is None


def test_view_keeps_its_name() -> None:
    assert isinstance(numbers, EventStream)
    assert (numbers.__name__, numbers.__doc__) == (
        "numbers",
        "Opens a stream of the asked-for kind for a signed-in user.",
    )


def parsed(event: bytes) -> dict[str, str]:
    """One event as a browser reads it (HTML standard, 9.2.6)."""
    fields: dict[str, list[str]] = {}
    text = event.decode().replace("\r\n", "\n").replace("\r", "\n")
    assert text.endswith("\n\n")
    for line in text[:-2].split("\n"):
        name, _, value = line.partition(":")
        fields.setdefault(name, []).append(value.removeprefix(" "))
    return {name: "\n".join(values) for name, values in fields.items()}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_encoded_text_is_the_text_that_a_page_shows(text: str) -> None:
    found = parsed(encode("delta", text, id="5-0/7"))
    assert found.keys() == {"event", "id", "data"}
    assert "<" not in found["data"]
    assert html.unescape(found["data"]).replace("\0", "") == text.replace("\0", "")


def test_encoded_markup_is_left_as_it_is() -> None:
    assert (
        encode("snap", "<p>\r\na &amp; b\r</p>", html=True)
        == b"event: snap\ndata: <p>\ndata: a &amp; b\ndata: </p>\n\n"
    )


def test_lone_surrogates_are_replaced() -> None:
    assert encode("delta", "a\ud800b") == b"event: delta\ndata: a?b\n\n"


@pytest.mark.parametrize(("event", "identity"), [("a\nb", None), ("a", "1\r"), ("a", "\0")])
def test_line_ends_cannot_be_smuggled_in(event: str, identity: str | None) -> None:
    with pytest.raises(ValueError, match="cannot stand in an event"):
        encode(event, "x", id=identity)
