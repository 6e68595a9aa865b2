"""The worker's line to the broker, which is tried again soon, however long Redis was unavailable."""

from functools import partial
from typing import Any

from celery.worker.consumer import Consumer

LONGEST_PAUSE_S = 5


class PatientConsumer(Consumer):  # type: ignore[misc]  # celery has no types
    """Waits 5 s at most between two tries: after an outage of minutes Celery's own waits 30 s."""

    def ensure_connected(self, conn: Any) -> Any:
        conn.ensure_connection = partial(conn.ensure_connection, interval_max=LONGEST_PAUSE_S)
        return super().ensure_connected(conn)
