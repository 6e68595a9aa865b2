"""Celery's worker, whose handlers of signals do not run within one another."""

import signal
from collections.abc import Callable
from typing import Any

from celery.apps.worker import Worker as CeleryWorker

ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
Handler = Callable[[int, Any], object]


class WorkerProgram(CeleryWorker):  # type: ignore[misc]  # celery has no types
    """Ends as well when it is asked several times at once: by a supervisor and by its group, or by the kernel once for each
    thread of a parent that dies.

    Celery's handlers take a lock that is not reentrant, so one within another waited for itself, for ever.
    """

    def install_platform_tweaks(self, worker: Any) -> None:
        super().install_platform_tweaks(worker)
        for number, handler in one_at_a_time(
            {number: signal.getsignal(number) for number in ENDINGS}
        ).items():
            signal.signal(number, handler)


def one_at_a_time(handlers: dict[signal.Signals, Any]) -> dict[signal.Signals, Handler]:
    """The handlers, each doing nothing while one of them runs, for microseconds. What is no function stays as it is."""
    is_busy = False

    def guarded(handler: Handler) -> Handler:
        def handle(number: int, frame: Any) -> None:
            nonlocal is_busy
            if is_busy:
                return
            is_busy = True
            try:
                handler(number, frame)
            finally:
                is_busy = False

        return handle

    return {
        number: guarded(handler) if callable(handler) else handler for number, handler in handlers.items()
    }
