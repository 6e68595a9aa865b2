"""Replays and lookups with the keys of consents: which one is used, what ends, and a reconnect in the midst of it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.consents import ending, keys, notices
from dashboard.consents.models import Consent
from dashboard.models import GatewayConnection, Role, Team, User
from generations.gateway.demo.stories import EXAMPLE_IDS
from generations.models import Generation, Replay
from generations.records import lookup
from generations.replay.worker import claims, runner
from tests.dashboard import consents
from tests.support import people, rows
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


def work(mine: list[Replay]) -> None:
    """One worker's thread."""
    close_old_connections()
    for replay in mine:
        runner.run(replay.pk)
    connection.close()


def test_a_week_loses_nothing_and_posts_nothing_twice(
    chat: Generation,
    ada: User,
    admin: Client,
    team: Team,
    source: GatewayConnection,
    demo_gateway: DemoGateway,
    settings: Any,
    mailoutbox: list[Any],
) -> None:
    """Warnings, a reconnect amid twenty replays, a second team of the same person, revocation, the end."""
    settings.MAIL_WORKS = True
    for days, before in ((5.1, 0), (6.1, 5.1)):
        consents.pass_days(demo_gateway, days, before)
        notices.send_due()
    assert len(mailoutbox) == 2

    # Those that run keep their key, those that begin meanwhile wait for the new one.
    demo_gateway.set(pace=1, first_byte_ms=200, frames=20, frame_ms=40)
    many = [rows.replay(chat, ada) for _ in range(MANY)]
    workers = [threading.Thread(target=work, args=[many[place::8]]) for place in range(8)]
    for worker in workers:
        worker.start()
    wait_for(lambda: len(demo_gateway.requests()) >= 4)
    consents.connect(admin, team, demo_gateway, source)
    for worker in workers:
        worker.join()
    ended = list(Replay.objects.filter(pk__in=[replay.pk for replay in many]))
    assert {(replay.state, replay.sent) for replay in ended} == {("succeeded", True)}
    assert len({replay.consent_id for replay in ended}) == 2
    assert len(demo_gateway.requests()) == MANY

    # The same person connects another team: the key of this one ends, and what is queued is not sent.
    demo_gateway.set(pace=0, first_byte_ms=None, frames=None, frame_ms=None)
    other = people.team()
    consents.connect(browser(person(other, Role.OWNER)), other, demo_gateway)
    assert [notice.text for notice in notices.for_team(team)] == [
        notices.ENDED["replaced"].format(name=source.name)
    ]
    without_key = run(rows.replay(chat, ada))
    assert (without_key.state, without_key.reason, without_key.sent) == ("failed", "not_sent", False)
    queued = rows.replay(chat, ada)
    consents.connect(admin, team, demo_gateway, source)
    assert run(queued).state == "succeeded"

    # Revoked at the gateway: the one that finds out was refused, the next one is not sent.
    demo_gateway.call("/demo/oauth", {"active": {"olga": False}})
    refused, after = run(rows.replay(chat, ada)), run(rows.replay(chat, ada))
    assert (refused.state, refused.status_code, after.sent) == ("failed", 401, False)
    demo_gateway.call("/demo/oauth", {"active": {"olga": True}})
    newest = consents.connect(admin, team, demo_gateway, source)
    assert run(rows.replay(chat, ada)).state == "succeeded"
    consents.pass_days(demo_gateway, 14, 6.1)
    ending.tidy()
    newest.refresh_from_db()
    assert (newest.key, run(rows.replay(chat, ada)).sent) == (None, False)
    posted = Replay.objects.filter(sent=True).count()
    assert posted == len(demo_gateway.requests()) == MANY + 3


def test_an_exchange_that_ends_right_after_the_claim_leaves_nothing_behind(
    chat: Generation, ada: User, source: GatewayConnection, monkeypatch: Any
) -> None:
    GatewayConnection.objects.update(swapping_at=timezone.now())
    claim, claims_made = claims.take, []

    def take(replay_id: Any) -> Any:
        claims_made.append(made := claim(replay_id))
        GatewayConnection.objects.update(swapping_at=None)
        return made

    monkeypatch.setattr(claims, "take", take)
    assert run(rows.replay(chat, ada)).state == "succeeded"
    assert [made is None for made in claims_made] == [True, False]


def test_a_gateway_whose_clock_is_ahead_ends_the_key_first(
    chat: Generation, ada: User, team: Team, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    """Its clock and ours are never compared: the key lives seven days from here, or until the gateway says no."""
    demo_gateway.call("/demo/oauth", {"ahead": 8 * consents.DAY})
    consent = Consent.objects.get()
    assert consent.left > timedelta(days=6, hours=23)
    assert run(rows.replay(chat, ada)).status_code == 401
    consent.refresh_from_db()
    assert consent.refused == "key_expired"
    assert "lasts seven days" in notices.for_team(team)[0].text
    assert run(rows.replay(chat, ada)).sent is False


@pytest.mark.parametrize("persons", [("olga", "mia"), ("olga", "olga")])
def test_two_admins_connect_at_once(
    team: Team, admin: Client, demo_gateway: DemoGateway, persons: tuple[str, str]
) -> None:
    """One connection comes of it, both see that it is connected, and the gateway's live keys are known here."""
    clients = [admin, browser(person(team, Role.OWNER))]
    links = [consents.press(client, team, None, demo_gateway.url).context["begun"].url for client in clients]
    queries = [consents.decide(link, person=name) for link, name in zip(links, persons, strict=True)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(_come_back, clients, queries))
    page = reverse("team_connections", args=[team.slug])
    assert [answer.url for answer in answers] == [page, page]
    source = team.connections.get()
    assert len(keys.good(source)) == len(set(persons)) == demo_gateway.call("/demo/oauth")["live_keys"]


def _come_back(client: Client, query: dict[str, str]) -> Any:
    try:
        return consents.come_back(client, query)
    finally:
        connection.close()
