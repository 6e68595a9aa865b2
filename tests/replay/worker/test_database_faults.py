"""The database fails while a real worker process receives an answer that is paid for: one POST, and nothing is lost."""

import os
import signal
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from dashboard.models import GatewayConnection, User
from dashboard.processes import spool
from generations.models import Generation, Replay, ReplayAnswer, ReplayPart
from generations.models.replay import SILENT_AFTER, State
from generations.replay.live import follow, publisher
from generations.replay.order import orders, start
from generations.replay.worker import presence, recovery
from tests.support.database_faults import Counted, locked, outage, read_only
from tests.support.live_log import text_of
from tests.support.processes import WORKER, DemoGateway, process, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.slow]

FRAME_MS = 50
Click = Callable[[float], Replay]


@pytest.fixture
def click(chat: Generation, ada: User, source: GatewayConnection, demo_gateway: DemoGateway) -> Click:
    """A replay whose answer takes so many seconds."""

    def clicked(seconds: float) -> Replay:
        demo_gateway.set(pace=1, first_byte_ms=0, frames=round(seconds * 1000 / FRAME_MS), frame_ms=FRAME_MS)
        return start.start_replay(orders.order(chat, source), ada, uuid.uuid4())

    return clicked


def streamed(broker: "redis.Redis", replay: Replay) -> str:
    """The text in the live channel."""
    got = broker.xrange(publisher.key_of(replay.pk))
    return text_of(follow.entries_of(got))


def state_of(replay: Replay) -> str:
    return Replay.objects.values_list("state", flat=True).get(pk=replay.pk)


def is_whole(replay: Replay, seconds: float) -> bool:
    """Whether all of an answer of so many seconds is kept: a word or so a frame, and its end."""
    answer = ReplayAnswer.objects.get(pk=replay.pk)
    return (
        answer.wire.rstrip().endswith(b"data: [DONE]")
        and answer.wire.count(b"data: ") >= seconds * 1000 / FRAME_MS
    )


def later() -> int:
    """How many a sweep calls lost that comes when every heartbeat is old."""
    return recovery.sweep(timezone.now() + SILENT_AFTER + timedelta(seconds=5))["interrupted"]


def test_a_table_lock_freezes_no_text_and_loses_no_worker(
    click: Click, worker: int, broker: "redis.Redis", demo_gateway: DemoGateway
) -> None:
    """27 s, as a migration takes it: live text stood still for 54 s, and a healthy stream was called lost."""
    replay = click(33)
    wait_for(lambda: ReplayPart.objects.filter(replay=replay).exists())
    before = Replay.objects.get(pk=replay.pk).heartbeat_at
    with Counted(lambda: len(streamed(broker, replay))) as text:
        with locked("generations_replay"):
            time.sleep(27)
        assert recovery.sweep()["interrupted"] == 0  # at once, before the worker has had a chance to beat
    assert text.longest < 3
    replay.refresh_from_db()
    assert replay.heartbeat_at is not None
    assert before is not None
    wait_for(lambda: state_of(replay) == State.SUCCEEDED)
    assert is_whole(replay, 33)
    assert len(demo_gateway.requests()) == 1
    assert spool.files() == []


def test_nobody_is_called_lost_without_redis_while_rows_cannot_be_written(
    click: Click, worker: int, monkeypatch: pytest.MonkeyPatch, demo_gateway: DemoGateway
) -> None:
    """The second witness alone: heartbeats are old, and it is the database that keeps them from coming."""
    replay = click(20)
    wait_for(lambda: ReplayPart.objects.filter(replay=replay).exists())
    monkeypatch.setattr(presence, "running", lambda: None)
    with read_only():
        assert later() == 0
    assert later() == 0  # it beats again
    wait_for(lambda: state_of(replay) == State.SUCCEEDED)
    assert len(demo_gateway.requests()) == 1


