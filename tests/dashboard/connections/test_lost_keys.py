"""FIELD_ENCRYPTION_KEYS lost or changed: no page ends in an error, and everything can be entered again or rotated."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from dashboard.connections.key_rotation import stored_secrets
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.replay.worker import runner
from tests.support import people, rows
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def boss(team: Team) -> User:
    return people.person(team, Role.OWNER)


@pytest.fixture
def shut(settings: Settings, ada: User, team: Team, source: GatewayConnection) -> Generation:
    """A stored generation of a team whose key no longer opens."""
    GatewayConnection.objects.get(pk=source.pk).save()
    found = rows.generation(team, ada, source)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    return found


def test_a_worker_that_cannot_read_the_key_sends_nothing(
    shut: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    replay = rows.replay(shut, ada)
    runner.run(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.reason, replay.sent) == (State.FAILED, "not_sent", False)
    assert "cannot be read" in replay.detail
    assert demo_gateway.requests() == []


def test_every_page_of_the_team_works(shut: Generation, client: Client, boss: User, team: Team) -> None:
    client.force_login(boss)
    pages = [
        "/",
        reverse("team_connections", args=[team.slug]),
        reverse("edit_connection", args=[team.slug, team.connections.get().pk]),
        shut.get_absolute_url(),
        reverse("log", args=[team.slug]),
        reverse("replay_form", args=[team.slug, shut.request_id]),
    ]
    for page in pages:
        assert client.get(page, follow=True).status_code == 200, page


def test_the_connections_page_names_what_cannot_be_read_and_entering_it_again_works(
    shut: Generation, client: Client, boss: User, team: Team, source: GatewayConnection
) -> None:
    client.force_login(boss)
    address = reverse("team_connections", args=[team.slug])
    page = client.get(address).content.decode()
    assert "Cannot be read" in page
    assert "the lookup key" in page
    edit = reverse("edit_connection", args=[team.slug, source.pk])
    assert "The stored key cannot be read. Enter it again." in client.get(edit).content.decode()
    again = {"name": source.name, "base_url": source.base_url, "read_key": "sesame", "replay_key": "open"}
    assert client.post(edit, again).status_code == 302
    assert "Cannot be read" not in client.get(address).content.decode()
    assert GatewayConnection.objects.get(pk=source.pk).read_key == Secret("sesame")


def test_a_connection_test_and_a_lookup_say_what_is_wrong(
    shut: Generation, client: Client, boss: User, team: Team, source: GatewayConnection
) -> None:
    client.force_login(boss)
    client.post(reverse("test_connection", args=[team.slug, source.pk]))
    source.refresh_from_db()
    assert "cannot be read" in (source.check_result or {})["read"]["fault"]
    asked = client.get(f"/t/{team.slug}/lookup?id=G-01M0N8538GBENCH0CR0WD0000B", follow=True)
    assert asked.status_code == 200


def tokens() -> list[bytes]:
    """Everything that is encrypted in the database."""
    found = []
    with database.cursor() as cursor:
        for model, fields in stored_secrets():
            for field in fields:
                cursor.execute(f'SELECT "{field.column}" FROM "{model._meta.db_table}"')
                found += [bytes(token) for (token,) in cursor.fetchall() if token is not None]
    return found


def test_rotation_needs_only_the_first_key_afterwards(
    settings: Any, team: Team, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.connections.key_rotation.BITE", 2)
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    for number in range(5):
        GatewayConnection.objects.create(
            team=team,
            name=f"c{number}",
            base_url=source.base_url,
            read_key=Secret(f"k{number}"),
            position=number,
        )
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    source.read_key = Secret("other")
    source.replay_key = Secret("another")
    source.save()
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "5 encrypted anew, 2 had the first key already." in out.getvalue()
    assert len([Fernet(NEW).decrypt(token) for token in tokens()]) == 7
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert GatewayConnection.objects.get(name="c4").read_key == Secret("k4")


def test_rotation_leaves_what_it_cannot_read(shut: Generation) -> None:
    before = tokens()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("rotate_keys", stdout=StringIO())
    assert tokens() == before
    assert Replay.objects.count() == 0
