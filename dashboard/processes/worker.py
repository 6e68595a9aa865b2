"""Celery's worker, which ends in one way whatever asks it to."""

import signal
from typing import Any

from celery.apps.worker import Worker as CeleryWorker
from celery.platforms import EX_OK
from celery.signals import worker_shutting_down
from celery.worker import state

ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


class WorkerProgram(CeleryWorker):  # type: ignore[misc]  # celery has no types
    """Takes nothing new, lets its replays run for WORKER_GRACE_SECONDS, and saves the rest, however often it is asked.

    Celery's own handlers throw running tasks away at the second Ctrl-C and at SIGQUIT, start the program anew at SIGHUP
    without the folder that it is imported from, and take a lock that is not reentrant: one within another, as a
    supervisor and its group send them, waited for itself, for ever.
    """

    def install_platform_tweaks(self, worker: Any) -> None:
        super().install_platform_tweaks(worker)
        is_busy = False

        def end(number: int, _frame: object) -> None:
            nonlocal is_busy
            state.should_stop = EX_OK
            if is_busy:
                return
            is_busy = True
            try:
                sent = signal.Signals(number).name
                worker_shutting_down.send(sender=worker.hostname, sig=sent, how="Warm", exitcode=EX_OK)
            finally:
                is_busy = False

        for number in ENDINGS:
            signal.signal(number, end)
