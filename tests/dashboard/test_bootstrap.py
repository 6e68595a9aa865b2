"""`manage.py bootstrap`: idempotent, prints what it did, never a secret."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from dashboard.models import GatewayConnection, Membership, Role, Team, User

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]
URL = "http://127.0.0.1:9/v1"
VALUES = {"PW": "a long password", "READ": "read-key-1", "REPLAY": "replay-key-1"}


@pytest.fixture(autouse=True)
def variables(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [URL], ""
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)


def bootstrap(**options: str | None) -> list[str]:
    """The lines that it prints."""
    out = StringIO()
    usual = {
        "team": "acme",
        "email": "A@example.com",
        "password_env": "PW",
        "gateway_url": URL,
        "read_key_env": "READ",
    }
    call_command("bootstrap", **(usual | options), stdout=out)
    assert not any(value in out.getvalue() for value in VALUES.values())
    return out.getvalue().splitlines()


def test_it_makes_everything_once() -> None:
    assert bootstrap(replay_key_env="REPLAY") == [
        "Team acme: created.",
        "Account a@example.com: created.",
        "a@example.com as owner of acme: created.",
        f"Connection Gateway to {URL}: created.",
    ]
    source = GatewayConnection.objects.get()
    assert (source.team.slug, source.read_key.reveal(), source.replay_key.reveal()) == (
        "acme",
        "read-key-1",
        "replay-key-1",
    )
    assert User.objects.get().check_password("a long password")
    assert Membership.objects.get().role == Role.OWNER


def test_the_second_time_it_changes_nothing() -> None:
    bootstrap(replay_key_env="REPLAY")
    before = list(GatewayConnection.objects.values()), list(User.objects.values())
    assert bootstrap(replay_key_env="REPLAY") == [
        "Team acme: was there already.",
        "Account a@example.com: was there already; its password is unchanged.",
        "a@example.com as owner of acme: was there already.",
        f"Connection Gateway to {URL}: was there already.",
    ]
    assert (list(GatewayConnection.objects.values()), list(User.objects.values())) == before


def test_new_keys_replace_the_stored_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap(replay_key_env="REPLAY")
    monkeypatch.setenv("READ", "read-key-2")
    assert bootstrap()[-1] == f"Connection Gateway to {URL}: given the new keys."
    source = GatewayConnection.objects.get()
    assert (source.read_key.reveal(), source.replay_key.reveal()) == ("read-key-2", "replay-key-1")


def test_without_a_key_there_is_a_team_that_connects_by_consent() -> None:
    said = bootstrap(gateway_url=None, read_key_env=None)
    assert said[-1] == "No gateway connection: a@example.com signs in and presses Connect."
    assert (Membership.objects.get().role, GatewayConnection.objects.count()) == (Role.OWNER, 0)


def test_a_member_becomes_owner() -> None:
    bootstrap()
    Membership.objects.update(role=Role.VIEWER)
    assert bootstrap()[2] == "a@example.com as owner of acme: created."
    assert Membership.objects.get().role == Role.OWNER


HALF = "A pasted key needs both --gateway-url and --read-key-env. Without a key give neither."
FAULTS: list[tuple[dict[str, str | None], str]] = [
    ({"password_env": "NOPE"}, "The environment variable NOPE is missing or empty."),
    ({"read_key_env": "NOPE"}, "The environment variable NOPE is missing or empty."),
    ({"gateway_url": "http://evil/v1"}, f"--gateway-url is http://evil/v1. GATEWAY_URLS allows: {URL}."),
    ({"team": "two words"}, "--team is 'two words'. Use letters, digits, - and _ only."),
    ({"read_key_env": None}, HALF),
    ({"gateway_url": None, "read_key_env": None, "replay_key_env": "REPLAY"}, HALF),
    ({"email": "nobody"}, "--email is 'nobody', which is not an email address."),
]


@pytest.mark.parametrize(("options", "sentence"), FAULTS)
def test_a_fault_is_one_sentence_and_nothing_is_made(options: dict[str, str | None], sentence: str) -> None:
    with pytest.raises(CommandError) as caught:
        bootstrap(**options)
    assert str(caught.value) == sentence
    assert (Team.objects.count(), User.objects.count()) == (0, 0)


def test_a_weak_password_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "hunter2")
    with pytest.raises(CommandError) as caught:
        bootstrap()
    message = str(caught.value)
    assert (message.startswith("The password in PW is refused:"), "hunter2" in message) == (True, False)


def test_a_key_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("key-from-file\n")
    monkeypatch.delenv("READ")
    monkeypatch.setenv("READ_FILE", str(tmp_path / "key"))
    bootstrap()
    assert GatewayConnection.objects.get().read_key.reveal() == "key-from-file"
