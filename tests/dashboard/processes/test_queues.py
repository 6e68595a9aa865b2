"""What the clock asks for runs although every thread for replays is taken."""

from typing import Any

import pytest
from celery.worker import state
from django.conf import settings
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
