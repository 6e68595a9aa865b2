"""The web process: event streams on the loop, pages through WSGI in a few threads."""

import asyncio

from django.conf import settings

from dashboard.wsgi import application as wsgi  # first: it sets Django up

from django.db import connection  # isort: skip

from dashboard import mail  # isort: skip
from dashboard.telemetry import metrics  # isort: skip
from dashboard.web.database_watch import DatabaseWatch  # isort: skip
from dashboard.web.probes import Probes  # isort: skip
from dashboard.web.request_log import logged  # isort: skip
from dashboard.web.wsgi_pages import Bridge, Receive, Scope, Send, send_plain  # isort: skip
from dashboard.web.event_streams import end_streams_on_sigterm, find_stream, serve_stream, streams_open  # isort: skip

MEASURE_SECONDS = 5
MAIL_SECONDS = 2  # that a process which ends waits for mails
watch = DatabaseWatch()
probes = Probes(watch)
pages = Bridge(wsgi, threads=settings.WEB_THREADS, max_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, watch=watch)


@logged
async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI entry point. A stream is a GET whose URL resolves to a view made by `@event_stream`."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        if probes.takes(scope):
            await probes(scope, receive, send)
        elif found := find_stream(scope):
            if watch.is_unavailable:
                await send_plain(send, 503, "The database is unavailable. Try again.")
            else:
                await serve_stream(found, scope, receive, send)
        else:
            await pages(scope, receive, send)


async def measure() -> None:
    """What this process holds open, every few seconds, for `/metrics`."""
    while settings.METRICS_TOKEN:
        pool = getattr(connection, "_connection_pools", {}).get(connection.alias)
        metrics.saw_process(streams_open(), pool.get_stats() if pool else {})
        await asyncio.sleep(MEASURE_SECONDS)


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            end_streams_on_sigterm()
            measuring = asyncio.create_task(measure())
        else:
            measuring.cancel()
            await asyncio.to_thread(mail.finish, MAIL_SECONDS)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
