"""Finding a generation: the stored row first, otherwise the demo gateway over real HTTP."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.models import GatewayConnection, Team, User
from generations.gateway import errors
from generations.gateway.demo import ulid
from generations.gateway.demo.keys import EXPIRED_KEY, PLAIN_KEY, SCOPED_KEY
from generations.gateway.record import Record
from generations.models import Fetch, FirstWords, Generation, StoredRecord
from generations.records import lookup, store
from tests.support import people
from tests.support.processes import DemoGateway, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
KNOWN = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"
UNKNOWN = "G-01KQXWAW8GC2W5QAV9YJQW3Q7Z"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The IDs that the gateway was asked for, in order."""
    asked: list[str] = []
    ask = lookup.ask

    def counted(sources: Any, request_id: str) -> lookup.LookupAnswer:
        asked.append(request_id)
        return ask(sources, request_id)

    monkeypatch.setattr(lookup, "ask", counted)
    return asked


def code(found: Generation | Fetch) -> str:
    assert isinstance(found, Fetch)
    assert found.outcome is not None
    return str(found.outcome["code"])


def test_an_unknown_row_is_asked_for_and_stored(
    team: Team, ada: User, source: GatewayConnection, calls: list[str]
) -> None:
    found = lookup.find(team, KNOWN, ada)
    assert isinstance(found, Generation)
    assert (found.request_id, found.model_id, found.status_code) == (KNOWN, "openai/gpt-5-nano", 200)
    assert lookup.find(team, KNOWN, ada) == found
    assert calls == [KNOWN]
    assert Fetch.objects.count() == 0


def test_the_bytes_are_stored_as_received(team: Team, ada: User, source: GatewayConnection) -> None:
    found = lookup.find(team, KNOWN, ada)
    assert isinstance(found, Generation)
    assert found.records.get().raw == lookup.reader(source, source.read_key).record_bytes(KNOWN)


