"""On SIGTERM the worker takes nothing new and gives its streams a grace period."""

from typing import Any

from celery.signals import worker_shutting_down
from django.conf import settings

from generations.replay.worker.heartbeat import heartbeat


@worker_shutting_down.connect
def begin_grace(**_: Any) -> None:
    """Streams that outlast the grace period are saved and marked interrupted."""
    heartbeat.quit_within(settings.WORKER_GRACE_SECONDS)
