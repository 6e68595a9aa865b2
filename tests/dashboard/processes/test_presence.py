"""A missing beat, a missing worker and a broker that cannot be used are said, from either store."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import Role, User
from dashboard.processes import degraded, presence, redis_presence
from dashboard.processes.models import Process
from generations.models import Batch, Generation, Replay
from generations.models.replay import State
from generations.replay import trouble
from tests.support import people, rows
from tests.support.processes import BEAT, WORKER, process, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]
NOBODY = "redis://:hunter2@127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def _fresh(broker: object) -> Iterator[None]:
    redis_presence.client.cache_clear()
    trouble._Sweeper.next_at = 0.0
    yield
    redis_presence.client.cache_clear()


def test_nobody_is_heard_of_in_the_beginning() -> None:
    assert presence.alive() == set()
    assert degraded.degraded() == {"worker": degraded.NO_WORKER, "beat": degraded.NO_BEAT}


def test_a_row_suffices(settings: Settings) -> None:
    settings.REDIS_URL = NOBODY
    presence.save("worker", "h:1")
    presence.save("worker", "h:1")
    assert (presence.alive(), Process.objects.count()) == ({"worker"}, 1)


def test_redis_suffices() -> None:
    redis_presence.announce(presence.server(), "worker", "h:1")
    redis_presence.announce(presence.server(), "beat", "h:2")
    assert (presence.alive(), degraded.degraded()) == ({"worker", "beat"}, {})


def test_who_is_silent_is_not_alive() -> None:
    old = presence.SILENT_SECONDS + 1
    Process.objects.create(kind="worker", name="h:1", heard_at=timezone.now() - timedelta(seconds=old))
    presence.server().zadd(redis_presence.KEY, {"beat h:2": timezone.now().timestamp() - old - 1})
    assert presence.alive() == set()


def test_what_is_old_is_forgotten() -> None:
    Process.objects.create(kind="worker", name="h:1", heard_at=timezone.now() - 2 * presence.FORGET)
    presence.save("worker", "h:2")
    assert [row.name for row in Process.objects.all()] == ["h:2"]


def test_a_real_worker_and_a_real_beat_are_heard_of_until_they_end(
    site_environment: dict[str, str], broker: "redis.Redis"
) -> None:
    with process(*WORKER, env=site_environment), process(*BEAT, env=site_environment):
        wait_for(lambda: redis_presence.heard(broker, 20) == {"worker", "beat"})
        wait_for(lambda: set(Process.objects.values_list("kind", flat=True)) == {"worker", "beat"})
        assert degraded.degraded() == {}
    wait_for(lambda: "worker" not in presence.alive(), 5)


def test_redis_unavailable_is_said_and_nothing_is_claimed_about_beat(settings: Settings) -> None:
    settings.REDIS_URL = NOBODY
    presence.save("worker", "h:1")
    found = degraded.degraded()
    assert found == {"redis": "Redis cannot be reached. Check REDIS_URL."}


def test_a_full_redis_is_said(broker: "redis.Redis") -> None:
    before = broker.config_get("maxmemory")["maxmemory"]
    try:
        broker.config_set("maxmemory", 1)
        assert degraded.degraded()["redis"] == degraded.FULL
    finally:
        broker.config_set("maxmemory", str(before))


def test_a_read_only_database_is_said() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            assert degraded.degraded()["database"] == degraded.DATABASE_READ_ONLY
        finally:
            cursor.execute("SET default_transaction_read_only = off")


@pytest.mark.parametrize(
    ("role", "status"), [(None, 403), (Role.VIEWER, 403), (Role.MEMBER, 403), (Role.ADMIN, 503), (Role.OWNER, 503)]
)  # fmt: skip
def test_the_full_answer_is_for_admins(role: Role | None, status: int) -> None:
    who = people.person(people.team(), role) if role else None
    answer = people.browser(who).get("/readyz?full")
    assert answer.status_code == status
    assert ("worker" in answer.json()) == (status == 503)


def test_the_full_answer_tells_what_is_degraded_and_the_plain_one_stays_about_this_process() -> None:
    admin = people.browser(people.person(people.team(), Role.ADMIN))
    expected = {
        "worker": degraded.NO_WORKER,
        "beat": degraded.NO_BEAT,
        "database": "ok",
        "migrations": "ok",
        "redis": "ok",
    }
    assert admin.get("/readyz?full").json() == expected
    assert people.browser().get("/readyz").status_code == 200
    for kind in presence.KINDS:
        presence.save(kind, "h:1")
    answer = admin.get("/readyz?full")
    assert (answer.status_code, set(answer.json().values())) == (200, {"ok"})


@pytest.mark.parametrize("path", ["/", "/t/{}/", "/t/{}/recent"])
def test_admins_see_it_at_home(path: str) -> None:
    ours = people.team()
    for role, shown in ((Role.ADMIN, True), (Role.MEMBER, False)):
        page = people.browser(people.person(ours, role)).get(path.format(ours.slug)).content.decode()
        assert (degraded.NO_WORKER in page, degraded.NO_BEAT in page) == (shown, shown)


def page_of(replay: Replay, user: User, part: str = "") -> str:
    return str(people.browser(user).get(replay.get_absolute_url() + part).content.decode())


def ago(seconds: int) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


@pytest.mark.parametrize("part", ["", "/status", ".json"])
def test_a_queued_replay_without_a_worker_says_so(chat: Generation, ada: User, part: str) -> None:
    replay = rows.replay(chat, ada)
    assert trouble.NO_WORKER not in page_of(replay, ada, part)  # it has only just been clicked
    Replay.objects.update(queued_at=ago(6))
    assert trouble.NO_WORKER in page_of(replay, ada, part)
    presence.save("worker", "h:1")
    assert trouble.NO_WORKER not in page_of(replay, ada, part)


def test_a_queued_replay_without_a_broker_says_so(chat: Generation, ada: User, settings: Settings) -> None:
    replay = rows.replay(chat, ada, queued_at=ago(6))
    presence.save("worker", "h:1")
    settings.REDIS_URL = NOBODY
    assert trouble.NO_BROKER in page_of(replay, ada)


@pytest.mark.parametrize("part", ["", "/status", ".json"])
def test_a_running_replay_whose_worker_is_silent_says_so(chat: Generation, ada: User, part: str) -> None:
    replay = rows.replay(chat, ada, state=State.RUNNING, claimed_at=ago(60), heartbeat_at=ago(14))
    page = page_of(replay, ada, part)
    assert "Its worker has been silent for 14 s; the request may have been charged." in page
    Replay.objects.update(heartbeat_at=ago(1))
    assert "silent" not in page_of(replay, ada, part)


@pytest.mark.parametrize("path", ["replay", "home"])
def test_without_a_beat_whoever_looks_makes_stale_rows_be_noticed(
    chat: Generation, ada: User, path: str
) -> None:
    lost = rows.replay(chat, ada, state=State.RUNNING, claimed_at=ago(60), heartbeat_at=ago(40))
    rows.part(lost, 1, "half an ", "answer")
    unstarted = rows.replay(chat, ada, queued_at=ago(700), message_sent_at=ago(700))
    people.browser(ada).get(lost.get_absolute_url() if path == "replay" else f"/t/{chat.team.slug}/recent")
    wait_for(lambda: Replay.objects.get(pk=lost.pk).state == State.INTERRUPTED, 20)
    wait_for(lambda: Replay.objects.get(pk=unstarted.pk).state == State.FAILED, 20)
    wait_for(lambda: trouble._Sweeper.turn.acquire(blocking=False))
    trouble._Sweeper.turn.release()


def test_rows_that_are_well_start_no_sweep(chat: Generation, ada: User) -> None:
    rows.replay(chat, ada)
    running = rows.replay(chat, ada, state=State.RUNNING, claimed_at=ago(60), heartbeat_at=ago(3))
    page_of(running, ada)
    assert trouble._Sweeper.next_at == 0.0


@pytest.mark.parametrize("part", ["", "/live"])
def test_a_batch_whose_members_do_not_start_says_so(chat: Generation, ada: User, part: str) -> None:
    batch = Batch.objects.create(team=chat.team, click=uuid.uuid4(), started_by=ada, size=2, parallel=2)
    address = f"/t/{chat.team.slug}/b/{batch.pk}{part}"
    rows.replay(chat, ada, batch=batch, place=1, queued_at=ago(6))
    lost = rows.replay(chat, ada, batch=batch, place=2, state=State.RUNNING, heartbeat_at=ago(1))
    assert trouble.NO_WORKER in people.browser(ada).get(address).content.decode()
    presence.save("worker", "h:1")
    assert "notice warn" not in people.browser(ada).get(address).content.decode()
    Replay.objects.filter(pk=lost.pk).update(heartbeat_at=ago(12))
    assert "silent for 12 s" in people.browser(ada).get(address).content.decode()
