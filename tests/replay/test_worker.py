"""The real worker process: killed, doubled, lost messages. Each test counts the POSTs at the demo gateway."""

import os
import signal
import uuid
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from dashboard.models import GatewayConnection, User
from generations.models import Generation, Replay, ReplayAnswer
from generations.models.replay import State
from generations.replay.live import follow
from generations.replay.order import orders, start
from generations.replay.worker import presence
from generations.replay.worker.heartbeat import Heartbeat
from generations.replay.worker.recovery import sweep
from tests.support.live_log import text_of
from tests.support.processes import WORKER, DemoGateway, process, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]


def click(chat: Generation, ada: User, source: GatewayConnection) -> Replay:
    return start.start_replay(orders.order(chat, source), ada, uuid.uuid4())


def state_of(replay: Replay) -> str:
    return Replay.objects.values_list("state", flat=True).get(pk=replay.pk)


def pace(demo_gateway: DemoGateway) -> None:
    demo_gateway.set(pace=1, first_byte_ms=0, frames=400, frame_ms=25)


def test_a_click_runs_to_its_end(
    chat: Generation, ada: User, source: GatewayConnection, worker: int, demo_gateway: DemoGateway
) -> None:
    replay = click(chat, ada, source)
    wait_for(lambda: state_of(replay) == State.SUCCEEDED, 60)
    assert len(demo_gateway.requests()) == 1


def test_a_redelivered_message_makes_no_second_post(
    chat: Generation, ada: User, source: GatewayConnection, worker: int, demo_gateway: DemoGateway
) -> None:
    replay = click(chat, ada, source)
    for _ in range(3):
        start.send_message(replay.pk)
    other = click(chat, ada, source)
    wait_for(lambda: state_of(replay) == state_of(other) == State.SUCCEEDED, 60)
    assert len(demo_gateway.requests()) == 2


@pytest.mark.slow
def test_a_killed_worker_leaves_an_interrupted_replay_with_its_text(
    chat: Generation,
    ada: User,
    source: GatewayConnection,
    worker: int,
    demo_gateway: DemoGateway,
    site_environment: dict[str, str],
) -> None:
    pace(demo_gateway)
    replay = click(chat, ada, source)
    wait_for(lambda: text_of(follow.saved_log(replay.pk)), 60)
    os.kill(worker, signal.SIGKILL)
    with process(*WORKER, env=site_environment):
        assert sweep()["interrupted"] == 0
        wait_for(lambda: replay.pk not in (presence.running() or ()))
        later = timezone.now() + timedelta(seconds=30)
        assert sweep(later) == {"never_started": 0, "resent": 0, "interrupted": 1}
        replay.refresh_from_db()
        assert (replay.state, replay.reason, replay.sent) == (State.INTERRUPTED, "worker_lost", None)
        assert ReplayAnswer.objects.get(replay=replay).text
        again = click(chat, ada, source)
        wait_for(lambda: len(demo_gateway.requests()) == 2, 60)
        assert again.ask_to_stop(ada)
        wait_for(lambda: state_of(again) == State.CANCELLED, 60)
    assert len(demo_gateway.requests()) == 2


def test_a_message_lost_with_the_broker_is_sent_again_and_makes_one_post(
    chat: Generation,
    ada: User,
    source: GatewayConnection,
    broker: "redis.Redis",
    demo_gateway: DemoGateway,
    site_environment: dict[str, str],
) -> None:
    replay = click(chat, ada, source)
    broker.flushdb()
    with process(*WORKER, env=site_environment):
        assert sweep()["resent"] == 0
        assert sweep(timezone.now() + timedelta(seconds=31))["resent"] == 1
        wait_for(lambda: state_of(replay) == State.SUCCEEDED, 60)
    assert len(demo_gateway.requests()) == 1


def test_nobody_takes_it_for_ten_minutes(
    chat: Generation, ada: User, source: GatewayConnection, broker: "redis.Redis", demo_gateway: DemoGateway
) -> None:
    replay = click(chat, ada, source)
    assert sweep(timezone.now() + timedelta(minutes=11))["never_started"] == 1
    replay.refresh_from_db()
    assert (replay.state, replay.reason, replay.sent) == (State.FAILED, "never_started", False)
    assert demo_gateway.requests() == []


@pytest.mark.parametrize(
    "signals",
    [[signal.SIGTERM], [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM] * 50],
    ids=["once", "many"],
)
def test_whatever_asks_it_to_end_it_lets_a_short_stream_finish(
    chat: Generation,
    ada: User,
    source: GatewayConnection,
    broker: "redis.Redis",
    demo_gateway: DemoGateway,
    site_environment: dict[str, str],
    signals: list[signal.Signals],
) -> None:
    """Many come from a supervisor and its group, or for each thread of a parent that dies: within one another's handler."""
    demo_gateway.set(pace=1, first_byte_ms=0, frames=60, frame_ms=25)
    with process(*WORKER, env=site_environment) as running:
        replay = click(chat, ada, source)
        wait_for(demo_gateway.requests, 60)
        for sent in signals:
            os.kill(running.pid, sent)
        assert running.wait(20) == 0
    assert state_of(replay) == State.SUCCEEDED


def test_sigterm_interrupts_what_outlasts_the_grace(
    chat: Generation,
    ada: User,
    source: GatewayConnection,
    broker: "redis.Redis",
    demo_gateway: DemoGateway,
    site_environment: dict[str, str],
) -> None:
    demo_gateway.set(pace=1, first_byte_ms=0, fault="endless", tokens_per_s=50)
    environment = {**site_environment, "WORKER_GRACE_SECONDS": "1"}
    with process(*WORKER, env=environment) as running:
        replay = click(chat, ada, source)
        wait_for(lambda: text_of(follow.saved_log(replay.pk)), 60)
        running.terminate()
        running.wait(20)
    replay.refresh_from_db()
    assert (replay.state, replay.reason) == (State.INTERRUPTED, "worker_stopped")
    assert ReplayAnswer.objects.get(replay=replay).text


def test_asking_again_gives_no_more_time() -> None:
    """Each second SIGTERM would put the end off, until the supervisor kills."""
    beats = Heartbeat()
    beats.quit_within(0)
    beats.quit_within(60)
    assert beats.is_time_up
