"""The web process: `python -m dashboard.serve` on $PORT.

The application is loaded once, then forked, so that the processes share most of their memory. The parent
starts a process again that was killed, ends all on SIGTERM, and holds no request. Its children end with it.
"""

import gc
import logging
import os
import signal
import socket
import sys
import time
from importlib import import_module
from types import FrameType

import django
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.urls import get_resolver

from dashboard.embedded.system import dies_with_parent

GRACE_SECONDS = 3  # for pages in progress; streams end at once
KILL_SECONDS = 5
ENDINGS = (signal.SIGTERM, signal.SIGINT)
logger = logging.getLogger(__name__)


class Web:
    """The processes that serve one listening socket."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        self.config, self.listening = config, listening
        self.children: set[int] = set()
        self.stopping = False

    def run(self, count: int) -> int:
        """Serve with `count` processes until a signal; gives the exit code."""
        for number in ENDINGS:
            signal.signal(number, self.stop)
        signal.signal(signal.SIGALRM, self.kill)
        for _ in range(count):
            self.spawn()
        code = 0
        while self.children:
            pid, status = os.wait()
            self.children.discard(pid)
            code = max(code, self.ended(os.waitstatus_to_exitcode(status)))
        return code

    def ended(self, code: int) -> int:
        """A process that was killed is replaced; one that gave up by itself ends all."""
        if self.stopping:
            return 0
        logger.error("A web process ended (%s)", code)
        if code < 0:
            time.sleep(0.2)
            self.spawn()
            return 0
        self.stop()
        return 1

    def spawn(self) -> None:
        """Start one process. Signals wait meanwhile, so that none is handled by the child in our name."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        if (pid := os.fork()) == 0:
            self.serve()
        self.children.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        if self.stopping:
            self.stop()

    def serve(self) -> None:
        """In the child: serve, then leave without waiting for threads that still ask the gateway."""
        code = 1
        try:
            for number in (*ENDINGS, signal.SIGALRM):
                signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
            dies_with_parent(signal.SIGTERM)()
            server = uvicorn.Server(self.config)
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
    except OSError as error:
        sys.exit(f"Port {port} cannot be used ({error.strerror}): set PORT to a free one.")


def configure() -> uvicorn.Config:
    """Load the application whole, before it is forked."""
    django.setup()
    collect_static()  # before WhiteNoise looks
    application = import_module("dashboard.asgi").application
    _ = get_resolver().url_patterns
    return uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        lifespan="on",
        proxy_headers=False,  # Django reads them, and only with TRUST_PROXY
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=75,  # longer than a router in front keeps an idle connection
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def collect_static() -> None:
    """Where no build step has collected the static files as they are now, do it."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    sources = [*settings.BASE_DIR.glob("requirements*.txt"), *(settings.BASE_DIR / "static").rglob("*")]
    newest = max((path.stat().st_mtime for path in sources), default=0.0)
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        call_command("collectstatic", interactive=False, verbosity=0)


def number(name: str, default: int) -> int:
    """A whole number of 1 or more out of the environment. Stops the start with one sentence otherwise."""
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        sys.exit(f"{name} is {text!r}, and must be a whole number of 1 or more.")
    return int(text)


def main() -> None:
    count = number("WEB_CONCURRENCY", 2)
    listening = listen(os.environ.get("WEB_HOST") or "0.0.0.0", number("PORT", 8000))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    config = configure()
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise touch, and so copy, every page
    sys.exit(Web(config, listening).run(count))


if __name__ == "__main__":
    main()
