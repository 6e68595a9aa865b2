"""`/healthz` and `/readyz` on the event loop: neither waits for a page thread, nor for what does not answer."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from dashboard.readiness import CHECKS, NEED_DATABASE, UNREACHABLE, Check
from dashboard.web.database_watch import DatabaseWatch
from dashboard.web.wsgi_pages import Receive, Scope, Send

CHECK_SECONDS = 1.5  # for all checks, which are made at once
READ = ("GET", "HEAD")


class Probes:
    """An ASGI application for the probes of one process."""

    def __init__(self, watch: DatabaseWatch, checks: dict[str, Check] | None = None) -> None:
        self.watch, self.checks = watch, checks or CHECKS
        self.threads = ThreadPoolExecutor(len(self.checks), thread_name_prefix="probe")
        self.asked: dict[str, asyncio.Future[str | None]] = {}

    def takes(self, scope: Scope) -> bool:
        """Whether a request is for this application. `/readyz?full` asks who asks, so it is a page."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return path == "/healthz" or (path == "/readyz" and not scope["query_string"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in READ:
            await answer(scope, send, 405, b"Only GET and HEAD.\n", allow=b"GET, HEAD")
        elif scope["path"].endswith("/healthz"):
            await answer(scope, send, 200, b"ok\n")
        else:
            found = await self.ready()
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
        if name not in self.asked or self.asked[name].done():
            loop = asyncio.get_running_loop()
            self.asked[name] = loop.run_in_executor(self.threads, in_thread, self.checks[name])
        try:
            async with asyncio.timeout(CHECK_SECONDS - (0.5 if name in NEED_DATABASE else 0)):
                return await asyncio.shield(self.asked[name])
        except TimeoutError:
            return "There was no answer in time."


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
