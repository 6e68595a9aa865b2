"""Migrations since the last release only add, lock no table for long, and `prepare` waits for a table politely."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from dashboard.management.commands import prepare
from dashboard.online_indexes import AddIndexOnline
from tests.support.database_faults import session
from tests.support.lint_migrations import RELEASED

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]


def new_migrations() -> list[migrations.Migration]:
    """Ours, without those of the last release."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [
        migration
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in RELEASED and name not in RELEASED[app]
    ]


MIGRATIONS = new_migrations()


class Step(NamedTuple):
    """One of our migrations, the one before it, and what it changes."""

    before: str
    name: str
    table: str
    operation: Any


def newest(kind: type[migrations.operations.base.Operation]) -> Step:
    """The newest step of `generations` with such an operation: going back behind it takes the least time."""
    migration, operation = [
        (migration, operation)
        for migration in MIGRATIONS
        for operation in migration.operations
        if isinstance(operation, kind) and migration.app_label == "generations"
    ][-1]
    ((_, before),) = [(app, name) for app, name in migration.dependencies if app == "generations"]
    model: Any = operation
    return Step(before, migration.name, f"generations_{model.model_name.lower()}", operation)


COLUMN, INDEX = newest(migrations.AddField), newest(AddIndexOnline)


def test_the_released_migrations_are_still_there() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert {(app, name) for app, names in RELEASED.items() for name in names} <= set(loader.disk_migrations)


@pytest.mark.parametrize("migration", MIGRATIONS, ids=str)
def test_a_new_column_is_filled_by_the_database_where_an_old_release_does_not_know_it(
    migration: migrations.Migration,
) -> None:
    created = {
        operation.name_lower
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    for operation in migration.operations:
        if isinstance(operation, migrations.AddField) and operation.model_name_lower not in created:
            field: Any = operation.field
            assert field.null or field.has_db_default(), f"{operation.model_name}.{operation.name}"


@pytest.mark.parametrize("migration", MIGRATIONS, ids=str)
def test_nothing_is_dropped_and_indexes_are_online(migration: migrations.Migration) -> None:
    created = {
        operation.name_lower
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    taking = (migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel)
    for operation in migration.operations:
        assert not isinstance(operation, taking), operation
        on_old = getattr(operation, "model_name_lower", "") not in created
        assert not (type(operation) is migrations.AddIndex and on_old), f"{operation} locks its table"
    if any(isinstance(operation, AddIndexOnline) for operation in migration.operations):
        assert not migration.atomic
        assert all(isinstance(operation, AddIndexOnline) for operation in migration.operations)


@contextmanager
def back_to(name: str) -> Iterator[None]:
    """The tables of an earlier migration of `generations`; those of today afterwards."""
    call_command("migrate", "generations", name, verbosity=0)
    try:
        yield
    finally:
        call_command("migrate", verbosity=0)


@contextmanager
def locked(table: str) -> Iterator[Any]:
    """Somebody holds the table, as a long transaction does."""
    with session(autocommit=False) as other:
        other.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        yield other


def test_prepare_waits_for_a_locked_table_and_nobody_stands_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepare, "LOCK_MS", 100)
    monkeypatch.setattr(prepare, "PAUSE_SECONDS", 0.2)
    notes = io.StringIO()
    with back_to(COLUMN.before):
        with locked(COLUMN.table) as other:
            release = threading.Timer(1.5, other.rollback)
            release.start()
            call_command("prepare", stdout=notes)
            release.join()
        assert ("generations", COLUMN.name) in MigrationLoader(connection).applied_migrations
    assert "tried again" in notes.getvalue()


def test_a_statement_of_prepare_may_take_its_time_whatever_the_server_allows() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 777")
        with prepare.lock_timeout():
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)
        cursor.execute("RESET statement_timeout")


