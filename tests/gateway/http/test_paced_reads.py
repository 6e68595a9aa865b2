"""Paced reads: what a read of the socket waits for, and that it is the stream of the answer that is paced."""

import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpcore
import pytest

from generations.gateway import endpoints
from generations.gateway.client import Client
from generations.gateway.events import Text
from generations.gateway.http import paced_reads
from generations.gateway.http.head_limits import BoundedHeads
from generations.gateway.http.paced_reads import PacedReads, PacedStream, pause_for
from tests.gateway.peer import Call, serving

CHAT = endpoints.find("chat.completions") or pytest.fail("no such endpoint")
KEY = "phaseo_v1_sk_0123456789ab_abcdefghijklmnopqrstuvwxyzabcdefghijklmn"
FRAME = b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
FRAMES = 20


class FakeStream(httpcore.NetworkStream):
    """A stream with bytes to read, or none."""

    def __init__(self, *, readable: bool = True) -> None:
        self.readable, self.turns = readable, list[bool]()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.turns.append(paced_reads._turn.locked())
        return b"x"

    def start_tls(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        return FakeStream()

    def get_extra_info(self, info: str) -> Any:
        return self.readable


@pytest.fixture(autouse=True)
def free_turn() -> Iterator[None]:
    yield
    assert not paced_reads._turn.locked()


class Pauses:
    """Pauses of so many seconds, counted."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.taken = seconds, 0

    def take(self) -> float:
        self.taken += 1
        return self.seconds


def answered(pace: PacedReads) -> str:
    """The words of an answer whose frames come one by one, 5 ms apart."""

    def script(call: Call) -> None:
        call.open()
        for _ in range(FRAMES):
            call.chunk(FRAME)
            time.sleep(0.005)
        call.chunk(b"data: [DONE]\n\n")
        call.finish()

    with serving(script) as peer:
        events = list(Client(peer.url, KEY).send(CHAT, b"{}", stop=pace))
    pace.rest()
    return "".join(event.text for event in events if isinstance(event, Text))


def test_reads_of_an_answer_are_paced() -> None:
    """Each read waits, so several frames come at once; the words are the same."""
    ordinary, paced = Pauses(0.0), Pauses(0.04)
    words = [answered(PacedReads(pauses.take)) for pauses in (ordinary, paced)]
    assert 0 < paced.taken < ordinary.taken / 2
    assert words == ["x" * FRAMES] * 2


def test_a_turn_is_taken_where_bytes_are_there_and_given_back_by_the_next_read() -> None:
    pace = PacedReads(lambda: 0.001)
    stream = FakeStream()
    paced = pace.wrapped(stream)
    assert (paced.read(1), paced.read(1), stream.turns) == (b"x", b"x", [True, True])
    pace.rest()
    silent = FakeStream(readable=False)
    pace.wrapped(silent).read(1)
    assert silent.turns == [False]


def test_nobody_waits_long_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paced_reads, "PATIENCE_S", 0.01)
    with paced_reads._turn:
        thread = threading.Thread(target=PacedReads(lambda: 0.001).wrapped(FakeStream()).read, args=[1])
        thread.start()
        thread.join(5)
        assert not thread.is_alive()


def test_what_tls_puts_on_top_is_wrapped_in_the_same_way() -> None:
    pace = PacedReads(lambda: 0.0)
    inner = pace.wrapped(BoundedHeads(FakeStream())).start_tls(ssl.create_default_context())
    assert isinstance(inner, PacedStream)
    assert inner._pace is pace
    assert isinstance(inner.stream, BoundedHeads)


def test_a_few_are_not_paced() -> None:
    assert [pause_for(count) for count in (1, 15, 16, 200, 1000)] == [0.0, 0.0, 0.016, 0.2, 0.2]
