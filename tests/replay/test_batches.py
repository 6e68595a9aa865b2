"""Batches: planned, let go in turn, paused, cancelled; at the demo gateway, by engines in this process."""

import base64
import json
import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import GatewayConnection, Team, User
from generations.models import Batch, Generation, Replay, ReplayLimits
from generations.models.batch import BatchState
from generations.models.replay import State
from generations.reading.edits import json_patch
from generations.replay import batches
from generations.replay.batches import BatchPlan
from generations.replay.order import orders, spending_limits, start
from generations.replay.order.request_edits import RequestEdits
from generations.replay.worker import runner
from tests.support import people, rows
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Messages are collected, not sent: these tests run the members themselves."""
    sent_ids: list[uuid.UUID] = []
    monkeypatch.setattr(start, "send_message", sent_ids.append)
    return sent_ids


def batch_of(made: BatchPlan, user: User, parallel: int = 2, click: uuid.UUID | None = None) -> Batch:
    team = made.orders[0].generation.team
    return batches.start_batch(team, user, click or uuid.uuid4(), "Test", made, parallel)


def states(batch: Batch) -> list[str]:
    return list(batch.replays.order_by("place").values_list("state", flat=True))


# --- the plan -----------------------------------------------------------------------------------------------------


def test_a_draft_has_each_variant_so_many_times(chat: Generation) -> None:
    edits = RequestEdits([("temperature", "0.2")])
    made = batches.plan_batch([chat], [edits, edits.also(("model", "openai/gpt-5-mini"))], 3)
    bodies = [json.loads(order.body) for order in made.orders]
    assert [body["model"] for body in bodies] == ["openai/gpt-5-nano"] * 3 + ["openai/gpt-5-mini"] * 3
    assert {body["temperature"] for body in bodies} == {0.2}


def test_what_cannot_be_replayed_is_left_out_with_its_reason(
    team: Team, ada: User, source: GatewayConnection, chat: Generation
) -> None:
    other = rows.generation(team, ada, source, request_id="G-2", replay_supported=False, replay_request=None)
    made = batches.plan_batch([other, chat])
    assert [order.generation for order in made.orders] == [chat]
    assert made.left_out == [("G-2", orders.NO_REQUEST)]


def test_a_change_that_an_endpoint_does_not_know_leaves_it_out(
    team: Team, ada: User, source: GatewayConnection
) -> None:
    body = {"model": "openai/text-embedding-3-small", "input": "x"}
    row = rows.generation(team, ada, source, request_id="G-3", endpoint="embeddings", replay_request=body)
    made = batches.plan_batch([row], [RequestEdits([("temperature", "0.2")])])
    assert made.orders == []
    assert made.left_out == [("G-3", "This endpoint has no temperature.")]


def test_the_queries_of_a_draft_do_not_grow(team: Team, ada: User, source: GatewayConnection) -> None:
    many = [rows.generation(team, ada, source, request_id=f"G-{number}") for number in range(3)]
    counts = []
    for chosen in (many[:1], many):
        with CaptureQueriesContext(connection) as seen:
            batches.plan_batch(chosen)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- letting go ---------------------------------------------------------------------------------------------------


def test_members_go_so_many_at_a_time(chat: Generation, ada: User, sent: list[uuid.UUID]) -> None:
    batch = batch_of(batches.plan_batch([chat], times=5), ada, parallel=2)
    assert states(batch) == ["queued"] * 2 + ["waiting"] * 3
    assert len(sent) == 2
    assert batches.release_members() == 0
    batch.replays.filter(place=0).update(state=State.FAILED)
    assert batches.release_members() == 1
    assert states(batch) == ["failed", "queued", "queued", "waiting", "waiting"]


def test_all_batches_together_leave_room_for_single_replays(
    chat: Generation, ada: User, settings: Any, sent: list[uuid.UUID]
) -> None:
    settings.BATCH_PARALLEL = settings.TEAM_PARALLEL = 3
    first, second = (batch_of(batches.plan_batch([chat], times=4), ada, parallel=3) for _ in range(2))
    assert (states(first).count("queued"), states(second).count("queued")) == (3, 0)
    first.replays.filter(state=State.QUEUED).update(state=State.SUCCEEDED)
    batches.release_members()
    assert (states(first).count("queued"), states(second).count("queued")) == (1, 2)


def test_one_team_leaves_room_for_another(
    chat: Generation, ada: User, settings: Any, demo_gateway: DemoGateway
) -> None:
    settings.BATCH_PARALLEL, settings.TEAM_PARALLEL = 10, 2
    theirs = people.team()
    eve = people.person(theirs)
    other = rows.generation(theirs, eve, people.connection(theirs, demo_gateway.url))
    mine = batch_of(batches.plan_batch([chat], times=5), ada, parallel=10)
    other_batch = batch_of(batches.plan_batch([other], times=5), eve, parallel=10)
    assert (states(mine).count("queued"), states(other_batch).count("queued")) == (2, 2)


def test_many_that_advance_at_once_let_no_more_go(chat: Generation, ada: User, sent: list[uuid.UUID]) -> None:
    batch = batch_of(batches.plan_batch([chat], times=20), ada, parallel=4)
    batch.replays.filter(state=State.QUEUED).update(state=State.SUCCEEDED)

    def advance() -> None:
        try:
            batches.release_members()
        finally:
            connection.close()

    threads = [threading.Thread(target=advance) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states(batch).count("queued") == 4
    assert len(sent) == len(set(sent)) == 8


def test_a_batch_runs_to_its_end_with_one_post_each(
    chat: Generation, ada: User, demo_gateway: DemoGateway, sent: list[uuid.UUID]
) -> None:
    batch = batch_of(batches.plan_batch([chat], [RequestEdits([("seed", "7")])], 5), ada)
    for replay_id in sent:  # grows while it is walked
        runner.run(replay_id)
        batches.release_members()
    batch.refresh_from_db()
    assert states(batch) == ["succeeded"] * 5
    assert (batch.state, batch.finished_at is not None) == ("done", True)
    bodies = [base64.b64decode(seen["body"]) for seen in demo_gateway.requests()]
    stored = orders.stored_body(chat.records.get())
    assert stored is not None
    seven = json_patch.read('[{"op": "add", "path": "/seed", "value": 7}]')
    assert bodies == [json_patch.apply(stored, seven)] * 5


# --- pause, resume, cancel ----------------------------------------------------------------------------------------


def test_a_paused_batch_lets_nobody_go(chat: Generation, ada: User) -> None:
    batch = batch_of(batches.plan_batch([chat], times=3), ada, parallel=1)
    assert batch.pause()
    assert not batch.pause()
    batch.replays.filter(state=State.QUEUED).update(state=State.SUCCEEDED)
    assert batches.release_members() == 0
    assert batch.resume()
    assert batches.release_members() == 1


def test_a_paused_batch_whose_last_member_ends_is_done(chat: Generation, ada: User) -> None:
    batch = batches.start_batch(chat.team, ada, uuid.uuid4(), "One", batches.plan_batch([chat]), 1)
    batch.pause()
    batch.replays.update(state=State.SUCCEEDED)
    batches.release_members()
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE


def test_a_click_that_started_another_batch_starts_none(chat: Generation, ada: User) -> None:
    click = uuid.uuid4()
    batches.start_batch(chat.team, ada, click, "One", batches.plan_batch([chat]), 1)
    with pytest.raises(orders.ClickAlreadyUsed):
        batches.start_batch(chat.team, ada, click, "Two", batches.plan_batch([chat], times=2), 1)
    assert Replay.objects.count() == 1


def test_a_plan_holds_no_more_records_than_fit(chat: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 10)
    with pytest.raises(orders.ReplayRefused, match="Choose fewer"):
        batches.plan_batch([chat])


def test_cancel_ends_what_waits_and_makes_no_post(
    chat: Generation, ada: User, demo_gateway: DemoGateway, sent: list[uuid.UUID]
) -> None:
    batch = batch_of(batches.plan_batch([chat], times=3), ada, parallel=1)
    assert batches.cancel(batch, ada, running=False) == 3
    for replay_id in sent:
        runner.run(replay_id)
    assert states(batch) == ["cancelled"] * 3
    assert demo_gateway.requests() == []
    batch.refresh_from_db()
    assert batch.state == "cancelled"


def test_cancel_may_ask_the_running_to_stop(chat: Generation, ada: User) -> None:
    batch = batch_of(batches.plan_batch([chat], times=2), ada, parallel=1)
    running = batch.replays.filter(state=State.QUEUED)
    running_pk = running.get().pk
    running.update(state=State.RUNNING, claim=uuid.uuid4())
    batches.cancel(batch, ada, running=True)
    assert Replay.objects.get(pk=running_pk).cancel_asked_at is not None
    assert states(batch) == ["running", "cancelled"]


# --- the click ----------------------------------------------------------------------------------------------------


def test_the_same_click_twice_is_one_batch(chat: Generation, ada: User) -> None:
    click, made = uuid.uuid4(), batches.plan_batch([chat], times=2)
    first, second = (batch_of(made, ada, click=click) for _ in range(2))
    assert first == second
    assert Replay.objects.count() == 2


def test_a_batch_over_a_limit_leaves_nothing_behind(
    chat: Generation, ada: User, sent: list[uuid.UUID]
) -> None:
    ReplayLimits.objects.create(team=chat.team, team_day_count=3)
    with pytest.raises(spending_limits.LimitExceeded, match="The team may start 3 replays a day"):
        batch_of(batches.plan_batch([chat], times=4), ada)
    assert (Batch.objects.count(), Replay.objects.count(), sent) == (0, 0, [])
    batch_of(batches.plan_batch([chat], times=3), ada)
