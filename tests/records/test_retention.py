"""Forgetting by hand and by age: nothing of the content is left, running replays are not touched."""

import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.apps import apps
from django.db import connection
from django.utils import timezone

from dashboard.models import AuditEvent, Team, User
from generations.gateway.record import Record
from generations.models import Fetch, Generation, RecordChunk, Replay, ReplayAnswer, ReplayPart, StoredRecord
from generations.models.replay import EXPIRED_PATCH, State
from generations.reading import outline
from generations.records import forgetting, lookup, new_generation, retention, store
from generations.replay.live import publisher
from tests.support import people, rows

pytestmark = pytest.mark.django_db
SECRET = "xyzzysecret"
NOW = timezone.now()


def secret_record(request_id: str) -> dict[str, Any]:
    said = [{"role": "user", "content": SECRET}]
    answer = {"choices": [{"message": {"role": "assistant", "content": SECRET}, "finish_reason": "stop"}]}
    return {
        "request_id": request_id,
        "error_payload": {"message": SECRET},
        "error_message": SECRET,
        "cost_nanos": 53300,
        "replay_request": {"model": "openai/gpt-5-nano", "messages": said},
        "io_log": {"status": "stored", "payload": {"gateway_response": answer}},
    }


@pytest.fixture
def chat(team: Team, ada: User) -> Generation:
    return rows.generation(team, ada, people.connection(team), **secret_record("G-1"))


def replayed(of: Generation, ada: User, *, state: State = State.SUCCEEDED, **columns: Any) -> Replay:
    """A replay with an answer, a checkpoint and a live stream that hold the secret."""
    made = rows.replay(of, ada, state=state, detail=SECRET, status_code=200, finished_at=NOW, **columns)
    rows.part(made, 1, SECRET)
    said = {
        "packed": zlib.compress(SECRET.encode()),
        "size": 11,
        "text": SECRET,
        "outline": json.dumps(SECRET),
    }
    ReplayAnswer.objects.create(replay=made, **said)
    return made


