"""The web process with pages that freeze it, and little patience: `python -m tests.dashboard.freezing_site LOG`."""

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse

import uvicorn

from dashboard.web import serve

if TYPE_CHECKING:
    from dashboard.web.wsgi_pages import Bridge, Receive, Scope, Send

PATIENCE_SECONDS = 1.0


def spin() -> None:
    while True:
        pass


def freezing() -> tuple[uvicorn.Config, "Bridge"]:
    """/page never ends in a page thread, /loop on the event loop."""
    config, pages = configure()
    from dashboard.web import wsgi_pages

    wsgi_pages.PAGE_SECONDS = PATIENCE_SECONDS
    site: Any = config.app
    wsgi = pages.wsgi

    async def application(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope.get("path") == "/loop":
            spin()
        await site(scope, receive, send)

    def page(request: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if request["PATH_INFO"] == "/page":
            spin()
        return wsgi(request, start)

    config.app, pages.wsgi = application, page
    return config, pages


configure, serve.configure = serve.configure, freezing
serve.FROZEN_SECONDS, serve.LOOK_SECONDS, serve.TRACE_SECONDS = PATIENCE_SECONDS, 0.2, 0.2  # type: ignore[assignment]

if __name__ == "__main__":
    os.dup2(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), 2)
    serve.main()
