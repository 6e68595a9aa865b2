"""The record of the generation that a replay made: it comes later."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import GatewayConnection, Team, User
from generations.gateway.demo import ulid
from generations.models import Fetch, Generation, Replay
from generations.models.replay import RECORD_TRIES, State
from generations.records import new_generation
from generations.replay.worker import runner
from tests.support import people, rows
from tests.support.processes import DemoGateway, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ended(chat: Generation, ada: User, demo_gateway: DemoGateway) -> Replay:
    demo_gateway.set(record_ms=300)
    replay = rows.replay(chat, ada)
    runner.run(replay.pk)
    return Replay.objects.select_related("team", "requested_by").get(pk=replay.pk)


def test_the_record_comes_and_is_linked(ended: Replay, demo_gateway: DemoGateway) -> None:
    Fetch.objects.all().delete()
    assert (ended.model_id, ended.generation.model_id) == ("openai/gpt-5-nano",) * 2
    Replay.objects.update(model_id="gpt-5-nano-2025-08-07")  # as an alias leaves it

    def came() -> bool:
        Fetch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        return (
            new_generation.record_of(Replay.objects.select_related("team", "requested_by").get(pk=ended.pk))
            is not None
        )

    wait_for(came, 60)
    ended.refresh_from_db()
    assert ended.new_generation is not None
    assert ended.new_generation.request_id == ended.new_request_id
    assert ended.model_id == "openai/gpt-5-nano"
    assert len(demo_gateway.requests()) == 1


def make_due() -> None:
    Fetch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    Replay.objects.exclude(record_due_at=None).update(record_due_at=timezone.now() - timedelta(seconds=1))


def test_it_is_due_soon_and_fetched_for_replays_that_nobody_watches(ended: Replay) -> None:
    assert ended.record_due_at is not None
    assert ended.finished_at is not None
    assert ended.record_due_at - ended.finished_at < timedelta(seconds=10)

    def came() -> bool:
        make_due()
        return new_generation.fetch_due() == 1

    wait_for(came, 60)
    assert new_generation.fetch_due() == 0
    ended.refresh_from_db()
    made = Generation.objects.get(is_replay=True)
    assert ended.new_generation == made
    # Somebody looked it up before its replay had ended.
    Generation.objects.update(is_replay=False)
    Replay.objects.update(new_generation=None)
    assert new_generation.record_of(Replay.objects.get()) == made
    assert Generation.objects.get(is_replay=True) == made
    assert ended.record_due_at is None


@pytest.mark.heavy
def test_the_oldest_are_asked_for_first_and_each_is_put_off(
    chat: Generation, ada: User, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """152 of 649 were never tried: always the same ones were asked for first."""
    monkeypatch.setattr(new_generation, "SPACING_S", 0.0)
    asked: list[Any] = []
    monkeypatch.setattr(new_generation, "record_of", lambda replay: asked.append(replay.pk))
    now, due = timezone.now(), []
    for age in range(200):
        missing = ulid.request_id(int(now.timestamp() * 1000) - age, ulid.new_suffix())
        replay = rows.replay(
            chat, ada, state=State.SUCCEEDED, finished_at=now, new_request_id=missing,
            record_due_at=now - timedelta(seconds=300 - age),
        )  # fmt: skip
        due.append(replay.pk)
    monkeypatch.setattr(timezone, "now", lambda: now)  # none becomes due again, however slow the machine is
    new_generation.fetch_due(seconds=60)
    assert len(asked) == len(set(asked)) == 200
    place = {pk: number for number, pk in enumerate(due)}
    assert all(abs(place[pk] - number) < new_generation.BITE for number, pk in enumerate(asked))
    assert set(Replay.objects.values_list("record_tries", flat=True)) == {1}
    assert not Replay.objects.filter(record_due_at__lte=now).exists()


def test_records_that_never_come_hold_up_no_new_one(chat: Generation, ada: User) -> None:
    """Ten minutes of mixed load: 42 records were not asked for, because 1,500 others had been due for longer."""
    now = timezone.now()
    facts: dict[str, Any] = {"state": State.SUCCEEDED, "finished_at": now, "new_request_id": "G-1"}
    for _ in range(2 * new_generation.OF_A_TEAM):
        rows.replay(chat, ada, record_due_at=now - timedelta(minutes=3), record_tries=5, **facts)
    fresh = rows.replay(chat, ada, record_due_at=now, **facts)
    assert fresh.pk in new_generation._take_due()


def test_a_team_whose_gateway_hangs_keeps_no_other_one_back(
    chat: Generation, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_team = people.team()
    other = people.person(other_team)
    theirs = rows.generation(other_team, other, people.connection(other_team))
    now = timezone.now()
    facts: dict[str, Any] = {"state": State.SUCCEEDED, "finished_at": now, "new_request_id": "G-1"}
    for _ in range(50):
        rows.replay(chat, ada, record_due_at=now - timedelta(minutes=5), **facts)
    mine = rows.replay(theirs, other, record_due_at=now, **facts)
    taken = new_generation._take_due()
    assert mine.pk in taken
    assert len(taken) == new_generation.OF_A_TEAM + 1


@pytest.mark.parametrize(
    ("columns", "awaited"),
    [
        ({}, True),
        ({"new_request_id": ""}, False),
        ({"record_tries": RECORD_TRIES}, False),
        ({"finished_at": timezone.now() - timedelta(hours=1)}, False),
        ({"state": State.RUNNING}, False),
        ({"finished_at": None}, False),
    ],
)
def test_is_awaited(columns: dict[str, Any], awaited: bool) -> None:
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "new_request_id": "G-1", **columns}
    assert new_generation.is_awaited(Replay(**ended)) is awaited


def test_a_record_that_never_comes_is_given_up(
    chat: Generation, ada: User, team: Team, source: GatewayConnection
) -> None:
    missing = ulid.request_id(int(timezone.now().timestamp() * 1000), ulid.new_suffix())
    replay = rows.replay(
        chat,
        ada,
        state=State.SUCCEEDED,
        finished_at=timezone.now(),
        new_request_id=missing,
        record_due_at=timezone.now(),
    )
    for _ in range(RECORD_TRIES):
        make_due()
        assert new_generation.fetch_due() == 0
    replay.refresh_from_db()
    assert (replay.record_tries, replay.record_due_at) == (RECORD_TRIES, None)
    assert not new_generation.is_awaited(replay)
