"""The engine against the demo gateway over real HTTP: one click, at most one POST, and an honest end."""

import base64
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from dashboard.models import GatewayConnection, Team, User
from generations.gateway.record import Record
from generations.models import Generation, Replay, ReplayAnswer, ReplayPart
from generations.models.replay import State
from generations.records import lookup, store
from generations.replay.live import follow
from generations.replay.live.log import Deadlines, LiveLog
from generations.replay.order import orders, start
from generations.replay.worker import delivery, finishing, runner
from generations.replay.worker.heartbeat import heartbeat
from tests.support import rows
from tests.support.live_log import text_of
from tests.support.processes import DemoGateway, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Messages are collected, not sent: these tests call `run` themselves."""
    sent: list[str] = []
    monkeypatch.setattr(start, "send_message", lambda replay_id: sent.append(str(replay_id)))
    return sent


def run(of: Generation, user: User) -> Replay:
    replay = rows.replay(of, user)
    runner.run(replay.pk)
    return Replay.objects.get(pk=replay.pk)


class RunThread:
    """Runs `runner.run` in a thread, as a worker does."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            runner.run(self.replay.pk)
        finally:
            connection.close()

    def end(self) -> Replay:
        self.thread.join(60)
        assert not self.thread.is_alive()
        return Replay.objects.get(pk=self.replay.pk)


def received(demo_gateway: DemoGateway) -> list[bytes]:
    return [base64.b64decode(seen["body"]) for seen in demo_gateway.requests()]


# --- one click --------------------------------------------------------------------------------------------------


def test_a_double_click_is_one_replay_and_one_message(
    chat: Generation, ada: User, source: GatewayConnection, no_workers: list[str]
) -> None:
    click = uuid.uuid4()
    first, second = (start.start_replay(orders.order(chat, source), ada, click) for _ in range(2))
    assert first.pk == second.pk
    assert no_workers == [str(first.pk)]


def test_the_same_click_in_two_threads_is_one_replay(
    chat: Generation, ada: User, source: GatewayConnection, no_workers: list[str]
) -> None:
    click = uuid.uuid4()

    def click_once() -> uuid.UUID:
        try:
            return start.start_replay(orders.order(chat, source), ada, click).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        started = {future.result() for future in [pool.submit(click_once) for _ in range(4)]}
    assert len(started) == len(no_workers) == Replay.objects.count() == 1


def test_a_doubled_message_makes_one_post(chat: Generation, ada: User, demo_gateway: DemoGateway) -> None:
    replay = rows.replay(chat, ada)
    both = [RunThread(replay), RunThread(replay)]
    for thread in both:
        thread.end()
    runner.run(replay.pk)
    assert len(demo_gateway.requests()) == 1


def test_a_cancelled_replay_makes_no_post(chat: Generation, ada: User, demo_gateway: DemoGateway) -> None:
    replay = rows.replay(chat, ada)
    assert replay.ask_to_stop(ada)
    runner.run(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.reason) == (State.CANCELLED, "before_start")
    assert demo_gateway.requests() == []


def test_the_message_waits_for_the_commit(
    chat: Generation, ada: User, source: GatewayConnection, no_workers: list[str]
) -> None:
    with transaction.atomic():
        start.start_replay(orders.order(chat, source), ada, uuid.uuid4())
        assert no_workers == []
    assert len(no_workers) == 1


# --- fidelity -----------------------------------------------------------------------------------------------------


