"""A database is unavailable, read-only, or has a table locked. Each fault proves that it took effect."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql


def session(database: str | None = None, *, autocommit: bool = True) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection of its own, past Django's: to the tests' database, or to another one of its server."""
    description = connection.settings_dict
    keys = {
        "host": description["HOST"],
        "port": description["PORT"],
        "user": description["USER"],
        "password": description["PASSWORD"],
    }
    given = {key: value for key, value in keys.items() if value}
    return psycopg.connect(dbname=database or description["NAME"], autocommit=autocommit, **given)


def _leave() -> None:
    """Leave the database with all connections: a pool that was thrown out may keep its next client waiting for 10 s."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def _throw_out(server: "psycopg.Connection[tuple[Any, ...]]", name: str) -> None:
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


@contextmanager
def outage() -> Iterator[None]:
    """Nobody gets into the database, and whoever was in it is thrown out, as when the server is started anew."""
    name = connection.settings_dict["NAME"]
    _leave()
    with session("postgres") as server:
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        _throw_out(server, name)
        try:
            with pytest.raises(psycopg.OperationalError):
                session()
            yield
        finally:
            server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


@contextmanager
def read_only() -> Iterator[None]:
    """Nothing can be written, as after a failover to a replica."""
    name = connection.settings_dict["NAME"]
    table = sql.Identifier(name)
    _leave()
    with session("postgres") as server:
        server.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(table))
        _throw_out(server, name)
        try:
            with session() as other, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                other.execute("CREATE TABLE proof ()")
            yield
        finally:
            server.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(table))
            _throw_out(server, name)
            _leave()


@contextmanager
def locked(*tables: str) -> Iterator[None]:
    """Nobody reads or writes these tables, as while a migration alters them."""
    with session() as owner, owner.transaction():
        for table in tables:
            owner.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
        with session() as other:
            other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(tables[0])))
        yield


class Counted:
    """Counts in a thread of its own: the longest time in which a number did not grow, in seconds."""

    def __init__(self, number: Any) -> None:
        self.number, self.longest = number, 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        seen, since = self.number(), time.monotonic()
        while not self._end.wait(0.05):
            now = self.number()
            if now != seen:
                seen, since = now, time.monotonic()
            self.longest = max(self.longest, time.monotonic() - since)

    def __enter__(self) -> "Counted":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
