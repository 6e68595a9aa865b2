"""PostgreSQL goes away in the middle of a replay and comes back: one POST, the whole answer, nothing left running."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from dashboard.models import User
from generations.models import Generation, Replay, ReplayAnswer
from generations.models.replay import State
from generations.replay import engine
from tests.processes import DemoGateway, wait_for
from tests.replay import rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]


@contextmanager
def outage() -> Iterator[None]:
    """Nobody gets into the database, and whoever was in it is thrown out, as when the server is started anew."""
    told = connection.settings_dict
    keys = {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}
    name = sql.Identifier(told["NAME"])
    connection.close()
    given = {key: value for key, value in keys.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **given) as server:
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [told["NAME"]]
        )
        try:
            yield
        finally:
            server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def test_an_answer_is_saved_when_the_database_is_back(
    chat: Generation,
    ada: User,
    demo_gateway: DemoGateway,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A connection is waited for as long in each of the tries: how long makes no difference to what they do.
    monkeypatch.setattr(connection.pool, "timeout", 0.5)  # type: ignore[attr-defined]
    demo_gateway.set(pace=1, first_byte_ms=0, frames=60, frame_ms=25)
    replay = rows.replay(chat, ada)
    runner = threading.Thread(target=engine.run, args=[replay.pk], daemon=True)
    runner.start()
    wait_for(lambda: len(demo_gateway.requests()) == 1)
    with outage():
        wait_for(lambda: "saved when it is back" in caplog.text, 60)
    runner.join(60)
    assert not runner.is_alive()
    assert Replay.objects.get(pk=replay.pk).state == State.SUCCEEDED
    assert len(ReplayAnswer.objects.get(pk=replay.pk).text.split()) > 50
    assert len(demo_gateway.requests()) == 1
