"""A gateway key is nowhere to be found: pages, logs, process list, Redis, database, exceptions."""

import uuid
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection
from django.urls import reverse

from dashboard.models import Role
from generations.gateway.demo.keys import SCOPED_KEY, SECRET
from generations.models import Generation, Replay, ReplayAnswer, StoredRecord
from generations.records import lookup
from generations.replay.order import orders, start
from tests.support import people
from tests.support.processes import DemoGateway, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"
FORMS = (SCOPED_KEY, SECRET, SCOPED_KEY.encode().hex(), SECRET.encode().hex())


def clean(place: str, text: str) -> None:
    for form in FORMS:
        assert form not in text, place


def database_text() -> str:
    """Every row of every table as PostgreSQL writes it (binary as hex), packed bodies unpacked."""
    lines: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            lines += [row for (row,) in cursor.fetchall()]
    bodies = [record.raw for record in StoredRecord.objects.all()] + [
        answer.wire for answer in ReplayAnswer.objects.all()
    ]
    return "\n".join([*lines, *(body.decode("utf-8", "replace") for body in bodies)])


def redis_text(broker: "redis.Redis") -> str:
    keys: Any = broker.keys("*")
    return "\n".join(repr(broker.dump(key)) + repr(key) for key in keys)


def process_list() -> str:
    return "\n".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.exists()
    )


def test_a_key_is_nowhere(
    broker: "redis.Redis",
    worker: int,
    demo_gateway: DemoGateway,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    team = people.team()
    owner = people.person(team, Role.OWNER)
    source = people.connection(team, demo_gateway.url, SCOPED_KEY, SCOPED_KEY)
    found = lookup.find(team, OSLO, owner)
    assert isinstance(found, Generation)
    for fault in (None, "html-502", "reset", "truncated", "redirect"):
        demo_gateway.set(fault=fault)
        replay = start.start_replay(orders.order(found, source), owner, uuid.uuid4())
        wait_for(lambda pk=replay.pk: not Replay.objects.get(pk=pk).is_open, 20)
    demo_gateway.set(down=True)
    lookup.find(team, "req_unknown", owner)

    browser = people.browser(owner)
    pages = [
        "/",
        found.get_absolute_url(),
        f"{found.get_absolute_url()}/replay",
        f"{found.get_absolute_url()}.json",
    ]
    pages += [reverse(name, args=[team.slug]) for name in ("team_members", "team_connections")]
    pages += [reverse("edit_connection", args=[team.slug, source.pk])]
    pages += [url for replay in Replay.objects.select_related("team") for url in (replay.get_absolute_url(),)]
    browser.post(reverse("test_connection", args=[team.slug, source.pk]))
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        clean(page, answer.content.decode())
    clean("database", database_text())
    clean("redis", redis_text(broker))
    clean("ps", process_list())
    clean("logs", "".join(capfd.readouterr()) + caplog.text)


def test_the_search_would_find_a_key(broker: "redis.Redis") -> None:
    team = people.team(name="Not a secret")
    broker.set("note", "kept in redis")
    assert "Not a secret" in database_text()
    assert "kept in redis" in redis_text(broker)
    assert "pytest" in process_list()
    people.connection(team, "http://127.0.0.1:9/v1", "visible-key")
    assert "visible-key" not in database_text()


def test_an_exception_with_its_locals_holds_no_key(demo_gateway: DemoGateway) -> None:
    import traceback

    source = people.connection(people.team(), demo_gateway.url, SCOPED_KEY)
    demo_gateway.set(down=True)
    error = lookup.ask([source], OSLO).errors[0][1]
    captured = traceback.TracebackException.from_exception(error, capture_locals=True)
    clean(
        "exception",
        "".join(captured.format())
        + repr(vars(error))
        + repr(source)
        + repr(lookup.reader(source, source.read_key)),
    )