@pytest.mark.parametrize("fault", [outage, read_only])
def test_an_answer_that_comes_while_nothing_can_be_stored_is_stored_later(
    fault: Callable[[], AbstractContextManager[None]], click: Click, worker: int, demo_gateway: DemoGateway
) -> None:
    """It ends long before the database is back. The rest was dropped after 60 s; the pauses are shorter now."""
    replay = click(4)
    wait_for(lambda: demo_gateway.requests())
    with fault():
        time.sleep(12)
        assert len(spool.files()) == 1
    wait_for(lambda: state_of(replay) == State.SUCCEEDED)
    assert is_whole(replay, 4)
    assert spool.files() == []
    assert not ReplayPart.objects.exists()
    assert len(demo_gateway.requests()) == 1


@pytest.mark.parametrize(("seconds", "ended"), [(2, State.SUCCEEDED), (60, State.INTERRUPTED)])
def test_sigterm_without_a_database_leaves_the_answer_to_the_next_worker(
    seconds: int,
    ended: str,
    click: Click,
    broker: "redis.Redis",
    demo_gateway: DemoGateway,
    site_environment: dict[str, str],
) -> None:
    environment = {**site_environment, "WORKER_GRACE_SECONDS": "1"}
    with process(*WORKER, env=environment) as first:
        replay = click(seconds)
        wait_for(lambda: ReplayPart.objects.filter(replay=replay).exists())
        with outage():
            time.sleep(3)
            shown = streamed(broker, replay)
            first.terminate()
            first.wait(20)
            (file,) = spool.files()
            folder = Path(settings.SPOOL_DIR)
            assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
            assert shown[:20].encode() not in file.read_bytes()
    assert state_of(replay) == State.RUNNING
    with process(*WORKER, env=environment):
        wait_for(lambda: state_of(replay) != State.RUNNING)
    assert state_of(replay) == ended
    answer = ReplayAnswer.objects.get(pk=replay.pk)
    assert answer.text.startswith(shown)
    assert is_whole(replay, seconds) is (ended == State.SUCCEEDED)
    assert spool.files() == []
    assert len(demo_gateway.requests()) == 1


def test_a_worker_killed_without_a_database_loses_no_more_than_a_checkpoint(
    click: Click, broker: "redis.Redis", demo_gateway: DemoGateway, site_environment: dict[str, str]
) -> None:
    with process(*WORKER, env=site_environment) as first:
        replay = click(60)
        wait_for(lambda: ReplayPart.objects.filter(replay=replay).exists())
        with outage():
            time.sleep(5)
            shown = streamed(broker, replay)
            time.sleep(4)  # a tick, and a connection that is refused
            os.kill(first.pid, signal.SIGKILL)
            first.wait(20)
    wait_for(lambda: replay.pk not in (presence.running() or ()))
    assert later() == 1
    with process(*WORKER, env=site_environment):
        wait_for(lambda: spool.files() == [])
    replay.refresh_from_db()
    assert (replay.state, replay.reason) == (State.INTERRUPTED, "worker_lost")
    assert ReplayAnswer.objects.get(pk=replay.pk).text.startswith(shown)
    assert not ReplayPart.objects.exists()
    assert len(demo_gateway.requests()) == 1


def test_a_worker_killed_after_the_last_byte_has_saved_all_of_it(
    click: Click, worker: int, demo_gateway: DemoGateway
) -> None:
    """The end cannot be stored, checkpoints can: nothing was kept, though those who watched had seen all."""
    with locked("generations_replayanswer"):
        replay = click(2)
        wait_for(
            lambda: any(
                b"[DONE]" in bytes(wire) for wire in ReplayPart.objects.values_list("wire", flat=True)
            )
        )
        os.kill(worker, signal.SIGKILL)
    wait_for(lambda: replay.pk not in (presence.running() or ()))
    assert later() == 1
    assert is_whole(replay, 2)
    assert len(demo_gateway.requests()) == 1


def test_stop_reaches_a_worker_while_the_table_is_locked(
    click: Click, worker: int, demo_gateway: DemoGateway, broker: "redis.Redis"
) -> None:
    replay = click(60)
    wait_for(lambda: ReplayPart.objects.filter(replay=replay).exists())
    with locked("generations_replay"):
        assert presence.ask_stop(replay.pk)
        time.sleep(3)
        seen = streamed(broker, replay)
        time.sleep(2)
        assert streamed(broker, replay) == seen
    wait_for(lambda: state_of(replay) == State.CANCELLED)
    assert len(demo_gateway.requests()) == 1
