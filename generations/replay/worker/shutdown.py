"""What a worker process does apart from its tasks, from its start to its end."""

import gc
from typing import Any

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings

from generations.replay.worker import delivery, presence
from generations.replay.worker.heartbeat import heartbeat


@worker_ready.connect
def begin(**_: Any) -> None:
    """Say that this worker is there; deliver what others have left in the spool."""
    gc.collect()
    gc.freeze()  # what was loaded stays: a collection of all of it stops every stream for a moment
    heartbeat.watch()
    delivery.start()


@worker_shutting_down.connect
def begin_grace(**_: Any) -> None:
    """On SIGTERM it takes nothing new. Streams that outlast the grace period are saved and marked interrupted."""
    heartbeat.quit_within(settings.WORKER_GRACE_SECONDS)


@worker_shutdown.connect
def leave(**_: Any) -> None:
    """Nothing runs any more."""
    presence.withdraw()