def test_a_gateway_that_is_down_hides_no_stored_row(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    stored = lookup.find(team, KNOWN, ada)
    demo_gateway.set(down=True)
    assert lookup.find(team, KNOWN, ada) == stored
    assert isinstance(lookup.refresh(Generation.objects.get(), ada), Fetch)
    assert lookup.find(team, KNOWN, ada) == stored


def test_another_teams_row_is_not_found(team: Team, ada: User, source: GatewayConnection) -> None:
    lookup.find(team, KNOWN, ada)
    other = people.team()
    assert code(lookup.find(other, KNOWN, people.person(other))) == "no_connection"


def test_an_old_unknown_id_is_not_found(team: Team, ada: User, source: GatewayConnection) -> None:
    assert code(lookup.find(team, UNKNOWN, ada)) == "not_found"


def test_a_fresh_unknown_id_is_not_recorded_yet(team: Team, ada: User, source: GatewayConnection) -> None:
    fresh = ulid.request_id(int(timezone.now().timestamp() * 1000), ulid.new_suffix())
    assert code(lookup.find(team, fresh, ada)) == "not_yet"


def test_pauses_grow_and_hold_the_next_call_back(
    team: Team, ada: User, source: GatewayConnection, calls: list[str]
) -> None:
    lookup.find(team, UNKNOWN, ada)
    lookup.find(team, UNKNOWN, ada)
    assert calls == [UNKNOWN]
    pauses = []
    for _ in range(3):
        found = lookup.find(team, UNKNOWN, ada, again=True)
        assert isinstance(found, Fetch)
        pauses.append((found.outcome or {})["pause_s"])
    assert pauses == [2, 3, 5]


def test_two_people_cause_one_call(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway, calls: list[str]
) -> None:
    demo_gateway.set(delay_ms=300)
    found: list[Generation | Fetch] = []

    def find() -> None:
        found.append(lookup.find(team, KNOWN, ada))
        connection.close()

    threads = [threading.Thread(target=find) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [KNOWN]
    assert sorted(type(outcome).__name__ for outcome in found) == ["Fetch", "Fetch", "Fetch", "Generation"]
    assert all(outcome.outcome is None for outcome in found if isinstance(outcome, Fetch))


def test_a_claim_of_a_dead_process_expires(
    team: Team, ada: User, source: GatewayConnection, calls: list[str]
) -> None:
    assert lookup.claim(team, KNOWN, ada, again=False)
    assert not lookup.claim(team, KNOWN, ada, again=True)
    Fetch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert isinstance(lookup.find(team, KNOWN, ada), Generation)


def test_what_follows_a_claim_waits_for_the_disk_again(
    team: Team, ada: User, source: GatewayConnection
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        assert lookup.claim(team, KNOWN, ada, again=False)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        cursor.execute("RESET synchronous_commit")


def test_a_slow_gateway_does_not_hold_the_page(
    team: Team,
    ada: User,
    source: GatewayConnection,
    demo_gateway: DemoGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookup, "PAGE_PATIENCE", 0.05)
    demo_gateway.set(delay_ms=400)
    found = lookup.find(team, KNOWN, ada)
    assert isinstance(found, Fetch)
    assert found.outcome is None
    wait_for(lambda: Generation.objects.filter(request_id=KNOWN).exists(), 60)


def test_the_first_connection_that_knows_the_id_wins(
    team: Team, ada: User, demo_gateway: DemoGateway, source: GatewayConnection
) -> None:
    GatewayConnection.objects.update(position=1)
    people.connection(team, "http://127.0.0.1:9/v1", SCOPED_KEY)
    first = people.connection(team, demo_gateway.url, SCOPED_KEY)
    GatewayConnection.objects.filter(pk=first.pk).update(position=0)
    found = lookup.find(team, KNOWN, ada)
    assert isinstance(found, Generation)
    assert found.connection_id == first.pk


@pytest.mark.parametrize(
    ("key", "message"),
    [(EXPIRED_KEY, "key_expired"), ("phaseo_v1_mk_" + "0" * 12 + "_" + "0" * 40, "unauthorised")],
)
def test_a_refused_key_says_why(
    team: Team, ada: User, demo_gateway: DemoGateway, key: str, message: str
) -> None:
    people.connection(team, demo_gateway.url, key)
    found = lookup.find(team, KNOWN, ada)
    assert isinstance(found, Fetch)
    outcome = found.outcome or {}
    assert outcome["status"] == 401
    assert outcome["title"]
    assert outcome["advice"]
    assert key not in json.dumps(outcome)


def test_a_down_gateway_says_so(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    demo_gateway.set(down=True)
    found = lookup.find(team, KNOWN, ada)
    assert isinstance(found, Fetch)
    assert (found.outcome or {})["status"] == 503


def test_a_record_over_the_limit_says_so_and_is_not_stored(
    team: Team, ada: User, source: GatewayConnection, settings: Any
) -> None:
    settings.MAX_RECORD_MB = 0
    assert code(lookup.find(team, KNOWN, ada)) == errors.RecordTooLarge.code
    assert Generation.objects.count() == 0


# --- storing --------------------------------------------------------------------------------------------------


def record(**members: Any) -> Record:
    payload = {
        "request_id": KNOWN,
        "endpoint": "chat.completions",
        "success": True,
        "status_code": 200,
        **members,
    }
    return Record.read(json.dumps(payload).encode(), asked_id=KNOWN)


BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_a_refresh_never_loses_a_body(team: Team, ada: User) -> None:
    full = record(replay_supported=True, replay_request=BODY, cost_nanos=None)
    bare = record(replay_supported=False, replay_request=None, cost_nanos=7)
    row = store.store(team, KNOWN, ada, full, None)
    store.store(team, KNOWN, ada, bare, None)
    row.refresh_from_db()
    assert (row.cost_nanos, row.replayable) == (7, True)
    assert [record.has_request for record in row.records.best_first()] == [True, False]


def test_a_fuller_record_replaces_the_older(team: Team, ada: User) -> None:
    row = store.store(team, KNOWN, ada, record(replay_supported=False), None)
    store.store(team, KNOWN, ada, record(replay_supported=True, replay_request=BODY), None)
    assert [record.has_request for record in row.records.all()] == [True]


def test_the_same_record_again_is_stored_once(team: Team, ada: User) -> None:
    for _ in range(3):
        row = store.store(team, KNOWN, ada, record(), None)
    assert row.records.count() == StoredRecord.objects.count() == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b"null",
        b'{"request_id": 5, "status_code": "200", "cost_nanos": 1e400, "usage": [], "pricing_lines": {}}',
        b'{"status_code": 99999999999999999999, "cost_nanos": 99999999999999999999999, "latency_ms": 1e30}',
        b'{"model_id": "a\\u0000b\\ud800", "provider": "' + b"x" * 5000 + b'"}',
        b'{"deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"n": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\x00",
    ],
)
def test_odd_records_are_stored_whole(team: Team, ada: User, source: GatewayConnection, raw: bytes) -> None:
    """By the one statement of a first lookup as by the ORM, whose row has the same columns."""
    found = Record.read(raw, asked_id=KNOWN)
    assert lookup.claim(team, KNOWN, ada, again=False)
    row = lookup.store_answer(team, KNOWN, ada, lookup.LookupAnswer(found, source))
    assert isinstance(row, Generation)
    assert (row.records.get().raw, Fetch.objects.count()) == (raw, 0)
    assert rows_of(team) == rows_of(store.store(people.team(), KNOWN, ada, found, source.pk).team)


OWN = {"id", "team_id", "generation_id", "looked_up_at", "fetched_at", "sorted_at"}


def rows_of(team: Team) -> list[dict[str, Any]]:
    """What a lookup stored: every column but the numbers of rows and the times of storing."""
    row = Generation.rows.get(team=team)
    stored = (Generation.rows.filter(pk=row.pk), row.records.all(), FirstWords.objects.filter(generation=row))
    return [
        {name: value for name, value in rows.values().get().items() if name not in OWN} for rows in stored
    ]


def test_a_first_lookup_asks_the_database_four_times(
    team: Team, ada: User, source: GatewayConnection, django_assert_num_queries: Any
) -> None:
    """For the row, the claim, the connections; then for all that is stored, which ends the claim, at once."""
    source.check_result = {"read": {"reads_bodies": True}}
    source.save()
    with django_assert_num_queries(4):
        found = lookup.find(team, KNOWN, ada)
    assert rows_of(team) == rows_of(
        store.store(
            people.team(), KNOWN, ada, Record.read(known_bytes(found), asked_id=KNOWN), source.pk
        ).team
    )


def known_bytes(found: Generation | Fetch) -> bytes:
    assert isinstance(found, Generation)
    return found.records.get().raw


def test_what_somebody_stored_meanwhile_is_kept(team: Team, ada: User, source: GatewayConnection) -> None:
    """The claim ran out and somebody else asked, too: who comes second finds the row, and updates it."""
    assert lookup.claim(team, KNOWN, ada, again=False)
    first = store.store(team, KNOWN, ada, record(cost_nanos=1), source.pk)
    second = lookup.store_answer(team, KNOWN, ada, lookup.LookupAnswer(record(cost_nanos=2), source))
    assert (second, Fetch.objects.count()) == (first, 0)
    assert Generation.objects.get().cost_nanos == 2


def test_a_plain_key_stores_what_it_sees(team: Team, ada: User, demo_gateway: DemoGateway) -> None:
    demo_gateway.set(mode="scoped")
    people.connection(team, demo_gateway.url, PLAIN_KEY)
    found = lookup.find(team, KNOWN, ada)
    assert isinstance(found, Generation)
    assert not found.replayable


# --- when to ask again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "due"),
    [
        ({"made_at": datetime(2026, 1, 1, tzinfo=UTC)}, False),
        ({"made_at": None}, True),
        ({"made_at": datetime(2026, 1, 1, tzinfo=UTC), "endpoint": "video.generation"}, True),
        ({"made_at": datetime(2026, 1, 1, tzinfo=UTC), "endpoint": "/v1/videos"}, True),
        ({"made_at": datetime(2026, 1, 1, tzinfo=UTC), "status_code": 102}, True),
        (
            {"made_at": datetime(2026, 1, 1, tzinfo=UTC), "endpoint": "video.generation", "cost_nanos": 5},
            False,
        ),
    ],
)
def test_rows_that_may_still_change_are_due(team: Team, columns: dict[str, Any], due: bool) -> None:
    row = Generation(team=team, request_id=KNOWN, **columns)
    row.fetched_at = timezone.now() - timedelta(minutes=1)
    assert lookup.is_due(row) is due
    row.fetched_at = timezone.now()
    assert lookup.is_due(row) is False


@pytest.mark.parametrize(
    ("payload", "success"),
    [
        ({"success": None, "status_code": 200}, True),
        ({"status_code": 502}, False),
        ({"success": False, "status_code": 200}, False),
        ({"error_code": "upstream:x"}, False),
        ({"success": False, "status_code": 102}, None),
        ({}, None),
    ],
)
def test_lists_know_how_it_ended_as_the_page_does(payload: dict[str, Any], success: bool | None) -> None:
    assert store.columns(Record.read(json.dumps(payload).encode()))["success"] is success
