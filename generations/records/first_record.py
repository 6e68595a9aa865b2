"""The first record of a generation, stored by one statement that also ends the claim.

By the ORM these are a transaction and four statements, three of which it builds anew each time (docs/benchmarks.md).
"""

from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from generations.models import Generation
from generations.records.search_text import first_words
from generations.records.store import ReadRecord

STORE = """
WITH ended AS (
    DELETE FROM generations_fetch WHERE team_id = %s AND request_id = %s
    AND NOT EXISTS (SELECT FROM generations_generation WHERE team_id = %s AND request_id = %s)
    RETURNING id
), made AS (
    INSERT INTO generations_generation ({row}, is_replay) SELECT {row_values}, EXISTS (
        SELECT FROM generations_replay WHERE team_id = %s AND new_request_id = %s AND new_request_id <> ''
    ) FROM ended
    ON CONFLICT (team_id, request_id) DO NOTHING RETURNING id, is_replay
), stored AS (
    INSERT INTO generations_storedrecord (generation_id, {stored}) SELECT id, {stored_values} FROM made
), words AS (
    INSERT INTO generations_firstwords (generation_id, vector) SELECT id, to_tsvector('simple', %s) FROM made
)
SELECT id, is_replay FROM made
"""


KNOWN = ("generation_id", "is_replay")
"""Columns whose values the statement finds."""


def store_first(new: ReadRecord) -> Generation | None:
    """The row of a small record. None, with nothing stored, where the claim is gone or the team has one of this ID."""
    row, stored = new.row, new.stored
    stored.take(new.record.raw)
    of_row, of_stored = _columns(row), _columns(stored)
    named: list[Any] = [row.team_id, row.request_id]
    statement = STORE.format(
        row=", ".join(of_row),
        row_values=_places(of_row),
        stored=", ".join(of_stored),
        stored_values=_places(of_stored),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [*named, *named, *of_row.values(), *named, *of_stored.values(), first_words(new.sketch)],
        )
        made = cursor.fetchone()
    if made is None:
        return None
    row.pk, row.is_replay = made
    row._state.adding, row._state.db = False, connection.alias
    return row


def _columns(row: models.Model) -> dict[str, Any]:
    """What the database is given for a new row, by column; not what it fills itself, nor what STORE knows."""
    found = dict[str, Any]()
    for field in row._meta.concrete_fields:
        if field.primary_key or field.generated or field.column in KNOWN:
            continue
        value = field.pre_save(row, add=True)
        if not isinstance(value, DatabaseDefault):
            found[str(field.column)] = field.get_db_prep_save(value, connection)
    return found


def _places(columns: dict[str, Any]) -> str:
    return ", ".join(["%s"] * len(columns))
