"""Everything that is encrypted at rest: what cannot be read, and how it is encrypted anew with the first key."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from dashboard import fields
from dashboard.fields import EncryptedText, UnreadableSecret

BITE = 100  # rows locked at a time


@dataclass(slots=True)
class Rotated:
    """How many values were encrypted anew, had the first key already, or cannot be read."""

    anew: int = 0
    as_is: int = 0
    shut: int = 0


def stored_secrets() -> Iterator[tuple[type[models.Model], list[EncryptedText]]]:
    """Every model with encrypted fields, and these."""
    for model in apps.get_models():
        if found := fields.fields_of(model):
            yield model, found


def shut_names(model: type[models.Model], team: models.Model | None = None) -> list[str]:
    """What rows of a model, or of one team, have that no key opens, as a person calls it: "team/connection"."""
    names = [field.attname for field in fields.fields_of(model)]
    has_some = models.Q()
    for name in names:
        has_some |= models.Q(**{f"{name}__isnull": False})
    rows = model._default_manager.filter(has_some, **({"team": team} if team else {})).order_by("pk")
    return [_name(row) for row in rows.iterator(chunk_size=BITE) if fields.unreadable(row)]


def _name(row: models.Model) -> str:
    team = getattr(row, "team", None)
    return f"{team.slug}/{row}" if team else str(row)


def rotate() -> Rotated:
    """Encrypt everything anew with the first key, `BITE` rows a transaction. May be stopped and run again at any time."""
    counts = Rotated()
    for model, found in stored_secrets():
        last = None
        while (last := _rotate_some(model, found, last, counts)) is not None:
            pass
    return counts


def _rotate_some(
    model: type[models.Model], found: list[EncryptedText], after: object, counts: Rotated
) -> object | None:
    """The next rows after a primary key; gives the last one, None when there are no more."""
    rows = model._default_manager.order_by("pk").only("pk", *(field.attname for field in found))
    rows = rows if after is None else rows.filter(pk__gt=after)
    with transaction.atomic():
        some = list(rows.select_for_update(of=("self",))[:BITE])
        for row in some:
            if names := [field.attname for field in found if _is_old(row, field, counts)]:
                row.save(update_fields=names)
    return some[-1].pk if some else None


def _is_old(row: models.Model, field: EncryptedText, counts: Rotated) -> bool:
    """Whether a value is to be encrypted anew."""
    secret = getattr(row, field.attname)
    if secret is None:
        return False
    if isinstance(secret, UnreadableSecret):
        counts.shut += 1
        return False
    is_old = not _has_first_key(row, field)
    counts.anew += is_old
    counts.as_is += not is_old
    return is_old


def _has_first_key(row: models.Model, field: EncryptedText) -> bool:
    quote = connection.ops.quote_name
    table, key = quote(row._meta.db_table), quote(str(row._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {quote(str(field.column))} FROM {table} WHERE {key} = %s", [row.pk])  # noqa: S608
        (token,) = cursor.fetchone() or (b"",)
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(bytes(token))
    except InvalidToken:
        return False
    return True
