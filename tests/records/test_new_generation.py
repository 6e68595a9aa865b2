"""The record of the generation that a replay made: it comes later."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import GatewayConnection, Team, User
from generations.gateway.demo import ulid
from generations.models import Fetch, Generation, Replay
from generations.models.replay import State
from generations.records import new_generation
from generations.replay.worker import runner
from tests.support import rows
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
    assert len(demo_gateway.requests()) == 1


def test_the_sweep_fetches_for_replays_that_nobody_watches(ended: Replay) -> None:
    def came() -> bool:
        Fetch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        return new_generation.fetch_due() == 1

    wait_for(came, 60)
    assert new_generation.fetch_due() == 0


@pytest.mark.parametrize(
    ("columns", "awaited"),
    [
        ({}, True),
        ({"new_request_id": ""}, False),
        ({"record_tries": new_generation.TRIES}, False),
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
    replay = rows.replay(chat, ada, state=State.SUCCEEDED, finished_at=timezone.now(), new_request_id=missing)
    for _ in range(new_generation.TRIES):
        assert new_generation.fetch_due() == 0
    replay.refresh_from_db()
    assert replay.record_tries == new_generation.TRIES
    assert not new_generation.is_awaited(replay)
