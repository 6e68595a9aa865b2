"""The web process: event streams on the loop, pages through WSGI in a few threads."""

import asyncio

from django.conf import settings

from dashboard.wsgi import application as wsgi  # first: it sets Django up

from dashboard import mail  # isort: skip
from dashboard.web.wsgi_pages import Bridge, Receive, Scope, Send  # isort: skip
from dashboard.web.event_streams import end_streams_on_sigterm, find_stream, serve_stream  # isort: skip

MAIL_SECONDS = 2  # that a process which ends waits for mails
pages = Bridge(wsgi, threads=settings.WEB_THREADS, max_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI entry point. A stream is a GET whose URL resolves to a view made by `@event_stream`."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        if found := find_stream(scope):
            await serve_stream(found, scope, receive, send)
        else:
            await pages(scope, receive, send)


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            end_streams_on_sigterm()
        else:
            await asyncio.to_thread(mail.finish, MAIL_SECONDS)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
