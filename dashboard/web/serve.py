"""The web process: `python -m dashboard.web.serve` on $PORT.

The application is loaded once, then forked, so that the processes share most of their memory. The parent
replaces a process that was killed or that does not answer any more, ends all on SIGTERM, and holds no request. Its
children end with it.
"""

import faulthandler
import gc
import logging
import mmap
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import django
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.urls import get_resolver

from dashboard.local.system import dies_with_parent
from dashboard.telemetry import error_reports, logs, metrics, tracing
from dashboard.web import outage, static_files
from dashboard.web.request_heads import BoundedProtocol

if TYPE_CHECKING:
    from dashboard.web.wsgi_pages import Bridge  # needs Django set up

GRACE_SECONDS = 3  # for pages in progress; streams end at once
KILL_SECONDS = 5
FROZEN_SECONDS = 10  # without a beat
LOOK_SECONDS = 1.0
TRACE_SECONDS = 0.5  # that a frozen process has to write down what it is doing
CONNECTION_SECONDS = 1.4  # that a page waits for a connection of the pool
LIMITS = "-c lock_timeout=1400 -c statement_timeout=30000"  # in ms, of the web process's own sessions
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
OF_TERMINALS = (signal.SIGINT, signal.SIGHUP)  # these reach the children, too: their parent ends them
logger = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """uvicorn's server, which beats while its loop turns and no request holds a thread for too long."""

    def __init__(self, config: uvicorn.Config, beat: Callable[[], None], pages: "Bridge") -> None:
        super().__init__(config)
        self.beat, self.pages = beat, pages

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if not self.pages.is_stuck:
            self.beat()
        return await super().on_tick(counter)


class Beats:
    """When each process last said that it answers, in memory that parent and children share."""

    def __init__(self, count: int) -> None:
        self.times = memoryview(mmap.mmap(-1, 8 * count)).cast("d")
        self.suspects: set[int] = set()

    def beat(self, place: int) -> None:
        self.times[place] = time.monotonic()

    def frozen(self) -> set[int]:
        """The places of those that were silent for too long, now and when last asked.

        Asked twice, because after the whole machine or group of processes was stopped all are silent for a moment.
        """
        silent = {place for place, at in enumerate(self.times) if time.monotonic() - at > FROZEN_SECONDS}
        self.suspects, before = silent, self.suspects
        return silent & before