def test_two_that_prepare_at_once_do_it_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "PAUSE_SECONDS", 0.05)
    notes = io.StringIO()
    with session() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [prepare.ALONE])
        running = threading.Thread(target=_prepare, args=[notes])
        running.start()
        running.join(1)
        assert running.is_alive()
        other.execute("SELECT pg_advisory_unlock(%s)", [prepare.ALONE])
        running.join(20)
    assert not running.is_alive()
    assert notes.getvalue().count("Another prepare is running") == 1


def test_prepare_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(prepare, "WAIT_TRIES", 3)
    with session() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [prepare.ALONE])
        with pytest.raises(CommandError, match="Another prepare has not ended"):
            call_command("prepare", stdout=io.StringIO())
        other.execute("SELECT pg_advisory_unlock(%s)", [prepare.ALONE])


def _prepare(notes: io.StringIO) -> None:
    try:
        call_command("prepare", stdout=notes)
    finally:
        connection.close()


def test_prepare_migrates_only_where_a_migration_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: asked.append(name))
    call_command("prepare", stdout=io.StringIO())
    with back_to(COLUMN.before):
        call_command("prepare", stdout=io.StringIO())
    assert asked == ["createcachetable", "migrate", "createcachetable"]


def test_prepare_gives_up_with_a_sentence_and_leaves_the_tables_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepare, "LOCK_MS", 50)
    monkeypatch.setattr(prepare, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(prepare, "TRIES", 3)
    with back_to(COLUMN.before):
        with locked(COLUMN.table), pytest.raises(CommandError, match="stays locked"):
            call_command("prepare", stdout=io.StringIO())
        assert ("generations", COLUMN.name) not in MigrationLoader(connection).applied_migrations


def test_a_reader_waits_no_longer_than_the_migration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants the table stands behind a waiting ALTER TABLE: for LOCK_MS, not for as long as the lock is held."""
    monkeypatch.setattr(prepare, "LOCK_MS", 300)
    monkeypatch.setattr(prepare, "PAUSE_SECONDS", 0.5)
    with back_to(COLUMN.before), session(autocommit=False) as holder, session() as reader:
        holder.execute(f"SELECT count(*) FROM {COLUMN.table}")  # a transaction that reads, and stays open
        work = threading.Thread(target=run_prepare)
        work.start()
        worst = 0.0
        end = time.monotonic() + 2
        while time.monotonic() < end:
            begun = time.monotonic()
            reader.execute(f"SELECT count(*) FROM {COLUMN.table}")
            worst = max(worst, time.monotonic() - begun)
        holder.rollback()
        work.join()
    assert 0.05 < worst < 1.5


def run_prepare() -> None:
    try:
        call_command("prepare", stdout=io.StringIO())
    finally:
        connection.close()


def test_an_index_whose_making_was_cut_short_is_made_again() -> None:
    name = INDEX.operation.index.name
    found = (
        f"SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = '{name}'::regclass"
    )
    with connection.cursor() as cursor:
        cursor.execute(found)
        made = cursor.fetchone()
        with back_to(INDEX.before):
            cursor.execute(f"CREATE INDEX {name} ON {INDEX.table} (id)")
            cursor.execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")
            call_command("migrate", "generations", INDEX.name, verbosity=0)
            cursor.execute(found)
            assert cursor.fetchone() == made
    assert made[0] is True
    assert not made[1].endswith("(id)")


def test_the_linter_refuses_what_it_must(tmp_path: Path) -> None:
    """The package reads our migrations: one that adds a column without a database default is an error."""
    from django_migration_linter.sql_analyser.analyser import analyse_sql_statements, get_sql_analyser_class

    field = models.IntegerField(default=1)
    field.set_attributes_from_name("made_up")
    with connection.schema_editor(collect_sql=True) as editor:
        from generations.models import Replay

        editor.add_field(Replay, field)
        statements = editor.collected_sql
    analyser = get_sql_analyser_class("django.db.backends.postgresql")
    errors, _ignored, _warnings = analyse_sql_statements(analyser, statements)
    assert [error.code for error in errors] == ["NOT_NULL"]
