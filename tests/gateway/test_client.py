import contextlib
import gzip
import json
import logging
import re
import socket
import ssl
import threading
import tomllib
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from generations.gateway import errors
from generations.gateway.blocks import Media
from generations.gateway.client import VERSION, Client, Stop, Timeouts
from generations.gateway.endpoints import Endpoint, find
from generations.gateway.errors import GatewayError
from generations.gateway.events import Closed, Event, Identity, Opened, Received, Text
from generations.gateway.http import exchange
from generations.gateway.probing import Probe
from generations.gateway.rawjson.values import Value
from tests.gateway.peer import Call, Peer, Script, serving
from tests.gateway.samples import CHAT, CHAT_SNAPSHOT, chunk, sse

KEY = "phaseo_v1_sk_abcdefghijkl_SECRETsecretSECRETsecretSECRETsecretSECRETse"
CHAT_COMPLETIONS = find("chat.completions") or pytest.fail("no such endpoint")
SPEECH = find("audio.speech") or pytest.fail("no such endpoint")
BODY = b'{"model":"m", "n":1.0 }'


def answering(status: int, body: Any, content_type: str = "application/json", **headers: str) -> Script:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda call: call.answer(status, raw, content_type, **headers)


def client(peer: Peer, **more: Any) -> Client:
    return Client(peer.url, KEY, **more)


def caught(peer: Peer, **more: Any) -> GatewayError:
    with pytest.raises(GatewayError) as caught_error:
        client(peer, **more).record("G-1")
    return caught_error.value


class Sending:
    """The events of one send, collected in a thread, and how it ended."""

    def __init__(self, peer: Peer, **more: Any) -> None:
        self.stop, self.events = Stop(), list[Event]()
        self.error: GatewayError | None = None
        self._client, self._more = client(peer), more
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            for event in self._client.send(CHAT_COMPLETIONS, BODY, stop=self.stop, **self._more):
                self.events.append(event)
        except GatewayError as error:
            self.error = error

    def done(self) -> "Sending":
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self


def sent(peer: Peer, endpoint: Endpoint = CHAT_COMPLETIONS, body: bytes = BODY, **more: Any) -> list[Event]:
    return list(client(peer).send(endpoint, body, **more))


# -- reading


def test_a_record_is_asked_for_as_documented() -> None:
    with serving(answering(200, {"request_id": "G-1 &=?"})) as peer:
        record = client(peer).record("G-1&=?")
    call = peer.calls[0]
    assert (call.method, call.target, call.body) == ("GET", "/v1/generations?id=G-1%26%3D%3F", b"")
    assert call.headers == {
        "host": peer.url[7:-3],
        "accept": "application/json",
        "accept-encoding": "identity",
        "authorization": f"Bearer {KEY}",
        "user-agent": f"Retake/{VERSION} (+generation lookup and replay)",
        "x-title": "Retake",
    }
    assert (record.raw, record.wrong_id) == (b'{"request_id": "G-1 &=?"}', True)


def test_bytes_come_as_they_were_sent() -> None:
    raw = b'{ "a":\t1e2,"b":"\xff\\ud83d", "a" : NaN'
    with serving(answering(200, raw)) as peer:
        assert client(peer).record_bytes("G-1") == raw
        assert client(peer).record("G-1").unreadable == "expected ',' at byte 35"


def test_reads_share_one_connection_among_clients_and_threads() -> None:
    with serving(answering(200, {})) as peer:
        for _ in range(3):
            client(peer).record("G-1")
        Client(peer.url, "another-key").record("G-1")
        thread = threading.Thread(target=client(peer).record, args=("G-1",))
        thread.start()
        thread.join()
    assert [call.connection for call in peer.calls] == [1] * 5
    assert peer.calls[3].headers["authorization"] == "Bearer another-key"


def test_cookies_are_not_kept() -> None:
    with serving(answering(200, {}, set_cookie="who=me; Path=/")) as peer:
        client(peer).record("G-1")
        client(peer).record("G-1")
    assert [call.headers.get("cookie") for call in peer.calls] == [None, None]


