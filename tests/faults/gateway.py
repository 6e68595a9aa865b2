"""A gateway of our own, in this process: it counts each POST by the marker of its click, and notes what it has sent.

It keeps records of those answers that `recorded` gives, and notes when each was asked for.
"""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from generations.gateway.demo import ulid
from tests.gateway.peer import Call, Peer

MARKER = re.compile(rb"marker-[a-z0-9-]+")
RECORD_NANOS = 1_250_000
RECORD = {
    "endpoint": "chat.completions",
    "model_id": "openai/gpt-5-nano",
    "status_code": 200,
    "success": True,
    "cost_nanos": RECORD_NANOS,
}
NOT_FOUND = json.dumps({"error": {"code": "not_found", "message": "No such generation."}}).encode()


@dataclass
class Sent:
    """What one click has cost and been sent: POSTs, and each word with the moment it left."""

    posts: int = 0
    words: list[tuple[float, str]] = field(default_factory=list)
    ended_at: float = 0.0

    def text(self, until: float = float("inf")) -> str:
        return "".join(word for at, word in self.words if at <= until)


@dataclass
class GatewayRecord:
    """A record that is there from a moment on, and when it was first given. Times are of the monotonic clock."""

    there_at: float
    given_at: float | None = None
    asked: int = 0


Script = Callable[[Call, Sent], None]


class Gateway:
    """Answers POSTs by the script of their marker, which `script` sets before the click."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.sent: dict[str, Sent] = {}
        self.records: dict[str, GatewayRecord] = {}
        self.lock = threading.Lock()
        self.peer = Peer(self._answer)

    @property
    def url(self) -> str:
        return self.peer.url

    def _answer(self, call: Call) -> None:
        self.peer.calls.clear()  # bodies are not kept: a run is long
        found = MARKER.search(call.body)
        if call.method == "GET":
            self._give_record(call)
            return
        if call.method != "POST" or found is None:
            call.answer(404, NOT_FOUND)
            return
        marker = found[0].decode()
        with self.lock:
            sent = self.sent.setdefault(marker, Sent())
            sent.posts += 1
        with suppress(OSError):
            self.scripts[marker](call, sent)

    def _give_record(self, call: Call) -> None:
        request_id = parse_qs(urlsplit(call.target).query).get("id", [""])[0]
        record = self.records.get(request_id)
        if record is not None:
            record.asked += 1
        if record is None or time.monotonic() < record.there_at:
            call.answer(404, NOT_FOUND)
            return
        record.given_at = record.given_at or time.monotonic()
        call.answer(200, json.dumps(RECORD | {"request_id": request_id}).encode())

    def script(self, marker: str, script: Script) -> None:
        self.scripts[marker] = script
        self.sent[marker] = Sent()

    @property
    def posts(self) -> int:
        return sum(sent.posts for sent in self.sent.values())


@contextmanager
def gateway() -> Iterator[Gateway]:
    opened = Gateway()
    try:
        yield opened
    finally:
        opened.peer.close()


def frame(text: str, **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None, **more}
    body = {
        "id": "gen-fault",
        "object": "chat.completion.chunk",
        "model": "openai/gpt-5-nano",
        "choices": [choice],
    }
    return f"data: {json.dumps(body)}\n\n".encode()


def say(call: Call, sent: Sent, word: str) -> None:
    call.chunk(frame(word))
    sent.words.append((time.monotonic(), word))


def stream(words: int, every: float, *, first: float = 0.0) -> Script:
    """So many words, one every so many seconds, and a proper end."""

    def script(call: Call, sent: Sent) -> None:
        time.sleep(first)
        call.open()
        for number in range(words):
            say(call, sent, f"w{number} ")
            time.sleep(every)
        finish(call, sent)

    return script


def finish(call: Call, sent: Sent, request_id: str = "gen-fault") -> None:
    call.chunk(frame("", finish_reason="stop").replace(b"gen-fault", request_id.encode()))
    call.chunk(b"data: [DONE]\n\n")
    call.finish()
    sent.ended_at = time.monotonic()


def recorded(gateway: Gateway, words: int, every: float, after_s: float) -> Script:
    """A stream whose generation's record is there so many seconds after its end."""

    def script(call: Call, sent: Sent) -> None:
        request_id = ulid.request_id(round(time.time() * 1000), ulid.new_suffix())
        call.open()
        for number in range(words):
            call.chunk(frame(f"w{number} ").replace(b"gen-fault", request_id.encode()))
            sent.words.append((time.monotonic(), f"w{number} "))
            time.sleep(every)
        gateway.records[request_id] = GatewayRecord(time.monotonic() + after_s)
        finish(call, sent, request_id)

    return script


def silence(call: Call, _sent: Sent) -> None:
    """The POST is read, and nothing comes back."""
    call.gone()


def after(words: int, then: Callable[[Call], None]) -> Script:
    """Some words, then something else."""

    def script(call: Call, sent: Sent) -> None:
        call.open()
        for number in range(words):
            say(call, sent, f"w{number} ")
        then(call)

    return script


def raw(data: bytes) -> Script:
    """These bytes, and the connection is closed."""

    def script(call: Call, _sent: Sent) -> None:
        call.say(data)
        call.wire.shutdown(socket.SHUT_RDWR)  # closing waits for the peer's own reader

    return script


def answer(status: int, body: bytes, kind: str = "application/json", **headers: str) -> Script:
    def script(call: Call, _sent: Sent) -> None:
        call.answer(status, body, kind, **headers)

    return script


def flood(call: Call, sent: Sent) -> None:
    """Frames as fast as they are taken, without an end."""
    call.open()
    piece = frame("x" * 60) * 200
    while True:
        call.chunk(piece)


def endless_line(call: Call, sent: Sent) -> None:
    """A line that never ends."""
    call.open()
    call.chunk(b'data: {"choices":[{"delta":{"content":"')
    while True:
        call.chunk(b"y" * 65536)


def large(megabytes: int, *, is_stream: bool) -> Script:
    def script(call: Call, _sent: Sent) -> None:
        call.open("text/event-stream" if is_stream else "application/json")
        if not is_stream:
            call.chunk(b'{"choices":[{"message":{"role":"assistant","content":"')
        piece = frame("z" * 1000) * 64 if is_stream else b"z" * 65536
        for _ in range(megabytes * 2**20 // len(piece)):
            call.chunk(piece)
        call.chunk(b"data: [DONE]\n\n" if is_stream else b'"},"finish_reason":"stop"}]}')
        call.finish()

    return script
