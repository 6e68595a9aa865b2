"""Encrypted text: the first key encrypts, every key decrypts, a wrong key fails loudly."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from pytest_django import Settings

from dashboard.fields import NoKey, Secret, fields_of
from dashboard.models import UNREADABLE, GatewayConnection
from tests.support.people import connection, team

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored(pk: int) -> bytes:
    with database.cursor() as cursor:
        cursor.execute("select read_key from dashboard_gatewayconnection where id = %s", [pk])
        return bytes(cursor.fetchone()[0])


def test_the_first_key_encrypts(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    source = connection(team(), key="sesame")
    assert Fernet(NEW).decrypt(stored(source.pk)) == b"sesame"


def test_every_key_decrypts(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    source = connection(team(), key="sesame")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert GatewayConnection.objects.get(pk=source.pk).read_key == Secret("sesame")


def test_a_wrong_key_leaves_the_row_usable_and_reveals_nothing(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    source = connection(team(), key="sesame")
    before = stored(source.pk)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    found = GatewayConnection.objects.get(pk=source.pk)
    assert found.read_key
    assert not found.read_key.is_readable
    assert found.unreadable_keys == ["the lookup key"]
    with pytest.raises(NoKey, match="no longer holds the key that it was saved with"):
        found.read_key.reveal()
    found.save()
    assert stored(source.pk) == before  # the key may come back
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert GatewayConnection.objects.get(pk=source.pk).read_key == Secret("sesame")


def test_every_encrypted_field_can_be_named_when_it_is_unreadable() -> None:
    names = {field.attname for field in fields_of(GatewayConnection)}
    assert names == set(UNREADABLE)


def test_saving_again_moves_to_the_first_key(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    source = connection(team(), key="sesame")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    GatewayConnection.objects.get(pk=source.pk).save()
    assert Fernet(NEW).decrypt(stored(source.pk)) == b"sesame"


def test_nothing_stays_nothing() -> None:
    source = connection(team())
    assert GatewayConnection.objects.get(pk=source.pk).replay_key is None


def test_a_plain_text_that_was_assigned_is_encrypted_too() -> None:
    source = connection(team())
    GatewayConnection.objects.filter(pk=source.pk).update(read_key="plain")
    assert GatewayConnection.objects.get(pk=source.pk).read_key == Secret("plain")


def test_a_secret_hides_itself_everywhere() -> None:
    secret = Secret("sesame")
    shown = [str(secret), repr(secret), f"{secret}", f"{[secret]}", "%s" % secret]  # noqa: UP031
    assert shown == ["Secret(hidden)"] * 3 + ["[Secret(hidden)]", "Secret(hidden)"]
    assert (secret.reveal(), bool(secret), bool(Secret(""))) == ("sesame", True, False)