def test_the_connections_of_the_gateway_not_asked_for_longest_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "_POOLS_KEPT", 2)
    monkeypatch.setattr(exchange, "_pools", OrderedDict())
    closed = threading.Event()

    def watched(call: Call) -> None:
        call.answer(200, b"{}")
        if call.gone():
            closed.set()

    with (
        serving(answering(200, {})) as first,
        serving(watched) as second,
        serving(answering(200, {})) as third,
    ):
        for peer in (first, second, first):
            client(peer).record("G-1")
        assert not closed.is_set()
        client(third).record("G-1")
        assert closed.wait(5), "the second gateway's connection was left open"
        assert [base_url for base_url, _ in exchange._pools] == [first.url, third.url]
        for transport in exchange._pools.values():
            transport.close()


def test_a_read_is_asked_again_when_the_kept_connection_was_dropped() -> None:
    def script(call: Call) -> None:
        if len(peer.calls) == 2:
            call.reset()
        else:
            call.answer(200, b"{}")

    with serving(script) as peer:
        client(peer).record("G-1")
        client(peer).record("G-1")
    assert [call.connection for call in peer.calls] == [1, 1, 2]


def test_a_read_gives_up_after_the_second_try() -> None:
    with serving(lambda call: call.reset()) as peer:
        assert type(caught(peer)) is errors.ConnectionLost
    assert len(peer.calls) == 2


@pytest.mark.parametrize("request_id", ["", " ", "a b", "a\nb", "\ud83d", "\0", "x" * 257])
def test_what_cannot_be_an_id_is_not_asked_for(request_id: str) -> None:
    with serving(answering(200, {})) as peer, pytest.raises(errors.InvalidId):
        client(peer).record(request_id)
    assert peer.calls == []


def test_a_compressed_record() -> None:
    with serving(answering(200, gzip.compress(b'{"a": 1}'), content_encoding="gzip")) as peer:
        assert client(peer).record_bytes("G-1") == b'{"a": 1}'
    with serving(answering(200, b"no gzip", content_encoding="gzip")) as peer:
        assert type(caught(peer)) is errors.Garbled


def test_a_record_over_the_limit_loses_nothing() -> None:
    def endless(call: Call) -> None:
        call.open("application/json")
        for _ in range(1000):
            call.chunk(b"x" * 1000)

    with serving(answering(200, b"x" * 1001)) as peer:
        error = caught(peer, max_record_bytes=1000)
        assert type(error) is errors.RecordTooLarge
        assert str(error) == f"{error.title} It has 1,001 bytes; the limit is 1,000."
        assert error.advice == "Nothing is lost: the gateway still has it. Raise MAX_RECORD_MB to read it."
        assert len(client(peer, max_record_bytes=1001).record_bytes("G-1")) == 1001
    with serving(endless) as peer:
        assert caught(peer, max_record_bytes=9999).message == "It is larger; the limit is 9,999."
    with serving(answering(200, gzip.compress(b"x" * 100_000), content_encoding="gzip")) as peer:
        assert type(caught(peer, max_record_bytes=50_000)) is errors.RecordTooLarge


def test_a_gateway_that_stays_silent_or_drips() -> None:
    def drip(call: Call) -> None:
        call.open("application/json")
        while True:
            call.chunk(b"x")

    with serving(lambda call: None) as peer:
        assert type(caught(peer, timeouts=Timeouts(read=0.05))) is errors.ReadTimeout
    with serving(drip) as peer:
        assert type(caught(peer, timeouts=Timeouts(total=0.05))) is errors.Overdue


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"ok": False, "error": "not_found"}, errors.RecordNotFound),
        (401, {"ok": False, "error": "unauthorised", "reason": "key_expired"}, errors.Unauthorized),
        (500, {"ok": False, "error": "db_error", "message": "x"}, errors.DatabaseFault),
        (500, b"Internal Server Error", errors.Crashed),
        (302, b"", errors.Redirected),
        (200, b"  <!doctype html>", errors.HtmlAnswer),
    ],
)
def test_refusals_of_a_lookup(status: int, body: Any, kind: type[GatewayError]) -> None:
    with serving(answering(status, body, location="http://127.0.0.1:9/elsewhere")) as peer:
        error = caught(peer)
    assert (type(error), error.status) == (kind, status)
    assert len(peer.calls) == 1


def test_nobody_is_there() -> None:
    with serving(answering(200, {})) as peer:
        pass
    error = caught(peer)
    assert (type(error), error.sent, error.retry) == (errors.ConnectFailed, False, "later")


def test_a_host_that_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(errors.Unresolved):
        Client("http://gateway.invalid/v1", KEY).record("G-1")


# -- sending


