"""PostgreSQL fails in the middle of a replay and comes back: one POST, the whole answer, nothing left running."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from dashboard.models import GatewayConnection, User
from dashboard.processes import spool
from generations.models import Generation, Replay, ReplayAnswer
from generations.models.replay import State
from generations.replay.worker import runner
from tests.gateway.peer import Call, serving
from tests.support import rows
from tests.support.database_faults import session
from tests.support.processes import DemoGateway, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]


@contextmanager
def outage() -> Iterator[None]:
    """Nobody gets into the database, and whoever was in it is thrown out, as when the server is started anew."""
    database = connection.settings_dict["NAME"]
    name = sql.Identifier(database)
    connection.close()
    with session("postgres") as server:
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [database],
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
    worker_thread = threading.Thread(target=runner.run, args=[replay.pk], daemon=True)
    worker_thread.start()
    wait_for(lambda: len(demo_gateway.requests()) == 1)
    with outage():
        wait_for(lambda: "saved when it is back" in caplog.text, 60)
    worker_thread.join(60)
    assert not worker_thread.is_alive()
    assert Replay.objects.get(pk=replay.pk).state == State.SUCCEEDED
    assert len(ReplayAnswer.objects.get(pk=replay.pk).text.split()) > 50
    assert len(demo_gateway.requests()) == 1


@pytest.mark.parametrize("spool_mb", [0, 20, 1024])
def test_a_large_answer_waits_for_the_database_and_grows_no_memory(
    spool_mb: int,
    chat: Generation,
    ada: User,
    source: GatewayConnection,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What cannot be saved goes to the spool. Where that is full the gateway waits, not memory; then every byte comes."""
    settings.SPOOL_MB = spool_mb
    monkeypatch.setattr(connection.pool, "timeout", 0.5)  # type: ignore[attr-defined]
    sent, pieces, piece, go = [0], 30, b"x" * 2**20, threading.Event()

    def script(call: Call) -> None:
        call.open("audio/mpeg")
        go.wait(60)
        for _ in range(pieces):
            call.chunk(piece)
            sent[0] += 1
        call.finish()

    with serving(script) as peer:
        settings.GATEWAY_URLS = [peer.url]
        source.base_url = peer.url
        source.save()
        replay = rows.replay(chat, ada)
        worker_thread = threading.Thread(target=runner.run, args=[replay.pk], daemon=True)
        worker_thread.start()
        wait_for(lambda: len(peer.calls) == 1)
        with outage():
            go.set()
            wait_for(lambda: "saved when it is back" in caplog.text, 60)
            wait_for(lambda: sent[0] >= (pieces if spool_mb > 100 else 4), 60)
            time.sleep(1)
            assert spool.used() <= spool_mb * 2**20
            # What the sockets hold comes on top of ours.
            assert spool_mb > 100 or sent[0] < pieces - 5 if spool_mb else sent[0] < pieces / 2
        worker_thread.join(60)
    assert not worker_thread.is_alive()
    assert (Replay.objects.get(pk=replay.pk).state, len(peer.calls)) == (State.SUCCEEDED, 1)
    assert ReplayAnswer.objects.get(pk=replay.pk).wire == piece * pieces
    assert spool.files() == []