class Web:
    """The processes that serve one listening socket."""

    def __init__(self, config: uvicorn.Config, pages: "Bridge", listening: socket.socket) -> None:
        self.config, self.pages, self.listening = config, pages, listening
        self.children: dict[int, int] = {}  # process ID -> place
        self.stopping = False

    def run(self, count: int) -> int:
        """Serve with `count` processes until a signal; gives the exit code."""
        self.beats = Beats(count)
        self.signals, wakes = socket.socketpair()
        wakes.setblocking(False)
        signal.set_wakeup_fd(wakes.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only wakes up
        for number in ENDINGS:
            signal.signal(number, self.stop)
        signal.signal(signal.SIGALRM, self.kill)
        for place in range(count):
            self.spawn(place)
        code = 0
        while self.children:
            if select.select([self.signals], [], [], LOOK_SECONDS)[0]:
                self.signals.recv(4096)
            code = max(code, self.reap())
            if not self.stopping:
                self.replace_frozen()
        return code

    def reap(self) -> int:
        """Take note of processes that have ended; gives the exit code."""
        code = 0
        for pid, place in list(self.children.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                metrics.process_ended(pid)
                del self.children[pid]
                code = max(code, self.ended(place, os.waitstatus_to_exitcode(status)))
        return code

    def replace_frozen(self) -> None:
        """Kill what does not answer, after a traceback of its threads on standard error: names and lines only."""
        frozen = self.beats.frozen()
        pids = [pid for pid, place in self.children.items() if place in frozen]
        for pid in pids:
            logger.error("A web process does not answer and is replaced")
            os.kill(pid, signal.SIGABRT)
        if pids:
            time.sleep(TRACE_SECONDS)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)  # a zombie until it is reaped, so the ID is still its own

    def ended(self, place: int, code: int) -> int:
        """A process that was killed is replaced; one that gave up by itself ends all."""
        if self.stopping:
            return 0
        logger.error("A web process ended (%s)", code)
        if code < 0:
            time.sleep(0.2)
            self.spawn(place)
            return 0
        self.stop()
        return 1

    def spawn(self, place: int) -> None:
        """Start one process. Signals wait meanwhile, so that none is handled by the child in our name."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        self.beats.beat(place)
        if (pid := os.fork()) == 0:
            self.serve(place)
        self.children[pid] = place
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        if self.stopping:
            self.stop()

    def serve(self, place: int) -> None:
        """In the child: serve, then leave without waiting for threads that still ask the gateway."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (*ENDINGS, signal.SIGALRM, signal.SIGCHLD):
                signal.signal(number, signal.SIG_IGN if number in OF_TERMINALS else signal.SIG_DFL)
            dies_with_parent(signal.SIGTERM)()
            faulthandler.enable()
            error_reports.begin()
            logs.catch()
            server = Server(self.config, partial(self.beats.beat, place), self.pages)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
            server.run(sockets=[self.listening])
            code = 0 if server.started else 1
        except BaseException:
            logger.exception("A web process could not go on")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def stop(self, _number: int = signal.SIGTERM, _frame: FrameType | None = None) -> None:
        self.stopping = True
        self.signal_all(signal.SIGTERM)
        signal.alarm(KILL_SECONDS)

    def kill(self, _number: int, _frame: FrameType | None) -> None:
        self.signal_all(signal.SIGKILL)

    def signal_all(self, number: signal.Signals) -> None:
        for pid in self.children:
            os.kill(pid, number)


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Stops the start with one sentence when the port is taken."""
    try:
        return socket.create_server((host, port), backlog=2048)
    except (OSError, UnicodeError) as error:  # the name of a host may be none
        why = getattr(error, "strerror", None) or "no such host"
        sys.exit(
            f"Port {port} of {host} cannot be used ({why}): "
            "set PORT to a free one, or WEB_HOST to an address of this machine."
        )


def configure() -> tuple[uvicorn.Config, "Bridge"]:
    """Load the application whole, before it is forked; with its pages."""
    django.setup()
    tracing.begin()
    be_brief()
    collect_static()  # before WhiteNoise looks
    asgi = import_module("dashboard.asgi")
    _ = get_resolver().url_patterns
    MigrationLoader(None, load=False).load_disk()  # what /readyz reads; each process would load it
    import_module("dashboard.templatetags.site").drawings()
    outage.page(outage.UNAVAILABLE, is_fragment=False, consequence="")  # while there is time
    config = uvicorn.Config(
        asgi.application,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        proxy_headers=False,  # Django reads them, and only with TRUST_PROXY
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=75,  # longer than a router in front keeps an idle connection
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return config, asgi.pages


def be_brief() -> None:
    """No page waits long for a connection, a lock or a statement. Workers may, so this is the web process's own."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["pool"] = {**options["pool"], "timeout": CONNECTION_SECONDS}
    options["options"] = f"{options.get('options', '')} {LIMITS}".strip()


def collect_static() -> None:
    """Where no build step has collected the static files as they are now, do it."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    base, made_by = settings.BASE_DIR, Path(static_files.__file__)
    sources = [*base.glob("requirements*.txt"), *(base / "static").rglob("*"), made_by]
    newest = max((path.stat().st_mtime for path in sources), default=0.0)
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        call_command("collectstatic", interactive=False, verbosity=0)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    gc.disable()  # what is loaded stays: each collection meanwhile would look through all of it
    metrics.begin()
    listening = listen(settings.WEB_HOST, settings.PORT)
    config, pages = configure()
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise touch, and so copy, every page
    gc.enable()
    code = Web(config, pages, listening).run(settings.WEB_CONCURRENCY)
    metrics.end()
    sys.exit(code)


if __name__ == "__main__":
    main()