def test_a_send_as_the_gateway_sees_it() -> None:
    with serving(answering(200, CHAT_SNAPSHOT)) as peer:
        sent(peer, headers={"X-Session-Id": "s-1", "Authorization": "Bearer other", "Host": "evil.example"})
    call = peer.calls[0]
    assert (call.method, call.target, call.body) == ("POST", "/v1/chat/completions", BODY)
    assert call.headers == {
        "host": peer.url[7:-3],
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": f"Bearer {KEY}",
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "user-agent": f"Retake/{VERSION} (+generation lookup and replay)",
        "x-session-id": "s-1",
        "x-title": "Retake",
    }


def test_the_events_of_a_stream_come_while_it_runs() -> None:
    go = threading.Event()

    def script(call: Call) -> None:
        call.open()
        call.chunk(sse(chunk({"content": "Hel"})))
        go.wait(5)
        call.chunk(sse(chunk({"content": "lo"}), chunk({}, "stop"))[:-1])
        call.finish()

    with serving(script) as peer:
        events = client(peer).send(CHAT_COMPLETIONS, BODY)
        first = [next(events) for _ in range(4)]
        assert first[0] == Opened(
            200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}, "text/event-stream"
        )
        assert first[1:] == [
            Received(sse(chunk({"content": "Hel"}))),
            Identity("G-01M0", "resp_abc", "openai/gpt-5-nano"),
            Text("Hel"),
        ]
        go.set()
        rest = list(events)
    assert rest[1] == Text("lo")
    assert rest[-1] == Closed(True, "finish")
    assert (
        received([*first, *rest])
        == sse(chunk({"content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop"))[:-1]
    )


def received(events: list[Event]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Received))


def test_each_send_has_a_connection_of_its_own() -> None:
    with serving(answering(200, CHAT, "text/event-stream")) as peer:
        client(peer).record_bytes("G-1")
        sent(peer)
        sent(peer)
    assert [call.connection for call in peer.calls] == [1, 2, 3]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_send_follows_no_redirect(status: int) -> None:
    with serving(answering(status, b"", location="/v1/elsewhere")) as peer, pytest.raises(errors.Redirected):
        sent(peer)
    assert len(peer.calls) == 1


def test_a_refusal_comes_after_its_bytes() -> None:
    flat = {"error": "insufficient_funds", "description": "No money.", "generation_id": "G-9"}
    with serving(answering(402, flat, retry_after="7")) as peer:
        sending = Sending(peer).done()
    assert [type(event) for event in sending.events] == [Opened, Received]
    assert received(sending.events) == json.dumps(flat).encode()
    error = sending.error
    assert isinstance(error, errors.InsufficientFunds)
    assert (error.status, error.sent, error.generation_id, error.retry_after) == (402, True, "G-9", 7.0)
    assert (error.body, error.message) == (received(sending.events), "No money.")


def test_a_binary_answer() -> None:
    sound = bytes(range(256)) * 1000
    with serving(answering(200, sound, "audio/mpeg")) as peer:
        events = sent(peer, SPEECH)
    assert received(events) == sound
    assert [event for event in events if not isinstance(event, Received)] == [
        Opened(200, {"content-type": "audio/mpeg", "content-length": str(len(sound))}, "audio/mpeg"),
        Media("audio", "audio/mpeg"),
        Closed(True, "whole"),
    ]


def test_a_web_page_with_status_200() -> None:
    with serving(answering(200, b"<html>", "text/html")) as peer:
        assert sent(peer)[-1] == Closed(False, "error")


def test_a_compressed_answer_is_decoded() -> None:
    with serving(answering(200, gzip.compress(CHAT), "text/event-stream", content_encoding="gzip")) as peer:
        assert received(sent(peer)) == CHAT


# -- broken connections


def test_a_connection_that_breaks_in_the_middle() -> None:
    def script(call: Call) -> None:
        call.open()
        call.chunk(sse(chunk({"content": "Hel"})))
        assert started.wait(5)
        call.reset()

    started = threading.Event()
    with serving(script) as peer:
        events = client(peer).send(CHAT_COMPLETIONS, BODY)
        kept = [next(events) for _ in range(4)]
        started.set()
        with pytest.raises(errors.ConnectionLost) as caught_error:
            kept.extend(events)
    assert kept[-2:] == [Text("Hel"), Closed(False, "truncated")]
    assert caught_error.value.sent is True
    assert len(peer.calls) == 1


