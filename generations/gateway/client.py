"""Client: look a record up, send a request and follow its answer, try a connection out.

Reads share kept-alive connections. Each send has a connection of its own, is never repeated and never
redirected, because the gateway charges every POST and knows no idempotency key.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from generations.gateway import error_mapping, errors, streams
from generations.gateway.endpoints import Endpoint
from generations.gateway.errors import GatewayError
from generations.gateway.events import Closed, Event, Opened, Received
from generations.gateway.http import exchange, masking
from generations.gateway.http.credential import Credential
from generations.gateway.http.exchange import Stop, Timeouts
from generations.gateway.id_typos import possible
from generations.gateway.probing import Probe, probed
from generations.gateway.rawjson.values import Value, is_text, object_of
from generations.gateway.record import Record

__all__ = ["USER_AGENT", "VERSION", "Client", "Stop", "Timeouts"]

VERSION = "0.1.0"
USER_AGENT = f"Retake/{VERSION} (+generation lookup and replay)"
MAX_ERROR_BYTES = READ_BYTES = 4 * 2**20
PACKED = "application/octet-stream"
_PROBE_ID = "G-00000000000000000000000000"  # no generation was made at the epoch
_OURS = ("authorization", "connection", "content-length", "host", "transfer-encoding")
T = TypeVar("T")


class Client:
    """One gateway with one credential. Cheap to make; safe to use from many threads.

    `base_url` ends in `/v1`. Raises ValueError for an address or a credential that cannot be used; its text
    does not repeat the credential.
    """

    def __init__(
        self,
        base_url: str,
        credential: str,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 -- frozen
        max_record_bytes: int = 64 * 2**20,
        app_title: str = "Retake",
    ) -> None:
        self.base_url = _base(base_url)
        self.timeouts = timeouts
        self.max_record_bytes = max_record_bytes
        self.app_title = app_title
        self._secret = Credential(credential)

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    def record(self, request_id: str) -> Record:
        """The record of a generation. Raises GatewayError."""
        return Record.read(self.record_bytes(request_id), asked_id=request_id)

    def record_bytes(self, request_id: str) -> bytes:
        """The record's body as received. Raises GatewayError; RecordTooLarge beyond `max_record_bytes`.

        public reference: generation lookup, `GET /generations?id=<request_id>`.
        """
        if not possible(request_id):
            raise errors.InvalidId()
        return self._get("/generations", {"id": request_id})

    def models(self, endpoint: str) -> list[str]:
        """The names of the models that serve a stored endpoint name, sorted; at most 1,000. Raises GatewayError.

        contract: `GET /models`, at most 250 a page. A row without endpoints is included.
        """
        found: set[str] = set()
        for offset in range(0, 1000, 250):
            rows = object_of(self._get("/models", {"limit": "250", "offset": str(offset)})).get("models")
            rows = rows if isinstance(rows, list) else []
            found.update(name for row in rows if (name := _serving(row, endpoint)))
            if len(rows) < 250:
                break
        return sorted(found)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """A read route's answer as received; `path` begins behind the base URL. Raises GatewayError."""
        return self._get(path, query)

    def post(self, path: str, body: bytes) -> bytes:
        """The answer of a route that calculates something out of `body` and charges nothing. Raises GatewayError."""
        outcome = self._fetched("POST", path, None, True, body)
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def send(
        self, endpoint: Endpoint, body: bytes, *, stop: Stop | None = None, headers: Mapping[str, str] = {}
    ) -> Iterator[Event]:
        """POST `body` unchanged and yield Opened, then Received and what it holds as it comes, then Closed.

        The bytes come whole; of what they hold, words and the like come up to `READ_BYTES`. Nothing is sent before
        the first event is asked for. Raises GatewayError: for a status other than 2xx after Opened and Received; for a
        connection that broke before the answer's end after Closed. Its `sent` says whether the gateway may have the
        request.
        """
        stop = stop or Stop()
        if stop.cancelled:
            raise errors.Stopped()
        opened = exchange.open_send(self._post(endpoint, body, stop, headers), stop)
        if isinstance(opened, GatewayError):
            raise opened
        transport, response = opened
        try:
            yield from self._answer(endpoint, response, stop)
        finally:
            response.close()
            transport.close()

    def probe(self) -> Probe:
        """Try the connection out with three GETs; nothing is charged. Errors are returned, not raised."""
        health = _tried(functools.partial(self._get, "/health", known=False))
        if isinstance(health, GatewayError):
            return Probe(health.status is not None, False if health.status else None, fault=health)
        key = _tried(functools.partial(self._get, "/key"))
        record = _tried(functools.partial(self.record_bytes, _PROBE_ID))
        return replace(
            probed(key, record, self._secret.kind), healthy=object_of(health).get("status") == "ok"
        )

    # -- inside

    def _get(self, path: str, query: Mapping[str, str] | None = None, *, known: bool = True) -> bytes:
        outcome = self._fetched("GET", path, query, known)
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def _fetched(
        self, method: str, path: str, query: Mapping[str, str] | None, known: bool, body: bytes | None = None
    ) -> bytes | GatewayError:
        """Returned, not raised: a body that repeats the credential would stay in the frames of a raised
        error."""
        extra = {"accept": "application/json"} | ({"content-type": "application/json"} if body else {})
        request = httpx.Request(
            method,
            self.base_url + path,
            params=query,
            content=body,
            headers=self._headers(extra, known=known),
            extensions={"timeout": self.timeouts.reading()},
        )
        limit, seconds = self.max_record_bytes, self.timeouts.total
        asking = exchange.read(self.base_url, request, limit, seconds) if body is None else None
        outcome = asking or exchange.once(request, limit, seconds)  # a POST is never sent twice
        if isinstance(outcome, GatewayError):
            return outcome
        response, answer = outcome
        answer = self._secret.clean(answer)
        if response.is_success and not error_mapping.is_page(response.headers, answer):
            return answer
        is_record = path == "/generations" or path.startswith("/logs/")
        asked: error_mapping.Asked = "record" if is_record else "send"
        return error_mapping.error_of_answer(asked, response.status_code, response.headers, answer)

    def _post(self, endpoint: Endpoint, body: bytes, stop: Stop, headers: Mapping[str, str]) -> httpx.Request:
        if endpoint.path is None:
            raise errors.NotSent(f"Nothing can be sent to {endpoint.name}.")
        extra = {"accept": "*/*", "content-type": "application/json"}
        extra |= {name.lower(): value for name, value in headers.items()}
        extensions = {"timeout": self.timeouts.sending(), "trace": stop.trace}
        url = self.base_url + endpoint.path
        return httpx.Request("POST", url, content=body, headers=self._headers(extra), extensions=extensions)

    def _headers(self, extra: dict[str, str], *, known: bool = True) -> dict[str, str]:
        # identity: what is kept as received is then what was on the wire
        ours = {"user-agent": USER_AGENT, "x-title": self.app_title, "accept-encoding": "identity"}
        theirs = {name: value for name, value in extra.items() if name not in _OURS}
        return ours | theirs | ({"authorization": self._secret.header()} if known else {})

    def _answer(self, endpoint: Endpoint, response: httpx.Response, stop: Stop) -> Iterator[Event]:
        content_type = response.headers.get("content-type", "")
        mime = content_type.partition(";")[0].strip().lower()
        yield Opened(response.status_code, self._secret.clean_headers(response.headers), mime)
        if not response.is_success:
            yield from self._refusal(response)
        # What is packed in a way that we do not read is kept, and not read as something else.
        known = exchange.is_read(response)
        reader = streams.reader(endpoint.wire, content_type if known else PACKED, READ_BYTES)
        lost: GatewayError | None = None
        for chunk in self._masked(response):
            if isinstance(chunk, GatewayError):
                lost = chunk
                break
            yield Received(chunk)
            yield from reader.feed(chunk)
        yield from _ended(reader.end() if known else [Closed(False, "truncated")], lost, stop)

    def _masked(self, response: httpx.Response) -> "Iterator[bytes | GatewayError]":
        """The body as it comes, the credential masked wherever it is repeated. A broken connection is the last item."""
        mask = masking.Mask(self._secret.forms())
        for chunk in exchange.chunks(response):
            data = mask.end() if isinstance(chunk, GatewayError) else mask.feed(chunk)
            if data:
                yield data
            if isinstance(chunk, GatewayError):
                yield chunk
        if rest := mask.end():
            yield rest

    def _refusal(self, response: httpx.Response) -> Iterator[Event]:
        """The body of a refusal, as far as it came and up to `MAX_ERROR_BYTES`. Raises its error."""
        pieces, size = [], 0
        for chunk in self._masked(response):
            if isinstance(chunk, GatewayError) or size > MAX_ERROR_BYTES:
                break
            yield Received(chunk)
            pieces.append(chunk)
            size += len(chunk)
        raise error_mapping.error_of_answer("send", response.status_code, response.headers, b"".join(pieces))


