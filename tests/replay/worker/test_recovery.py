"""The sweep: nothing stays open for ever, nothing is sent twice."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import redis
from django.utils import timezone

from dashboard.models import GatewayConnection, User
from dashboard.processes import queues
from generations.models import Fetch, Generation, Replay, ReplayAnswer, ReplayPart
from generations.models.replay import State
from generations.records import new_generation, retention
from generations.replay import derived_answer, raw_answer
from generations.replay.worker import recovery as sweeping
from tests.support import people, rows

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = {"never_started": 0, "resent": 0, "interrupted": 0}


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    messages: list[str] = []

    def send(replay_id: object) -> bool:
        messages.append(str(replay_id))
        return True

    monkeypatch.setattr(sweeping, "send_message", send)
    return messages


@pytest.fixture(autouse=True)
def short_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "WATCH_S", 0.2)
    monkeypatch.setattr(sweeping, "LOOK_S", 0.1)


def ago(**past: float) -> dict[str, object]:
    return {
        "created_at": timezone.now() - timedelta(**past),
        "message_sent_at": timezone.now() - timedelta(**past),
    }


def test_a_young_row_is_left_alone(chat: Generation, ada: User, sent: list[str]) -> None:
    rows.replay(chat, ada, **ago(seconds=5))
    rows.replay(chat, ada, state=State.RUNNING, heartbeat_at=timezone.now() - timedelta(seconds=15))
    assert sweeping.sweep() == NOTHING
    assert sent == []


def test_a_lost_message_is_sent_again_once_in_a_while(
    chat: Generation, ada: User, sent: list[str], broker: "redis.Redis"
) -> None:
    """Soon where no message waits in the queue, so that it is lost for certain; else after 30 s."""
    replay = rows.replay(chat, ada, **ago(seconds=12))
    broker.lpush(queues.REPLAYS, "another one")
    assert sweeping.sweep() == NOTHING
    broker.delete(queues.REPLAYS)
    assert sweeping.sweep() == {**NOTHING, "resent": 1}
    assert sweeping.sweep() == NOTHING
    broker.lpush(queues.REPLAYS, "another one")
    Replay.objects.update(**ago(seconds=40))
    assert sweeping.sweep() == {**NOTHING, "resent": 1}
    assert sent == [str(replay.pk)] * 2


def test_a_silent_worker_is_distinguished_from_a_finished_one(chat: Generation, ada: User) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    silent = rows.replay(chat, ada, state=State.RUNNING, heartbeat_at=long_ago)
    rows.replay(chat, ada, state=State.SUCCEEDED, heartbeat_at=long_ago)
    rows.part(silent, 1, "half of ")
    assert sweeping.sweep() == {**NOTHING, "interrupted": 1}
    assert sweeping.sweep() == NOTHING
    silent.refresh_from_db()
    assert (silent.state, silent.reason, silent.sent) == (State.INTERRUPTED, "worker_lost", None)
    assert "may have been charged" in silent.detail


def test_a_beat_that_comes_in_between_wins(chat: Generation, ada: User) -> None:
    replay = rows.replay(chat, ada, state=State.RUNNING, heartbeat_at=timezone.now() - timedelta(minutes=1))
    seen = Replay.objects.silent(timezone.now()).get()
    Replay.objects.update(heartbeat_at=timezone.now())
    assert not seen.give_up(State.RUNNING, State.INTERRUPTED, "worker_lost", "")
    replay.refresh_from_db()
    assert replay.state == State.RUNNING


def test_a_lost_replay_without_a_word_has_no_answer(chat: Generation, ada: User) -> None:
    rows.replay(chat, ada, state=State.RUNNING, heartbeat_at=timezone.now() - timedelta(minutes=1))
    sweeping.sweep()
    assert ReplayAnswer.objects.count() == 0


def test_the_record_of_a_lost_replay_is_asked_for_where_its_id_had_come(chat: Generation, ada: User) -> None:
    """It tells what the gateway did, and what that cost."""
    replay = rows.replay(chat, ada, state=State.RUNNING, heartbeat_at=timezone.now() - timedelta(minutes=1))
    frame = b'data: {"id": "G-01M0N8538G0000000000000000", "choices": [{"delta": {"content": "a"}}]}\n\n'
    ReplayPart.objects.create(
        replay=replay, first_seq=1, last_seq=1, entries='[[1, "text", "a"]]', wire=frame
    )
    sweeping.sweep()
    replay.refresh_from_db()
    assert (replay.new_request_id, new_generation.is_awaited(replay)) == (
        "G-01M0N8538G0000000000000000",
        True,
    )
    assert Replay.objects.filter(record_due_at__lte=timezone.now()).get() == replay


def test_parts_that_come_while_the_sweep_joins_others_stay(
    chat: Generation, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was taken for lost goes on: what it checkpoints meanwhile is not in the answer, and not dropped."""
    replay, real = rows.replay(chat, ada, state=State.INTERRUPTED), derived_answer.read
    rows.part(replay, 1, "a")

    def read(*arguments: Any) -> Any:
        rows.part(replay, 2, "b")
        return real(*arguments)

    monkeypatch.setattr(derived_answer, "read", read)
    sweeping.join_parts(replay.pk, "chat.completions", "")
    assert [part.first_seq for part in ReplayPart.objects.all()] == [2]


def test_parts_that_come_before_the_sweep_reads_them_are_joined_once(
    chat: Generation, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay, real = rows.replay(chat, ada, state=State.INTERRUPTED), derived_answer.excerpt
    add = partial(ReplayPart.objects.create, replay=replay, entries="[]")
    add(first_seq=1, last_seq=1, wire=b"data: 1\n\n")

    def excerpt(wire: Any) -> Any:
        add(first_seq=2, last_seq=2, wire=b"data: 2\n\n")
        return real(wire)

    monkeypatch.setattr(derived_answer, "excerpt", excerpt)
    sweeping.join_parts(replay.pk, "chat.completions", "")
    assert raw_answer.of_stored(replay.pk).excerpt(100, 0).start == b"data: 1\n\ndata: 2\n\n"


def test_tidy_drops_old_questions_only(chat: Generation, ada: User, source: GatewayConnection) -> None:
    team = people.team()
    for name, lease in (("old", timedelta(days=-2)), ("new", timedelta(minutes=-2))):
        Fetch.objects.create(team=team, request_id=name, lease_until=timezone.now() + lease)
    retention.tidy()
    assert [fetch.request_id for fetch in Fetch.objects.all()] == ["new"]
