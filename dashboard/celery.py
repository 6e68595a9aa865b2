"""The Celery application: its settings are `CELERY` in `settings.py`."""

import logging.config
import os
import warnings
from functools import cached_property
from typing import Any

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import setup_logging, worker_init, worker_ready, worker_shutdown
from django.conf import settings

from dashboard.telemetry import tasks as tasks  # connects its signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # it would not look at their result; they load every view
warnings.filterwarnings("ignore", category=SecurityWarning)  # about root and pickle; ours are JSON only
# Of each loss of the broker; we ack early.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


class Retake(Celery):  # type: ignore[misc]  # celery has no types
    @cached_property
    def Worker(self) -> Any:  # noqa: N802  Celery's name
        """The program of a worker, by whichever command it is started."""
        return self.subclass_with_self("dashboard.processes.worker:WorkerProgram")


app = Retake("retake")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks()


@worker_init.connect(weak=False)  # type: ignore[untyped-decorator]
def begin_telemetry(**_: Any) -> None:
    from dashboard.telemetry import error_reports, logs, tracing

    tracing.begin()
    error_reports.begin()
    logs.catch()


@worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
def begin_presence(**_: Any) -> None:
    from dashboard.processes import presence  # its model needs Django set up

    presence.begin("worker")


@worker_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]
def end_presence(**_: Any) -> None:
    from dashboard.processes import presence

    presence.end("worker")


@setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
def keep_logging(**_: Any) -> None:
    """Celery leaves the log as LOG_LEVEL and the settings have it."""
    logging.config.dictConfig(settings.LOGGING)
