"""The two queues: replays, and what the clock asks for, which has threads of its own.

Were all threads of a worker taken by long replays, nobody would sweep, fetch records or delete what was forgotten. So a
worker has `CLOCK_THREADS` more than it may run replays, and takes no replay while WORKER_CONCURRENCY of them run.
Web and beat, which only send, load neither Celery's worker nor Django for this.
"""

from typing import Any

from kombu.utils.scheduling import round_robin_cycle

REPLAYS, CLOCK = "retake", "retake-clock"
CLOCK_THREADS = 4


class BoundedReplays(round_robin_cycle):
    """Which queues a worker reads next (kombu's `queue_order_strategy`): that of replays only while one more may run."""

    def consume(self, n: int) -> list[str]:
        from django.conf import settings

        names: list[str] = list(super().consume(n))  # type: ignore[no-untyped-call]
        if REPLAYS in names and taken() >= settings.WORKER_CONCURRENCY:
            names.remove(REPLAYS)
        return names


def taken() -> int:
    """How many messages of the replays' queue this worker has taken and not done with."""
    return sum((request.delivery_info or {}).get("routing_key") == REPLAYS for request in _reserved())


def _reserved() -> list[Any]:
    from celery.worker import state

    while True:
        try:
            return list(state.reserved_requests)
        except RuntimeError:  # another thread is done with one just now
            continue
