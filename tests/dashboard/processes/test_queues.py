"""What the clock asks for runs although every thread for replays is taken."""

from typing import Any

import pytest
from celery.worker import state
from django.conf import settings
from kombu.utils.imports import symbol_by_name
from kombu.utils.scheduling import cycle_by_name

from dashboard.celery import app
from dashboard.processes import queues
from dashboard.processes.queues import CLOCK, CLOCK_THREADS, REPLAYS
from generations import tasks as tasks  # their names

WAITED_FOR = {"look_up_many", "run_replay", "send_feedback"}


class _Request:
    """A message that a worker has taken and not done with."""

    def __init__(self, queue: str) -> None:
        self.delivery_info = {"exchange": "", "routing_key": queue}


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


def test_every_task_has_its_queue() -> None:
    """What takes long, or is for whoever has pressed a button, is not the clock's."""
    names = [name for name in app.tasks if name.startswith("generations.")]
    clock = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {name.rpartition(".")[2] for name in names if queue_of(name) == REPLAYS} == WAITED_FOR
    assert {queue_of(name) for name in clock} == {CLOCK}
    assert app.conf.worker_concurrency == settings.WORKER_CONCURRENCY + CLOCK_THREADS


def test_a_broker_is_asked_again_soon_and_for_ever() -> None:
    asked: list[dict[str, Any]] = []

    class Line:
        """A line that is there at once."""

        alt: tuple[str, ...] = ()

        def ensure_connection(self, _errback: object, max_retries: int | None, **options: Any) -> "Line":
            asked.append({**options, "max_retries": max_retries})
            return self

    consumer = symbol_by_name(app.conf.worker_consumer)  # type: ignore[no-untyped-call]
    made = consumer.__new__(consumer)
    made.app, made.first_connection_attempt = app, False
    line = Line()
    assert made.ensure_connected(line) is line
    assert (asked[0]["max_retries"], asked[0]["interval_max"]) == (None, 5)


def test_no_replay_is_taken_while_all_run_that_may(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.WORKER_CONCURRENCY = 2
    held: set[_Request] = set()
    monkeypatch.setattr(state, "reserved_requests", held)
    order: Any = cycle_by_name(app.conf.broker_transport_options["queue_order_strategy"])()  # type: ignore[no-untyped-call]
    order.update([REPLAYS, CLOCK])
    seen = []
    for queue in (CLOCK, CLOCK, REPLAYS, REPLAYS, CLOCK):
        held.add(_Request(queue))
        seen.append(order.consume(2))
    assert seen == [[REPLAYS, CLOCK]] * 3 + [[CLOCK]] * 2
    held.clear()
    assert (queues.taken(), order.consume(2)) == (0, [REPLAYS, CLOCK])
