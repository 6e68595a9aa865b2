"""`/healthz`, `/readyz` and `/metrics` on the event loop: none waits for a page thread, nor for what does not answer."""

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections

from dashboard.processes import presence
from dashboard.processes.degraded import degraded
from dashboard.readiness import CHECKS, NEED_DATABASE, UNREACHABLE, Check
from dashboard.telemetry import logs, metrics, row_figures
from dashboard.web.database_watch import DatabaseWatch
from dashboard.web.wsgi_pages import NOTE, Receive, Scope, Send

CHECK_SECONDS = 1.5  # for all checks, which are made at once
ROW_SECONDS = 1.5  # for the figures of rows, with the question whether the database is there
NO_ANSWER = "There was no answer in time."
READ = ("GET", "HEAD")
Found = TypeVar("Found")
logger = logging.getLogger(__name__)


class Probes:
    """An ASGI application for the probes of one process."""

    def __init__(self, watch: DatabaseWatch, checks: dict[str, Check] | None = None) -> None:
        self.watch, self.checks = watch, checks or CHECKS
        self.threads = ThreadPoolExecutor(len(self.checks) + 2, thread_name_prefix="probe")
        self.asked: dict[str, asyncio.Future[Any]] = {}

    def takes(self, scope: Scope) -> bool:
        """Whether a request is for this application. `/readyz?full` asks who asks: without the token it is a page."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path == "/readyz":
            return not scope["query_string"] or (b"full" in names_in(scope) and may_measure(scope))
        return path == "/healthz" or (path == "/metrics" and may_measure(scope))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if note := scope.get(NOTE):
            note.route = scope["path"].rpartition("/")[2]
        if scope["method"] not in READ:
            await answer(scope, send, 405, b"Only GET and HEAD.\n", allow=b"GET, HEAD")
        elif scope["path"].endswith("/healthz"):
            await answer(scope, send, 200, b"ok\n")
        elif scope["path"].endswith("/metrics"):
            body, kind = metrics.exposed(await self.rows())
            await answer(scope, send, 200, body, kind=kind.partition(";")[0].encode())
        else:
            found = await self.ready()
            if scope["query_string"]:
                found |= await self.within(
                    CHECK_SECONDS, "full", degraded_in_thread, dict[str, str | None](full=NO_ANSWER)
                )
            body = json.dumps({name: fault or "ok" for name, fault in found.items()}).encode()
            status = 503 if any(found.values()) else 200
            await answer(scope, send, status, body, kind=b"application/json")

    async def ready(self) -> dict[str, str | None]:
        """What each check found, within CHECK_SECONDS."""
        found = await asyncio.gather(*map(self.check, self.checks))
        return dict(zip(self.checks, found, strict=True))

    async def check(self, name: str) -> str | None:
        """One check. A question that is still open is waited for, not repeated."""
        if name in NEED_DATABASE and await self.watch.look():
            return UNREACHABLE
        seconds = CHECK_SECONDS - (0.5 if name in NEED_DATABASE else 0)
        return await self.within(seconds, name, partial(in_thread, self.checks[name]), NO_ANSWER)

    async def rows(self) -> dict[str, float] | None:
        """The figures of rows; None where the database does not give them in time."""
        try:
            async with asyncio.timeout(ROW_SECONDS):
                if await self.watch.look():
                    return None
                return await self.within(ROW_SECONDS, "rows", figures_in_thread, None)
        except TimeoutError:
            return None

    async def within(self, seconds: float, name: str, ask: Callable[[], Found], otherwise: Found) -> Found:
        """What a thread answers in time. A question that is still open is waited for, not repeated."""
        if name not in self.asked or self.asked[name].done():
            self.asked[name] = asyncio.get_running_loop().run_in_executor(self.threads, ask)
        try:
            async with asyncio.timeout(seconds):
                found: Found = await asyncio.shield(self.asked[name])
                return found
        except TimeoutError:
            return otherwise


def may_measure(scope: Scope) -> bool:
    """Whether a request brings METRICS_TOKEN. Takes the same time for every wrong token."""
    scheme, _, token = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
    is_right = hmac.compare_digest(token.strip(), settings.METRICS_TOKEN.encode())
    return bool(settings.METRICS_TOKEN) and scheme.lower() == b"bearer" and is_right


def names_in(scope: Scope) -> set[bytes]:
    """The names in a query: `full` and `full=1` are the same question."""
    return {pair.partition(b"=")[0] for pair in scope["query_string"].split(b"&")}


def figures_in_thread() -> dict[str, float] | None:
    try:
        return row_figures.figures()
    except Exception as error:
        logger.warning(
            "The figures of /metrics could not be read (%s)", type(error).__name__, extra=logs.DATABASE
        )
        return None
    finally:
        connections.close_all()


def degraded_in_thread() -> dict[str, str | None]:
    try:
        return dict.fromkeys(presence.KINDS) | dict(degraded().items())
    finally:
        connections.close_all()


def in_thread(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except Exception as error:
        return f"The check failed ({type(error).__name__})."
    finally:
        connections.close_all()


async def answer(
    scope: Scope, send: Send, status: int, body: bytes, *, kind: bytes = b"text/plain", allow: bytes = b""
) -> None:
    headers = [(b"content-type", kind + b"; charset=utf-8"), (b"cache-control", b"no-store")]
    headers += [(b"allow", allow)] if allow else []
    headers += [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