def traces() -> list[str]:
    """Every table that holds the secret somewhere."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_app_config("generations").get_models():
            cursor.execute(
                f"SELECT count(*) FROM {model._meta.db_table} t WHERE t::text ILIKE %s", [f"%{SECRET}%"]
            )
            found += [model.__name__] if cursor.fetchone()[0] else []
    rows = [
        *StoredRecord.objects.exclude(packed=b""),
        *RecordChunk.objects.all(),
        *ReplayAnswer.objects.all(),
    ]
    return found + ["packed" for row in rows if SECRET.encode() in zlib.decompress(bytes(row.packed))]


# --- by hand ----------------------------------------------------------------------------------------------------


def test_every_trace_of_a_generation_goes_and_an_audit_event_remains(
    team: Team, ada: User, chat: Generation
) -> None:
    replayed(chat, ada)
    chat.opened(ada)
    Fetch.objects.create(team=team, request_id="G-1", lease_until=NOW)
    assert "packed" in traces()
    retention.forget(chat, ada)
    assert traces() == []
    assert [Generation.objects.count(), Replay.objects.count(), Fetch.objects.count()] == [0, 0, 0]
    event = AuditEvent.objects.get(team=team)
    assert (event.action, event.subject, event.actor, event.details) == (
        "generation.forgotten",
        "G-1",
        ada,
        {"generations": 1, "replays": 1, "used": [[ada.pk, 1, 0]]},
    )


def large_chat(team: Team, ada: User) -> Generation:
    """A chat with the secret in several chunks."""
    payload = secret_record("G-large")
    payload["replay_request"]["messages"] *= 20_000
    return rows.generation(team, ada, people.connection(team), **payload)


@pytest.mark.heavy
def test_every_trace_of_a_large_record_goes(team: Team, ada: User) -> None:
    made = large_chat(team, ada)
    assert traces().count("packed") > 2
    retention.forget(made, ada)
    assert (traces(), RecordChunk.objects.count()) == ([], 0)


def test_the_generations_that_its_replays_made_go_too(team: Team, ada: User, chat: Generation) -> None:
    source = team.connections.get()
    second = rows.generation(team, ada, source, **secret_record("G-2"))
    third = rows.generation(team, ada, source, **secret_record("G-3"))
    other = rows.generation(team, ada, source, **secret_record("G-4"))
    replayed(chat, ada, new_generation=second)
    replayed(second, ada, new_generation=third)
    replayed(third, ada, new_generation=chat)
    reach = retention.forget(chat, ada)
    assert len(reach.generations) == 3
    assert list(Generation.objects.all()) == [other]


def test_the_replay_that_made_it_loses_its_answer_and_is_not_looked_up_again(
    team: Team, ada: User, chat: Generation
) -> None:
    second = rows.generation(team, ada, team.connections.get(), request_id="G-2")
    named: dict[str, Any] = {
        "new_request_id": chat.request_id,
        "cost_nanos": 7,
        "record_due_at": timezone.now(),
    }
    # One was linked to its record, the record of the other one was looked up before.
    makers = [replayed(second, ada, new_generation=linked, **named) for linked in (chat, None)]
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "record_due_at": timezone.now()}
    other = rows.replay(second, ada, new_request_id="G-other", **ended)
    assert forgetting.hide([chat], ada)
    assert list(Replay.objects.all()) == [other]
    retention.forget(chat, ada)
    for maker in makers:
        maker.refresh_from_db()
        assert (maker.new_generation, maker.cost_nanos, maker.detail) == (None, 7, "")
        assert (new_generation.is_awaited(maker), maker.record_due_at) == (False, None)
    other.refresh_from_db()
    assert new_generation.is_awaited(other)
    assert traces() == []


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_nothing_is_forgotten_while_a_replay_is_open(ada: User, chat: Generation, state: State) -> None:
    rows.replay(chat, ada, state=state)
    with pytest.raises(retention.ReplayIsOpen):
        retention.forget(chat, ada)
    assert (Generation.objects.count(), AuditEvent.objects.count()) == (1, 0)


def test_the_live_stream_goes(ada: User, chat: Generation, broker: "redis.Redis") -> None:
    made = replayed(chat, ada)
    broker.xadd(publisher.key_of(made.pk), {"k": "text", "t": SECRET})
    retention.forget(chat, ada)
    assert broker.keys("retake:replay:*") == []


def test_another_team_keeps_its_own(ada: User, chat: Generation) -> None:
    other = people.team()
    theirs = rows.generation(other, people.person(other), people.connection(other), **secret_record("G-1"))
    retention.forget(chat, ada)
    assert list(Generation.objects.all()) == [theirs]


# --- by age -----------------------------------------------------------------------------------------------------


@pytest.fixture
def thirty_days(settings: Any) -> None:
    settings.BODY_RETENTION_DAYS = 30


LATER = NOW + timedelta(days=31)


def test_without_a_number_of_days_nothing_expires(chat: Generation) -> None:
    assert retention.expire(LATER) == {"records": 0, "answers": 0, "pasted": 0}
    assert "packed" in traces()


def test_an_answer_that_comes_after_forgetting_is_dropped(team: Team, ada: User, chat: Generation) -> None:
    assert lookup.claim(team, "G-1", ada, again=False)
    late = lookup.LookupAnswer(Record.read(json.dumps(secret_record("G-1")).encode()), team.connections.get())
    retention.forget(chat, ada)
    settled = lookup.store_answer(team, "G-1", ada, late)
    assert isinstance(settled, Fetch)
    assert settled.outcome is not None
    assert (settled.outcome["code"], Generation.objects.count()) == ("forgotten", 0)
    assert traces() == []
    refused = lookup.store_answer(team, "G-1", ada, lookup.LookupAnswer())
    assert isinstance(refused, Fetch)
    assert refused.outcome is not None
    assert (refused.outcome["code"], Fetch.objects.count()) == ("forgotten", 0)


@pytest.mark.usefixtures("thirty_days")
def test_bodies_expire_and_figures_stay(ada: User, chat: Generation) -> None:
    made = replayed(chat, ada)
    assert retention.expire(NOW + timedelta(days=29)) == {"records": 0, "answers": 0, "pasted": 0}
    assert retention.expire(LATER) == {"records": 1, "answers": 1, "pasted": 0}
    assert traces() == []
    chat.refresh_from_db()
    kept = outline.load(chat.records.get().outline)
    assert (chat.cost_nanos, chat.replayable, kept.replayable) == (53300, False, False)
    assert [cause.code for cause in kept.request.missing] == ["expired_here"]
    made.refresh_from_db()
    assert (made.state, ReplayPart.objects.count()) == (State.SUCCEEDED, 0)
    assert retention.expire(LATER) == {"records": 0, "answers": 0, "pasted": 0}


@pytest.mark.usefixtures("thirty_days")
def test_of_a_patch_stays_that_there_was_one(ada: User, chat: Generation) -> None:
    patch = '[{"op": "replace", "path": "/messages/0/content", "value": "a secret"}]'
    made = [rows.replay(chat, ada, state=State.FAILED, finished_at=NOW, patch=kept) for kept in (patch, "")]
    assert retention.expire(LATER)["answers"] == 1
    assert [Replay.objects.get(pk=replay.pk).patch for replay in made] == [EXPIRED_PATCH, ""]
    assert retention.expire(LATER)["answers"] == 0


@pytest.mark.usefixtures("thirty_days")
def test_large_records_expire_and_come_back(team: Team, ada: User) -> None:
    made = large_chat(team, ada)
    raw = made.records.get().raw
    assert retention.expire(LATER) == {"records": 1, "answers": 0, "pasted": 0}
    assert (traces(), RecordChunk.objects.count(), made.records.get().value("/replay_request")) == (
        [],
        0,
        None,
    )
    store.store(team, "G-large", ada, Record.read(raw), None)
    best = made.records.best_first().first()
    assert best is not None
    assert best.raw == raw


@pytest.mark.usefixtures("thirty_days")
def test_what_expires_is_found_by_an_index(chat: Generation) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        plan = (
            StoredRecord.objects.filter(fetched_at__lt=LATER, size__gt=0).order_by("fetched_at")[:5].explain()
        )
        cursor.execute("SET enable_seqscan = on")
    assert "with_content" in plan


@pytest.mark.usefixtures("thirty_days")
def test_open_replays_are_not_touched(ada: User, chat: Generation) -> None:
    made = rows.replay(chat, ada, state=State.RUNNING)
    rows.part(made, 1, SECRET)
    assert retention.expire(LATER) == {"records": 0, "answers": 0, "pasted": 0}
    assert chat.records.get().has_request


@pytest.mark.usefixtures("thirty_days")
def test_small_bites_reach_everything(team: Team, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BITE", 2)
    source = people.connection(team)
    for number in range(5):
        replayed(rows.generation(team, ada, source, **secret_record(f"G-{number}")), ada)
    assert retention.expire(LATER, seconds=-1) == {"records": 0, "answers": 0, "pasted": 0}
    assert retention.expire(LATER) == {"records": 5, "answers": 5, "pasted": 0}
    assert traces() == []


@pytest.mark.usefixtures("thirty_days")
def test_a_refresh_brings_the_content_back(team: Team, ada: User, chat: Generation) -> None:
    raw = chat.records.get().raw
    retention.expire(LATER)
    store.store(team, "G-1", ada, Record.read(raw), None)
    best = chat.records.best_first().first()
    assert best is not None
    assert (best.raw, best.has_request) == (raw, True)
    chat.refresh_from_db()
    assert chat.replayable


@pytest.mark.usefixtures("thirty_days")
def test_the_hourly_task_does_it(chat: Generation) -> None:
    retention.tidy(LATER)
    assert traces() == []