def test_a_stream_without_its_end_is_truncated_and_no_error() -> None:
    def script(call: Call) -> None:
        call.open()
        call.chunk(sse(chunk({"content": "Hel"})))
        call.finish()

    with serving(script) as peer:
        assert sent(peer)[-2:] == [Text("Hel"), Closed(False, "truncated")]


def test_a_connection_lost_after_the_streams_own_end_is_no_loss() -> None:
    def script(call: Call) -> None:
        call.open()
        call.chunk(CHAT)
        call.wire.shutdown(socket.SHUT_RDWR)

    with serving(script) as peer:
        assert sent(peer)[-1] == Closed(True, "done")


def test_a_whole_answer_that_breaks_off_is_not_whole() -> None:
    def script(call: Call) -> None:
        call.say(b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 100\r\n\r\nID3")
        call.wire.shutdown(socket.SHUT_RDWR)

    with serving(script) as peer:
        sending = Sending(peer).done()
    assert sending.events[-1] == Closed(False, "truncated")
    assert type(sending.error) is errors.ConnectionLost


def test_a_send_that_never_left() -> None:
    with serving(answering(200, {})) as peer:
        pass
    with pytest.raises(errors.ConnectFailed) as caught_error:
        sent(peer)
    assert caught_error.value.sent is False


def test_a_send_that_may_have_arrived() -> None:
    with serving(lambda call: call.reset()) as peer:
        sending = Sending(peer).done()
    assert (type(sending.error), sending.events) == (errors.ConnectionLost, [])
    assert sending.error is not None
    assert sending.error.sent is True
    assert len(peer.calls) == 1  # and it was not repeated


def test_half_a_request_was_not_sent() -> None:
    stop = Stop()
    stop.trace("http11.send_request_headers.started", {})
    assert stop.sent is True
    stop.trace("http11.send_request_body.failed", {})
    assert stop.sent is False


def test_an_answer_before_the_body_was_read() -> None:
    body = b'{"error":"payload_too_large","description":"Too much."}'

    def serve(listener: socket.socket) -> None:
        wire, _ = listener.accept()
        with wire:
            wire.recv(1000)
            head = f"HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            wire.sendall(head.encode() + body)
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(1 << 20):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with pytest.raises(errors.PayloadTooLarge, match=r"Too much\."):
            list(Client(url, KEY).send(CHAT_COMPLETIONS, b"x" * 20_000_000))
        thread.join()


def test_what_cannot_be_written_as_http_is_not_sent() -> None:
    with serving(answering(200, {})) as peer:
        sending = Sending(peer, headers={"x-bad": "a\r\nb: c"}).done()
        files = find("files.list") or pytest.fail("no such endpoint")
        with pytest.raises(errors.NotSent, match=r"Nothing can be sent to files\.list\."):
            sent(peer, files)
    assert type(sending.error) is errors.NotSent
    assert peer.calls == []


# -- stopping


def test_stop_before_the_start_sends_nothing() -> None:
    stop = Stop()
    stop.cancel()
    with serving(answering(200, {})) as peer, pytest.raises(errors.Stopped) as caught_error:
        sent(peer, stop=stop)
    assert (caught_error.value.sent, peer.calls) == (False, [])


def test_stop_while_nothing_was_answered() -> None:
    arrived, gone = threading.Event(), threading.Event()

    def script(call: Call) -> None:
        arrived.set()
        if call.gone():
            gone.set()

    with serving(script) as peer:
        sending = Sending(peer)
        assert arrived.wait(5)
        sending.stop.cancel()
        sending.done()
        assert gone.wait(5)
    assert (type(sending.error), sending.events) == (errors.Stopped, [])
    assert sending.error is not None
    assert sending.error.sent is True


def stopping(events: Iterator[Event], stop: Stop) -> Iterator[Event]:
    """The events; another thread stops the send once a text has come."""
    for event in events:
        yield event
        if isinstance(event, Text):
            threading.Thread(target=stop.cancel).start()


@pytest.mark.parametrize("closes", [True, False])
def test_stop_in_the_middle_keeps_what_came(closes: bool) -> None:
    gone = threading.Event()

    def script(call: Call) -> None:
        if closes:  # an answer whose end is the connection's end
            call.say(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
            call.say(sse(chunk({"content": "Hel"})))
        else:
            call.open()
            call.chunk(sse(chunk({"content": "Hel"})))
        if call.gone():
            gone.set()

    with serving(script) as peer:
        stop, kept = Stop(), list[Event]()
        events = client(peer).send(CHAT_COMPLETIONS, BODY, stop=stop)
        with pytest.raises(errors.Stopped) as caught_error:
            kept.extend(stopping(events, stop))
        assert gone.wait(5)
    assert kept[-2:] == [Text("Hel"), Closed(False, "stopped")]
    assert caught_error.value.sent is True


def test_stop_after_the_end_does_nothing() -> None:
    stop = Stop()
    with serving(answering(200, CHAT, "text/event-stream")) as peer:
        assert sent(peer, stop=stop)[-1] == Closed(True, "done")
    stop.cancel()
    assert stop.cancelled is True


def test_leaving_a_send_closes_its_connection() -> None:
    gone = threading.Event()

    def script(call: Call) -> None:
        call.open()
        call.chunk(sse(chunk({"content": "Hel"})))
        if call.gone():
            gone.set()

    with serving(script) as peer:
        events = client(peer).send(CHAT_COMPLETIONS, BODY)
        next(events)
        del events
        assert gone.wait(5)


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=localhost")
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder


@pytest.fixture
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process trusts the certificate, as SSL_CERT_FILE makes it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    exchange._build_tls.cache_clear()
    yield
    exchange._build_tls.cache_clear()


@pytest.fixture
def secret_listener(certificate: Path) -> Iterator[socket.socket]:
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with (
        socket.create_server(("127.0.0.1", 0)) as plain,
        settings.wrap_socket(plain, server_side=True) as listener,
    ):
        yield listener


def tls_url(listener: socket.socket) -> str:
    return f"https://localhost:{listener.getsockname()[1]}/v1"


@pytest.mark.usefixtures("trusting")
def test_stop_works_through_tls(secret_listener: socket.socket) -> None:
    ended = threading.Event()

    def serve() -> None:
        wire, _ = secret_listener.accept()
        with wire:
            wire.recv(10_000)
            wire.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            wire.sendall(sse(chunk({"content": "Hel"})))
            with contextlib.suppress(OSError):
                wire.recv(1)
            ended.set()

    thread = threading.Thread(target=serve)
    thread.start()
    stop, kept = Stop(), list[Event]()
    events = Client(tls_url(secret_listener), KEY).send(CHAT_COMPLETIONS, BODY, stop=stop)
    with pytest.raises(errors.Stopped):
        kept.extend(stopping(events, stop))
    assert ended.wait(5)
    thread.join()
    assert kept[-1] == Closed(False, "stopped")


def test_a_certificate_that_is_not_trusted(secret_listener: socket.socket) -> None:
    def serve() -> None:
        with pytest.raises(OSError):
            secret_listener.accept()

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(errors.TlsFailed) as caught_error:
        list(Client(tls_url(secret_listener), KEY).send(CHAT_COMPLETIONS, BODY))
    thread.join()
    assert (caught_error.value.sent, caught_error.value.retry) == (False, "no")


def test_tls_settings_are_built_once() -> None:
    assert exchange._tls() is exchange._tls()


# -- probing


def probing(health: Any, key: Any, record: Any) -> tuple[Probe, list[str]]:
    answers = {"/v1/health": health, "/v1/key": key, "/v1/generations": record}

    def script(call: Call) -> None:
        status, body = answers[call.target.partition("?")[0]]
        call.answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())

    with serving(script) as peer:
        return client(peer).probe(), [call.headers.get("authorization", "") for call in peer.calls]


UP = (200, {"status": "ok"})
UNKNOWN = (404, {"ok": False, "error": "not_found"})


def refused(reason: str) -> tuple[int, Any]:
    return (401, {"ok": False, "error": "unauthorised", "reason": reason})


def test_a_probe_of_a_good_key() -> None:
    data: dict[str, Value] = {"name": "support", "status": "active", "disabled": False}
    probe, credentials = probing(UP, (200, {"data": data}), UNKNOWN)
    assert probe == Probe(True, True, True, True, None, True, "gateway key", data)
    assert credentials == ["", f"Bearer {KEY}", f"Bearer {KEY}"]


@pytest.mark.parametrize(
    ("key", "record", "accepted", "reads", "bodies", "sends"),
    [
        (UNKNOWN, UNKNOWN, True, True, None, None),
        ((200, {"data": {"status": "active", "soft_blocked": True}}), UNKNOWN, True, True, None, False),
        ((200, {"data": {"status": "paused"}}), UNKNOWN, True, True, None, False),
        (refused("key_expired"), refused("key_expired"), False, False, None, False),
        (refused("db_error"), refused("db_error"), None, None, None, None),
        (UNKNOWN, (403, {"error": "insufficient_scope"}), True, False, False, None),
        ((403, {"error": "insufficient_scope"}), UNKNOWN, True, True, None, None),
        ((500, b"Internal Server Error"), (500, b"Internal Server Error"), None, None, None, None),
        ((200, b"nonsense"), UNKNOWN, True, True, None, None),
    ],
)
def test_probes(key: Any, record: Any, accepted: Any, reads: Any, bodies: Any, sends: Any) -> None:
    probe, _ = probing(UP, key, record)
    assert (probe.accepted, probe.reads_records, probe.reads_bodies, probe.sends) == (
        accepted,
        reads,
        bodies,
        sends,
    )
    assert (probe.fault is None) == (record == UNKNOWN)


def test_a_probe_of_nobody() -> None:
    with serving(answering(200, {})) as peer:
        pass
    probe = client(peer).probe()
    assert (probe.reachable, probe.healthy, probe.accepted, type(probe.fault)) == (
        False,
        None,
        None,
        errors.ConnectFailed,
    )


def test_a_probe_of_something_else() -> None:
    with serving(answering(404, b"404 Not Found", "text/plain")) as peer:
        probe = client(peer).probe()
    assert (probe.reachable, probe.healthy, type(probe.fault)) == (True, False, errors.WrongPath)


@pytest.mark.parametrize(
    ("credential", "kind", "sends"),
    [
        ("phaseo_v1_mk_x", "management key", False),
        ("aistats_v1_k_x", "gateway key", None),
        ("eyJ.eyJ.sig", "access token", False),
        ("something", None, None),
    ],
)
def test_the_kind_of_a_credential(credential: str, kind: str | None, sends: bool | None) -> None:
    with serving(answering(*UNKNOWN)) as peer:
        with serving(answering(*UP)) as healthy:
            probe = Client(healthy.url, credential).probe()
        assert Client(peer.url, credential)._secret.kind == probe.kind == kind
    assert probe.sends is sends


# -- the credential


def test_the_credential_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"error": "x", "description": f"your header was Bearer {KEY}"}).encode()
    raised: list[BaseException] = []
    with serving(answering(500, echo)) as peer:
        raised += [caught(peer), Sending(peer).done().error or pytest.fail("no error")]
        kept = received(Sending(peer).done().events)
        probe = client(peer).probe()
    raised.append(caught(peer))
    with serving(lambda call: call.reset()) as peer:
        raised += [
            caught(peer),
            Sending(peer, headers={"x-bad": "\n"}).done().error or pytest.fail("no error"),
        ]
    for error in raised:
        assert (error.__cause__, error.__context__) == (None, None)
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert KEY not in shown + str(error) + repr(error) + repr(vars(error))
    made = Client("http://127.0.0.1/v1", KEY)
    assert KEY not in repr(made) + str(made) + repr(vars(made)) + repr(probe) + kept.decode() + caplog.text
    assert KEY.encode() not in kept
    assert b"[credential]" in kept


@pytest.mark.parametrize("credential", ["", "  ", "a b", "a\nb", "clé", "a\0"])
def test_an_unusable_credential_is_refused_without_being_named(credential: str) -> None:
    with pytest.raises(
        ValueError, match=r"^The credential is empty or contains characters that no key can have\.$"
    ):
        Client("http://127.0.0.1/v1", credential)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.example/v1",
        "ftp://api.example/v1",
        "http://",
        "http://me:pw@api.example/v1",
        "http://a/v1?x=1",
        "http://a/#x",
    ],
)
def test_an_unusable_address_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match=re.escape("must look like https://host/v1")):
        Client(base_url, KEY)


def test_a_slash_at_the_end_of_the_address_and_blanks_around_a_key() -> None:
    with serving(answering(200, {})) as peer:
        Client(f" {peer.url}/ ", f" {KEY}\n").record("G-1")
    assert (peer.calls[0].target, peer.calls[0].headers["authorization"]) == (
        "/v1/generations?id=G-1",
        f"Bearer {KEY}",
    )


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
