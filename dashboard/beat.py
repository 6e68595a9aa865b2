"""The beat process: it sends the names of due tasks and says that it lives.

It loads neither Django nor the tasks, nor Celery's command line, which brings an interactive shell along (9 MiB).
"""

import logging.config
import os
import signal
import socket
import time
from typing import Any

import redis
from celery import Celery
from celery.beat import Scheduler
from celery.signals import beat_init, setup_logging

from dashboard import settings
from dashboard.processes import redis_presence
from dashboard.processes.queues import CLOCK
from dashboard.telemetry import logs

HEARD_SECONDS = 5.0
MOST_WAITING = 100  # messages that no worker has taken
NAME = f"{socket.gethostname()[:100]}:{os.getpid()}"
logger = logging.getLogger(__name__)
server = redis_presence.client(settings.REDIS_URL, tuple(settings.REDIS_TLS.items()))

app = Celery("retake", fixups=[])
app.config_from_object(settings.CELERY)


@setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
def keep_logging(**_: Any) -> None:
    """Celery leaves the log as LOG_LEVEL and the settings have it."""
    logging.config.dictConfig(settings.LOGGING)


@beat_init.connect(weak=False)  # type: ignore[untyped-decorator]
def end_at_once(**_: Any) -> None:
    """SIGTERM and SIGINT end the process where it stands: there is no schedule to save.

    Celery's handler closes the broker's line first, inside the handler; a beat was seen that hung there or later and
    outlived its site.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))


class MemoryScheduler(Scheduler):  # type: ignore[misc]  # celery has no types
    """The schedule of the settings, in memory: intervals begin anew at each start, so no file is needed."""

    heard_at = -HEARD_SECONDS

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a due task, unless nobody reads them: without a worker Redis would fill up."""
        try:
            waiting: Any = server.llen(CLOCK)
        except (redis.RedisError, OSError):
            waiting = 0  # sending says what is wrong
        if waiting < MOST_WAITING:
            super().apply_entry(entry, producer=producer)

    def tick(self, *args: Any, **options: Any) -> float:
        """Send what is due; say every few seconds that this process lives. Returns seconds to the next tick."""
        if time.monotonic() - self.heard_at >= HEARD_SECONDS:
            self.heard_at = time.monotonic()
            try:
                redis_presence.announce(server, "beat", NAME)
            except (redis.RedisError, OSError) as error:
                logger.warning(
                    "Redis is unavailable (%s): nothing can be sent", type(error).__name__, extra=logs.REDIS
                )
        return min(float(super().tick(*args, **options)), HEARD_SECONDS)

    def setup_schedule(self) -> None:
        entries: dict[str, Any] = dict(self.app.conf.beat_schedule)
        self.merge_inplace(entries)


def main(scheduler: type[Scheduler] = MemoryScheduler) -> None:
    """Run until the process is ended."""
    app.Beat(scheduler=scheduler, quiet=True, loglevel="WARNING").run()


if __name__ == "__main__":
    main()
