"""The little HTTP that the demo gateway needs: one exchange, its request and the ways to answer it."""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from generations.gateway.demo.javascript import number_text
from generations.gateway.demo.sanitiser import sanitise
from generations.gateway.demo.tokens import compact, encode

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON_TYPE = "application/json"


class TooLargeError(Exception):
    """The body is larger than the endpoint takes."""


class Exchange:
    """One HTTP request and its answer."""

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.query: dict[str, str] = {}
        for name, value in pairs:
            self.query.setdefault(name, value)  # contract §0.2: of a name given twice, the first counts
        self.headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.transport: Any = scope.get("state", {}).get("transport")
        self._receive, self.send = receive, send

    async def body(self, limit: int) -> bytes:
        """The whole body.

        Raises TooLargeError, after reading it to the end, when it has over `limit` bytes.
        """
        parts, size = [], 0
        while True:
            message = await self._receive()
            part = message.get("body", b"")
            size += len(part)
            if size <= limit:
                parts.append(part)
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        if size > limit:
            raise TooLargeError
        return b"".join(parts)

    async def gone(self) -> None:
        """Waits until the client, or we ourselves, ended the connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def start(self, status: int, content_type: str, headers: dict[str, str] | None = None) -> None:
        """Sends status and headers; one that is "" is left out.

        contract: no-store nearly everywhere, never a request-id header; Server-Timing on POST only (§0.2).
        """
        shown = {
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": "*",
        }
        if self.method == "POST":
            shown |= {"Server-Timing": "auth;dur=3.1, gateway;dur=12.4", "Timing-Allow-Origin": "*"}
        shown = {name: value for name, value in (shown | (headers or {})).items() if value}
        raw = [(name.lower().encode(), value.encode()) for name, value in shown.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, chunk: bytes) -> None:
        """Sends a piece of the body."""
        await self.send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self) -> None:
        """Ends the body properly."""
        await self.send({"type": "http.response.body", "body": b""})

    async def answer(
        self, status: int, body: bytes, content_type: str = JSON_TYPE, headers: dict[str, str] | None = None
    ) -> None:
        """A whole answer at once."""
        length = {"Content-Length": str(len(body))}
        await self.start(status, content_type, length | (headers or {}))
        await self.send({"type": "http.response.body", "body": body})

    async def control(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        """JSON of control routes: sanitised, two spaces.

        contract: every JSON answer of these routes is lossy.
        """
        await self.answer(status, pretty(sanitise(value)), headers=headers)

    async def data(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        """JSON of POST endpoints: on one line and untouched."""
        await self.answer(status, encode(compact(value)), headers=headers)

    async def brief(self, status: int, value: Any) -> None:
        """contract §0.2: health and the guards answer on one line, without `no-store`."""
        await self.data(status, value, {"Cache-Control": ""})


def pretty(value: Any) -> bytes:
    """Two spaces, UTF-8; lone surrogates and floats are written as JSON.stringify writes them."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return encode(_FLOAT.sub(_plain, text))


# A float that Python writes in its own way: 4.2e-05 is 0.000042 and 70.0 is 70 in JavaScript. A line break never stands
# inside a JSON string, so a whole line can be trusted.
_FLOAT = re.compile(r'^( *(?:"(?:[^"\\]|\\.)*": )?)(-?\d+(?:\.\d+)?e[+-]\d+|-?\d+\.0)(?=,?$)', re.MULTILINE)


def _plain(found: re.Match[str]) -> str:
    return found[1] + number_text(Decimal(found[2]))
