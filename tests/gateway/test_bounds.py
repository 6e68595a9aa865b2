"""A gateway that means harm: what it sends is bounded in time and memory, and what came of an answer is kept.

Times are bounds against freezing only, memory is what Python allocated at most meanwhile.
"""

import functools
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from generations.gateway import endpoints, errors, streams
from generations.gateway.client import READ_BYTES, Client
from generations.gateway.errors import GatewayError
from generations.gateway.events import Closed, Event, Opened, Received, Text
from generations.gateway.http import exchange, head_limits, masking
from generations.gateway.streams.sse import CutFrame, Frame, Frames
from tests.gateway.peer import Call, Script, serving

pytestmark = pytest.mark.heavy

MIB = 2**20
KEY = "phaseo_v1_sk_0123456789ab_abcdefghijklmnopqrstuvwxyzabcdefghijklmn"
CHAT = endpoints.find("chat.completions") or pytest.fail("no such endpoint")


@pytest.fixture(autouse=True)
def closed_pools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kept-alive connections of each peer are closed with it."""
    made, real = [], exchange.pool

    def pool(base_url: str) -> httpx.HTTPTransport:
        made.append(real(base_url))
        return made[-1]

    monkeypatch.setattr(exchange, "pool", pool)
    yield
    for transport in made:
        transport.close()


@dataclass
class Answer:
    """What a send gave: its bytes (counted, the first MiB kept), its events, the error that ended it."""

    size: int = 0
    raw: bytes = b""
    opened: Opened | None = None
    closed: Closed | None = None
    text: str = ""
    fault: GatewayError | None = None
    seconds: float = 0.0


def send(script: Script, most: int | None = None) -> Answer:
    """POST to this peer; leaves after `most` bytes."""
    sending, begun = Answer(), time.perf_counter()
    with serving(script) as peer:
        events = Client(peer.url, KEY).send(CHAT, b"{}")
        try:
            for event in events:
                _note(sending, event)
                if most is not None and sending.size >= most:
                    break
        except GatewayError as fault:
            sending.fault = fault
        finally:
            events.close()  # type: ignore[attr-defined]
    sending.seconds = time.perf_counter() - begun
    return sending


def _note(sending: Answer, event: Event) -> None:
    match event:
        case Received(data=data):
            sending.size += len(data)
            sending.raw += data[: MIB - len(sending.raw)]
        case Opened():
            sending.opened = event
        case Closed():
            sending.closed = event
        case Text(text=text):
            sending.text += text


@contextmanager
def allocating_at_most(mib: float) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1] / MIB
    finally:
        tracemalloc.stop()
    assert peak < mib, f"{peak:.0f} MiB at the peak"


def answering(body: bytes, content_type: str = "application/json", **headers: str) -> Script:
    return lambda call: call.answer(200, body, content_type, **headers)


@functools.cache
def bomb() -> bytes:
    """204 KB for 200 MiB."""
    return gzip.compress(bytes(200 * MIB))


# -- content codings -------------------------------------------------------------------------------------------


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("identity, gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", _raw_deflate),
        ("gzip", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:])),
        ("identity", bytes),
    ],
)
@pytest.mark.parametrize("size", [1, 65_536, 65_537, 1_000_000])
def test_one_coding_is_read(coding: str, pack: Callable[[bytes], bytes], size: int) -> None:
    body = b'{"a": "' + b"x" * size + b'"}'
    script = answering(pack(body), content_encoding=coding)
    with serving(script) as peer:
        assert Client(peer.url, KEY).record_bytes("G-1") == body
    assert (send(script).size, send(script).fault) == (len(body), None)


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "gzip, br", "nonsense\u00a0"])
def test_other_codings_are_refused_and_the_bytes_kept(coding: str) -> None:
    twice = gzip.compress(bomb())  # less than 1 KB
    script = answering(twice, content_encoding=coding)
    with serving(script) as peer, allocating_at_most(8), pytest.raises(errors.Undecodable, match="coding"):
        Client(peer.url, KEY).record_bytes("G-1")
    with allocating_at_most(8):
        sending = send(script)
    assert isinstance(sending.fault, errors.Undecodable)
    assert (sending.fault.sent, sending.raw, sending.text) == (True, twice, "")


def test_a_packed_record_does_not_explode() -> None:
    """1.5 KB became 1.8 GiB."""
    script = answering(bomb(), content_encoding="gzip")
    with serving(script) as peer, allocating_at_most(40), pytest.raises(errors.RecordTooLarge):
        Client(peer.url, KEY, max_record_bytes=8 * MIB).record_bytes("G-1")


def test_a_packed_answer_comes_piece_by_piece() -> None:
    script = answering(bomb(), "text/event-stream", content_encoding="gzip")
    with allocating_at_most(30):
        sending = send(script, most=50 * MIB)
    assert 50 * MIB <= sending.size < 51 * MIB
    assert sending.seconds < 30


def test_a_packed_answer_that_breaks_off_is_garbled() -> None:
    sending = send(
        answering(gzip.compress(b"data: {}\n\n" * 1000)[:-20], "text/event-stream", content_encoding="gzip")
    )
    assert isinstance(sending.fault, errors.Garbled)
    assert sending.raw.startswith(b"data: {}")


# -- heads -----------------------------------------------------------------------------------------------------


def drip(call: Call) -> None:
    """A head of which a byte comes every 20 ms, for ever."""
    call.say(b"HTTP/1.1 200 OK\r\nx-drip: ")
    while True:
        time.sleep(0.02)
        call.say(b"a")


def _ask(script: Script) -> tuple[GatewayError, GatewayError]:
    """The errors of a lookup and of a send."""
    with serving(script) as peer, pytest.raises(GatewayError) as caught:
        Client(peer.url, KEY).record_bytes("G-1")
    sending = send(script)
    assert sending.fault is not None
    assert sending.fault.sent
    return caught.value, sending.fault


def test_a_head_that_drips_holds_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_limits, "SECONDS", 0.5)
    begun = time.perf_counter()
    assert {type(fault) for fault in _ask(drip)} == {errors.HeadTooSlow}
    assert time.perf_counter() - begun < 10


def test_a_head_that_stops_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_limits, "SECONDS", 0.5)

    def script(call: Call) -> None:
        call.say(b"HTTP/1.1 200 OK\r\nx-")
        call.gone()

    assert {type(fault) for fault in _ask(script)} == {errors.HeadTooSlow}


def test_waiting_for_the_first_byte_is_not_reading_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_limits, "SECONDS", 0.2)

    def script(call: Call) -> None:
        time.sleep(0.4)
        call.say(b"HTTP/1.1 102 Processing\r\n\r\n")
        time.sleep(0.4)
        call.answer(200, b"{}")

    assert send(script).fault is None


@pytest.mark.parametrize(
    "head",
    [
        b"x-a: " + b"a" * 70_000 + b"\r\n",
        b"x-a: b\r\n" * 101,
        b"x-a: b\n" * 101,
        b"x-a: " + b"a" * 1_000_000,
    ],
)
def test_a_large_head_is_refused(head: bytes) -> None:
    def script(call: Call) -> None:
        call.say(b"HTTP/1.1 200 OK\r\n" + head + b"content-length: 2\r\n\r\n{}")

    with allocating_at_most(15):
        assert {type(fault) for fault in _ask(script)} == {errors.HeadTooLarge}


@pytest.mark.parametrize("lines", [b"x-a: b\r\n" * 99, b"x-a: " + b"a" * 65_000 + b"\r\n"])
def test_the_largest_head_is_read(lines: bytes) -> None:
    def script(call: Call) -> None:
        call.say(b"HTTP/1.1 200 OK\r\n" + lines + b"content-length: 2\r\n\r\n{}")

    assert send(script).raw == b"{}"


def test_interim_answers_without_end_are_refused() -> None:
    def script(call: Call) -> None:
        while True:
            call.say(b"HTTP/1.1 103 Early Hints\r\nx-a: b\r\n\r\n" * 1000)

    assert {type(fault) for fault in _ask(script)} == {errors.HeadTooLarge}


# -- bodies ----------------------------------------------------------------------------------------------------


def flooding(piece: bytes, times: int, content_type: str, start: bytes = b"", end: bytes = b"") -> Script:
    def script(call: Call) -> None:
        call.open(content_type)
        for data in (start, *[piece] * times, end):
            if data:
                call.chunk(data)
        call.finish()

    return script


WORD = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
CALLS = (
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"aa"}}]}}]}\n\n'
)
SOUND = b'data: {"choices":[{"index":0,"delta":{"audio":{"data":"' + b"A" * 9000 + b'"}}}]}\n\n'


@pytest.mark.parametrize(
    ("script", "ended"),
    [
        (flooding(b"x" * 65_536, 480, "text/event-stream", b"data: "), False),
        (flooding(b"data: " + b"x" * 65_000 + b"\n", 480, "text/event-stream"), False),
        (flooding(b"x" * 65_536, 480, "text/plain"), True),
        (flooding(b"x" * 65_536, 480, "text/html"), False),
        (flooding(b"x" * 65_536, 480, "audio/mpeg"), True),
        (flooding(b"x" * 65_536, 480, "application/json", b'{"a": "', b'"}\n'), True),
        (flooding(b"x" * 65_536, 480, "application/json", b'{"a": "'), False),
        (flooding(WORD * 1000, 120, "text/event-stream", b"", b"data: [DONE]\n\n"), True),
        (flooding(CALLS * 700, 120, "text/event-stream", b"", b"data: [DONE]\n\n"), True),
        (flooding(SOUND * 8, 360, "text/event-stream", b"", b"data: [DONE]\n\n"), True),
    ],
    ids=["line", "lines", "text", "page", "sound", "json", "cut json", "words", "calls", "sounds"],
)
def test_a_large_answer_passes_through(script: Script, ended: bool) -> None:
    with allocating_at_most(24):
        sending = send(script)
    assert sending.size > 6 * MIB
    assert sending.closed is not None
    assert sending.closed.complete is ended
    assert len(sending.text) <= READ_BYTES
    assert sending.seconds < 60


def test_a_refusal_without_end_is_cut() -> None:
    def script(call: Call) -> None:
        call.say(b"HTTP/1.1 502 Bad\r\ncontent-type: text/plain\r\n\r\n")
        while True:
            call.say(b"x" * 65_536)

    with allocating_at_most(24):
        sending = send(script)
    assert sending.fault is not None
    assert sending.fault.status == 502
    assert 4 * MIB <= sending.size < 5 * MIB


@pytest.mark.parametrize("name", ["response.completed", "response.failed"])
def test_a_last_frame_without_room_still_ends_the_stream(name: str) -> None:
    data = f'data: {{"type":"{name}","response":{{"output":"'.encode() + b"x" * 6 * MIB + b'"}}\n\n'
    for frames in (data, f"event: {name}\n".encode() + data):
        reader = streams.reader("responses", "text/event-stream", READ_BYTES)
        for at in range(0, len(frames), 65_536):
            assert reader.feed(frames[at : at + 65_536]) == []
        assert reader.end() == [Closed(True, name)]


def test_frames_after_a_cut_one_are_read() -> None:
    frames = Frames(10_000)
    found = [*frames.feed(b"data: " + b"x" * 2 * MIB), *frames.feed(b"x\n\n"), *frames.feed(b"data: b\n\n")]
    assert [(type(frame), len(frame.data)) for frame in found] == [(CutFrame, 4090), (Frame, 1)]


# -- the credential --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7, 50, 1000])
def test_a_credential_is_masked_however_it_is_cut(size: int) -> None:
    body = f'{{"a": "Bearer {KEY}", "b": "{KEY}{KEY}", "c": "{KEY[:30]}"}} {KEY[:-1]}'.encode()
    mask = masking.Mask([KEY.encode()])
    out = b"".join([*(mask.feed(body[at : at + size]) for at in range(0, len(body), size)), mask.end()])
    assert out == body.replace(KEY.encode(), b"[credential]")


def test_nothing_waits_that_is_no_beginning_of_a_credential() -> None:
    mask = masking.Mask([KEY.encode()])
    assert mask.feed(b"data: {}\n\n") == b"data: {}\n\n"


def test_a_credential_that_comes_back_is_seen_by_nobody() -> None:
    frame = f'data: {{"choices":[{{"index":0,"delta":{{"content":"It is {KEY}."}}}}]}}\n\n'.encode()

    def script(call: Call) -> None:
        if call.method == "GET":
            call.answer(200, f'{{"request_id": "{KEY}"}}'.encode())
            return
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-key: Bearer {KEY}\r\n"
        call.say(head.encode() + b"transfer-encoding: chunked\r\n\r\n")
        for at in range(0, len(frame), 40):
            call.chunk(frame[at : at + 40])
            time.sleep(0.02)
        call.chunk(b"data: [DONE]\n\n")
        call.finish()

    with serving(script) as peer:
        assert Client(peer.url, KEY).record_bytes("G-1") == b'{"request_id": "[credential]"}'
    sending = send(script)
    assert sending.text == "It is [credential]."
    assert sending.opened is not None
    assert sending.opened.headers["x-key"] == "Bearer [credential]"
    assert KEY.encode() not in sending.raw


def test_a_refusal_that_repeats_the_credential() -> None:
    def script(call: Call) -> None:
        call.answer(403, f'{{"error": "forbidden", "description": "{KEY}"}}'.encode())

    for fault in _ask(script):
        assert KEY not in str(fault)
        assert KEY.encode() not in fault.body
