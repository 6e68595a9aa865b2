"""Replays and lookups with the keys of consents: which one is used, what ends, and a reconnect in the midst of it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone

from dashboard.consents import keys
from dashboard.consents.models import Consent
from dashboard.models import GatewayConnection, Role, Team, User
from generations.gateway.demo.stories import EXAMPLE_IDS
from generations.models import Generation, Replay
from generations.records import lookup
from generations.replay.worker import runner
from tests.dashboard import consents
from tests.support import rows
from tests.support.people import browser, person
from tests.support.processes import DemoGateway, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.heavy]
MANY = 20


@pytest.fixture
def admin(team: Team, demo_gateway: DemoGateway, settings: Any) -> Client:
    consents.set_up(demo_gateway, settings)
    return browser(person(team, Role.ADMIN))


@pytest.fixture
def source(team: Team, admin: Client, demo_gateway: DemoGateway) -> GatewayConnection:
    """A connection that has nothing but a consent."""
    consents.connect(admin, team, demo_gateway)
    return team.connections.get()


def run(replay: Replay) -> Replay:
    runner.run(replay.pk)
    replay.refresh_from_db()
    return replay


def end(consent: Consent) -> None:
    consent.expires_at = timezone.now() - timedelta(seconds=1)
    consent.save()


def test_a_consent_pays_and_the_row_says_whose(
    chat: Generation, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    replay = run(rows.replay(chat, ada))
    assert (replay.state, replay.consent) == ("succeeded", Consent.objects.get())
    assert len(demo_gateway.requests()) == 1


def test_a_consent_that_ended_is_followed_by_the_next(
    chat: Generation,
    ada: User,
    admin: Client,
    team: Team,
    source: GatewayConnection,
    demo_gateway: DemoGateway,
) -> None:
    queued = rows.replay(chat, ada)
    other = browser(person(team, Role.OWNER))
    newer = consents.connect(other, team, demo_gateway, source, person="mia")
    end(newer)
    replay = run(queued)
    assert replay.state == "succeeded"
    assert replay.consent is not None
    assert replay.consent.pk < newer.pk


def test_without_a_key_a_replay_fails_and_is_not_sent(
    chat: Generation, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    end(Consent.objects.get())
    replay = run(rows.replay(chat, ada))
    assert (replay.state, replay.sent, replay.detail) == ("failed", False, keys.NO_KEY)
    assert demo_gateway.requests() == []


def test_a_key_that_the_gateway_turns_down_is_not_used_again(
    chat: Generation, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    demo_gateway.call("/demo/oauth", {"active": {"olga": False}})
    replay = run(rows.replay(chat, ada))
    assert (replay.state, replay.status_code) == ("failed", 401)
    assert Consent.objects.get().refused == "oauth_authorization_revoked"
    assert run(rows.replay(chat, ada)).sent is False


def test_a_lookup_sees_stored_requests_and_goes_on_to_the_next_key(
    ada: User, team: Team, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    (usable,) = GatewayConnection.objects.filter(team=team).usable()
    answer = lookup.ask([usable], EXAMPLE_IDS["chat"])
    assert answer.record is not None
    assert answer.record.replay_body is not None
    consents.connect(browser(person(team, Role.OWNER)), team, demo_gateway, source, person="mia")
    demo_gateway.call("/demo/oauth", {"left": {"mia": True}})
    (usable,) = GatewayConnection.objects.filter(team=team).usable()
    answer = lookup.ask([usable], EXAMPLE_IDS["chat"])
    assert answer.record is not None
    assert [consent.refused for consent in Consent.objects.order_by("pk")] == [
        "",
        "oauth_authorization_revoked",
    ]


def test_a_reconnect_amid_twenty_replays_loses_none(
    chat: Generation,
    ada: User,
    admin: Client,
    team: Team,
    source: GatewayConnection,
    demo_gateway: DemoGateway,
) -> None:
    """Those that run keep their key, those that begin meanwhile wait for the new one; each makes one POST."""
    demo_gateway.set(pace=1, first_byte_ms=300, frames=20, frame_ms=50)
    replays = [rows.replay(chat, ada) for _ in range(MANY)]

    def work(mine: list[Replay]) -> None:
        close_old_connections()
        for replay in mine:
            runner.run(replay.pk)
        connection.close()

    workers = [threading.Thread(target=work, args=[replays[place::8]]) for place in range(8)]
    for worker in workers:
        worker.start()
    wait_for(lambda: len(demo_gateway.requests()) >= 4)
    consents.connect(admin, team, demo_gateway, source)
    for worker in workers:
        worker.join()
    ended = list(Replay.objects.filter(pk__in=[replay.pk for replay in replays]))
    assert {(replay.state, replay.sent) for replay in ended} == {("succeeded", True)}
    assert len({replay.consent_id for replay in ended}) == 2
    assert len(demo_gateway.requests()) == MANY