def test_the_gateway_receives_the_stored_bytes(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    body = (
        '{\n "model" : "openai/gpt-5-nano", "temperature": 1e-1, "top_p":0.10, "seed": 12345678901234567890123,\n'
        '"messages":[{"role":"user","content":"\\u00e9\\ud83d\\ude00 \\u0000 \\ud800"}], "stream":false, "x": null, "x": 2 }'
    )
    raw = (
        '{"request_id":"G-1","endpoint":"chat.completions","replay_supported":true,"replay_request":'
        + body
        + "}"
    )
    of = store.store(team, "G-1", ada, Record.read(raw.encode(), asked_id="G-1"), source.pk)
    run(of, ada)
    assert received(demo_gateway) == [body.encode()]


@pytest.mark.slow
def test_every_demo_record_that_can_be_replayed_arrives_as_stored(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    sent: list[bytes] = []
    for row in demo_gateway.call("/demo/catalogue")["records"]:
        found = lookup.find(team, row["request_id"], ada)
        if not isinstance(found, Generation):
            continue
        try:
            order = orders.order(found)
        except orders.ReplayRefused:
            continue
        body = orders.stored_body(order.record)
        assert body is not None
        if b'"demo/' in body or len(body) > 10**6:
            continue
        sent.append(body)
        run(found, ada)
    assert len(sent) > 25
    assert received(demo_gateway) == sent


# --- how it ends --------------------------------------------------------------------------------------------------


def test_a_stream_succeeds_with_its_figures(chat: Generation, ada: User, demo_gateway: DemoGateway) -> None:
    replay = run(chat, ada)
    assert (replay.state, replay.reason, replay.sent, replay.status_code) == (State.SUCCEEDED, "", True, 200)
    assert replay.finish_reason == "stop"
    assert replay.output_tokens
    assert replay.cost_nanos
    assert replay.new_request_id == demo_gateway.requests()[0]["request_id"]
    assert replay.headers_ms is not None
    assert replay.headers_ms <= (replay.first_token_ms or 0) <= (replay.total_ms or 0)


def test_the_answer_is_kept_as_received_and_as_text(chat: Generation, ada: User) -> None:
    replay = run(chat, ada)
    answer = ReplayAnswer.objects.get(replay=replay)
    assert answer.wire.startswith(b"data: {")
    assert len(answer.wire) == answer.size == replay.received_bytes
    assert len(answer.text) > 10
    assert ReplayPart.objects.count() == 0


@pytest.mark.parametrize(
    ("fault", "reason", "status"),
    [
        ("insufficient-funds", "gateway_error", 402),
        ("key-limit", "gateway_error", 429),
        ("upstream", "gateway_error", 502),
        ("html-502", "gateway_error", 502),
        ("redirect", "gateway_error", 307),
        ("truncated", "truncated", 200),
        ("mid-stream-error", "error_finish", 200),
        ("no-answer", "connection_lost", None),
        ("reset", "connection_lost", 200),
    ],
)
def test_a_fault_fails_the_replay_after_one_post(
    chat: Generation, ada: User, demo_gateway: DemoGateway, fault: str, reason: str, status: int | None
) -> None:
    demo_gateway.set(fault=fault)
    replay = run(chat, ada)
    assert (replay.state, replay.reason, replay.status_code) == (State.FAILED, reason, status)
    assert replay.detail
    assert len(demo_gateway.requests()) == 1


@pytest.mark.parametrize("fault", ["truncated", "mid-stream-error", "reset"])
def test_partial_text_is_kept(chat: Generation, ada: User, demo_gateway: DemoGateway, fault: str) -> None:
    demo_gateway.set(fault=fault)
    assert ReplayAnswer.objects.get(replay=run(chat, ada)).text


@pytest.mark.parametrize(
    "fault", ["no-done", "snapshot", "snapshot-only", "crlf", "split-utf8", "big-frame", "burst"]
)
def test_every_form_of_a_good_stream_succeeds(
    chat: Generation, ada: User, demo_gateway: DemoGateway, fault: str
) -> None:
    demo_gateway.set(fault=fault)
    assert run(chat, ada).state == State.SUCCEEDED


def test_a_gateway_that_is_not_there_costs_nothing(
    chat: Generation, ada: User, source: GatewayConnection
) -> None:
    GatewayConnection.objects.filter(pk=source.pk).update(base_url="http://127.0.0.1:9/v1")
    replay = run(chat, ada)
    assert (replay.state, replay.reason, replay.sent) == (State.FAILED, "not_sent", False)


def test_a_removed_connection_costs_nothing(
    chat: Generation, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    replay = rows.replay(chat, ada, connection=None)
    runner.run(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.reason, replay.sent) == (State.FAILED, "not_sent", False)
    assert demo_gateway.requests() == []


def test_the_same_error_again_is_reproduced(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    of = rows.generation(
        team, ada, source, status_code=402, success=False, error_code="user:insufficient_funds"
    )
    demo_gateway.set(fault="insufficient-funds")
    assert run(of, ada).reproduced
    demo_gateway.set(fault="key-limit")
    assert not run(of, ada).reproduced


def test_what_came_outlives_an_error_that_nobody_foresaw(
    chat: Generation, ada: User, demo_gateway: DemoGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once while the answer is read, once while it is stored; the second is stored as soon as it can be."""

    def fail(*_: object) -> None:
        raise RecursionError

    with monkeypatch.context() as patch:
        patch.setattr(LiveLog, "_show", fail)
        broken = run(chat, ada)
    assert (broken.state, broken.reason, broken.sent) == (State.FAILED, "unreadable", True)
    assert ReplayAnswer.objects.get(replay=broken).size == broken.received_bytes
    with monkeypatch.context() as patch:
        patch.setattr(finishing, "store", fail)
        unstored = run(chat, ada)
    assert not ReplayAnswer.objects.filter(replay=unstored).exists()
    assert delivery.deliver_all() == 1
    unstored.refresh_from_db()
    assert unstored.state == State.SUCCEEDED
    assert ReplayAnswer.objects.get(replay=unstored).text
    assert len(demo_gateway.requests()) == 2


# --- stop, deadlines, shutdown --------------------------------------------------------------------------------------


def slow(demo_gateway: DemoGateway, **settings: Any) -> None:
    demo_gateway.set(pace=1, first_byte_ms=0, frames=400, frame_ms=25, **settings)


def test_stop_ends_a_stream_within_two_seconds_and_keeps_its_text(
    chat: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    slow(demo_gateway)
    thread = RunThread(rows.replay(chat, ada))
    wait_for(ReplayPart.objects.exists, 60)
    asked = time.monotonic()
    assert thread.replay.ask_to_stop(ada)
    replay = thread.end()
    assert time.monotonic() - asked < 2
    assert (replay.state, replay.reason) == (State.CANCELLED, "stopped")
    assert ReplayAnswer.objects.get(replay=replay).text


def test_a_silent_first_byte_is_not_taken_for_dead_and_stops_in_time(
    chat: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    demo_gateway.set(pace=1, fault="silence", silence_ms=120_000)
    thread = RunThread(rows.replay(chat, ada))
    wait_for(demo_gateway.requests, 60)
    before = Replay.objects.get(pk=thread.replay.pk).heartbeat_at
    wait_for(lambda: Replay.objects.get(pk=thread.replay.pk).heartbeat_at != before, 5)
    asked = time.monotonic()
    thread.replay.ask_to_stop(ada)
    assert thread.end().state == State.CANCELLED
    assert time.monotonic() - asked < 2


@pytest.mark.parametrize(
    ("fault", "limits"),
    [
        ("silence", Deadlines(0.5, 60, 60)),
        ("stall", Deadlines(60, 0.5, 60)),
        ("endless", Deadlines(60, 60, 1)),
    ],
)
def test_deadlines_end_a_replay(
    chat: Generation,
    ada: User,
    demo_gateway: DemoGateway,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    limits: Deadlines,
) -> None:
    demo_gateway.set(pace=1, first_byte_ms=0, fault=fault)
    monkeypatch.setattr(runner, "deadlines", lambda: limits)
    replay = run(chat, ada)
    assert (replay.state, replay.reason) == (State.FAILED, "deadline")
    assert len(demo_gateway.requests()) == 1


def test_shutdown_interrupts_with_what_came(
    chat: Generation, ada: User, demo_gateway: DemoGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(demo_gateway)
    thread = RunThread(rows.replay(chat, ada))
    wait_for(ReplayPart.objects.exists, 60)
    monkeypatch.setattr(heartbeat, "_quit_at", 0.0)
    replay = thread.end()
    assert (replay.state, replay.reason) == (State.INTERRUPTED, "worker_stopped")
    assert ReplayAnswer.objects.get(replay=replay).text


@pytest.fixture
def quick_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five checkpoints a second, so that a stream of two seconds has several."""
    monkeypatch.setattr("generations.replay.worker.saving.BEAT_S", 0.2)


@pytest.mark.heavy
@pytest.mark.usefixtures("quick_beat")
def test_a_worker_taken_for_lost_still_delivers(
    chat: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    demo_gateway.set(pace=1, first_byte_ms=0, frames=100, frame_ms=25)
    thread = RunThread(rows.replay(chat, ada))
    wait_for(ReplayPart.objects.exists, 60)
    Replay.objects.update(state=State.INTERRUPTED)
    assert thread.end().state == State.SUCCEEDED


@pytest.mark.usefixtures("quick_beat")
def test_the_checkpoints_and_the_live_log_tell_the_same(
    chat: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    demo_gateway.set(pace=1, first_byte_ms=0, frames=4000, frame_ms=25)  # longer than any machine needs
    thread = RunThread(rows.replay(chat, ada))
    wait_for(lambda: ReplayPart.objects.count() > 1, 60)
    saved = follow.saved_log(thread.replay.pk)
    thread.replay.ask_to_stop(ada)
    replay = thread.end()
    assert text_of(saved)
    assert [entry.seq for entry in saved] == list(range(1, len(saved) + 1))
    assert ReplayAnswer.objects.get(replay=replay).text.startswith(text_of(saved))


def test_replay_threads_hold_no_database_connection(
    chat: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    slow(demo_gateway)
    threads = [RunThread(rows.replay(chat, ada)) for _ in range(4)]
    wait_for(lambda: len(demo_gateway.requests()) == 4, 60)
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' "
            "and pid <> pg_backend_pid()"
        )
        (busy,) = cursor.fetchone() or (None,)
    for thread in threads:
        thread.replay.ask_to_stop(ada)
    for thread in threads:
        thread.end()
    assert busy is not None
    assert busy <= 1