def _ended(events: list[Event], lost: GatewayError | None, stop: Stop) -> Iterator[Event]:
    """The reader's last events. A connection lost after the wire format's own end is no loss."""
    *rest, closed = events
    yield from rest
    complete = isinstance(closed, Closed) and closed.complete and (lost is None or closed.why != "whole")
    faulty = isinstance(closed, Closed) and closed.why == "error"
    if complete or (faulty and not stop.cancelled):
        yield closed
    elif stop.cancelled:
        yield Closed(False, "stopped")
        raise errors.Stopped(sent=True)
    elif lost is not None:
        yield Closed(False, "truncated")
        raise lost
    else:
        yield closed


def _base(base_url: str) -> str:
    parts = urlsplit(base_url.strip())
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username
        or parts.query
        or parts.fragment
    ):
        raise ValueError(
            "The gateway's address must look like https://host/v1, without a user name, query or fragment."
        )
    return base_url.strip().rstrip("/")


# -- probing -------------------------------------------------------------------------------------------------


def _tried(call: Callable[[], T]) -> T | GatewayError:
    try:
        return call()
    except GatewayError as fault:
        return fault


def _serving(row: Value, endpoint: str) -> str:
    """The name of a model that serves the endpoint, else ""."""
    fields = row if isinstance(row, dict) else {}
    name, served = fields.get("model_id") or fields.get("id"), fields.get("endpoints")
    fits = not isinstance(served, list) or endpoint in served
    return str(name) if fits and is_text(name) else ""
