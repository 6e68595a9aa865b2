"""The beat process: it only sends the names of due tasks, so it loads neither Django nor the tasks."""

import logging.config
from typing import Any

from celery import Celery
from celery.beat import Scheduler
from celery.signals import setup_logging

from dashboard import settings

app = Celery("retake", fixups=[])
app.config_from_object(settings.CELERY)


@setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
def keep_logging(**_: Any) -> None:
    """Celery leaves the log as LOG_LEVEL and the settings have it."""
    logging.config.dictConfig(settings.LOGGING)


class MemoryScheduler(Scheduler):  # type: ignore[misc]  # celery has no types
    """The schedule of the settings, in memory: intervals begin anew at each start, so no file is needed."""

    def setup_schedule(self) -> None:
        entries: dict[str, Any] = dict(self.app.conf.beat_schedule)
        self.merge_inplace(entries)
