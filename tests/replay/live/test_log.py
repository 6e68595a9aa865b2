"""The live log of a running replay: its log, its numbers, its deadlines."""

import threading
import uuid
from collections.abc import Iterable

import pytest

from generations.gateway import events as ev
from generations.gateway.events import LiveAnswer
from generations.replay.live.log import LIVE_BYTES, MORE, Deadlines, LiveLog, LogEntry, shown
from generations.replay.raw_answer import ENOUGH, ROOM
from generations.replay.worker import heartbeat

pytestmark = pytest.mark.heavy


class Clock:
    """Seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live_log(clock: Clock) -> LiveLog:
    return LiveLog(uuid.uuid4(), uuid.uuid4(), Deadlines(first_byte=10, idle=5, total=60), clock=clock)


def take(live_log: LiveLog, events: Iterable[ev.Event]) -> list[LogEntry]:
    for event in events:
        live_log.take(event)
    live_log.number()
    return live_log.unsent


def test_neighbours_of_one_kind_become_one_entry(live_log: LiveLog) -> None:
    entries = take(live_log, [ev.Reasoning("hm"), ev.Text("Hel"), ev.Text("lo")])
    assert entries == [LogEntry(1, "reasoning", "hm"), LogEntry(2, "text", "Hello")]


def test_numbers_go_on_without_gaps(live_log: LiveLog) -> None:
    take(live_log, [ev.Text("a")])
    assert [entry.seq for entry in take(live_log, [ev.Text("b"), ev.Refusal("no")])] == [1, 2, 3]


def test_what_is_numbered_waits_for_redis_and_for_postgres(live_log: LiveLog) -> None:
    take(live_log, [ev.Text("a")])
    assert live_log.unsent == live_log.unsaved == [LogEntry(1, "text", "a")]


def test_true_deltas_of_arguments_are_appended(live_log: LiveLog) -> None:
    entries = take(live_log, [ev.ToolCall(0, "c1", "weather", '{"ci'), ev.ToolCall(0, None, None, 'ty":1}')])
    assert entries == [LogEntry(1, "tool", "weather"), LogEntry(2, "args", '{"city":1}')]


def test_cumulative_arguments_are_shown_once(live_log: LiveLog) -> None:
    entries = take(
        live_log,
        [
            ev.ToolCall(0, "c1", "weather", '{"ci', replace=True),
            ev.ToolCall(0, None, None, '{"city"', replace=True),
        ],
    )
    assert "".join(entry.text for entry in entries if entry.kind == "args") == '{"city"'


def test_a_snapshot_that_says_the_same_changes_nothing(live_log: LiveLog) -> None:
    same = LiveAnswer().collect([ev.Text("Hello")])
    assert take(live_log, [ev.Text("Hello"), ev.Snapshot(same)]) == [LogEntry(1, "text", "Hello")]


def test_a_snapshot_that_differs_replaces(live_log: LiveLog) -> None:
    other = LiveAnswer().collect([ev.Text("Hello, world")])
    entries = take(live_log, [ev.Text("Hel"), ev.Snapshot(other)])
    assert [(entry.kind, entry.text) for entry in entries] == [
        ("text", "Hel"),
        ("replace", ""),
        ("text", "Hello, world"),
    ]
    assert shown(live_log.answer) == [("text", "Hello, world")]


def test_bytes_are_kept_up_to_the_limit_and_then_the_replay_ends(clock: Clock) -> None:
    live_log = LiveLog(uuid.uuid4(), uuid.uuid4(), Deadlines(10, 5, 60, size=100), clock=clock)
    take(live_log, [ev.Received(b"x" * 99), ev.Received(b"yz"), ev.Received(b"!")])
    assert b"".join(live_log.held.wire(live_log.replay_id).pieces()) == b"x" * 99 + b"y"
    assert (live_log.held.received, live_log.stop_reason, live_log.stop.cancelled) == (102, "too_large", True)


def test_a_flood_past_the_deadline_ends_by_itself(live_log: LiveLog, clock: Clock) -> None:
    """The reading thread looks at the clock itself: in a flood the heartbeat may not get to it."""
    live_log.take(ev.Received(b"a"))
    assert not live_log.stop.cancelled
    clock.now += 60.1
    live_log.take(ev.Received(b"b"))
    assert (live_log.stop_reason, live_log.stop.cancelled) == ("deadline_total", True)


def test_the_live_log_ends_where_it_has_no_more_room(live_log: LiveLog) -> None:
    entries = take(live_log, [ev.Text("x" * 1000)] * (LIVE_BYTES // 1000 + 100))
    assert entries[-1].text == MORE
    assert sum(len(entry.text) for entry in entries) < LIVE_BYTES + 1000
    take(live_log, [ev.Text("more"), ev.StreamError("no", None, "")])
    assert live_log.unsent == entries
    assert len(live_log.answer.text()) <= LIVE_BYTES


def test_many_small_steps_have_no_room_either(live_log: LiveLog) -> None:
    events = [event for at in range(200_000) for event in (ev.ToolCall(at, "", "f", "{"), ev.Text("a"))]
    entries = take(live_log, events)
    assert len(entries) < 50_000
    assert entries[-1].text == MORE


def test_a_reader_waits_for_a_checkpoint_when_much_is_not_saved(clock: Clock) -> None:
    live_log = LiveLog(uuid.uuid4(), uuid.uuid4(), Deadlines(10, 5, 60), clock=clock)
    reader = threading.Thread(target=lambda: take(live_log, [ev.Received(b"x" * 2**16)] * 100), daemon=True)
    reader.start()
    reader.join(0.5)
    assert reader.is_alive()
    assert ROOM < live_log.held.waiting <= ROOM + 2**16
    clock.now += 6
    assert live_log.overdue() == ""  # it is not the gateway that is idle
    checkpoint = live_log.checkpoint()
    assert checkpoint is not None
    assert live_log.checkpoint() is checkpoint
    assert len(checkpoint.wire) <= ENOUGH + 2**16
    while reader.is_alive():
        live_log.mark_saved()
        reader.join(0.1)
        assert live_log.checkpoint() is not None or not reader.is_alive()
    assert (live_log.held.received, live_log.stop_reason) == (100 * 2**16, "")


def test_a_reader_that_waits_still_has_a_deadline(live_log: LiveLog, clock: Clock) -> None:
    reader = threading.Thread(target=lambda: take(live_log, [ev.Received(b"x" * (ROOM + 1))]), daemon=True)
    reader.start()
    reader.join(0.3)
    assert reader.is_alive()
    clock.now += 61
    reader.join(5)
    assert not reader.is_alive()
    assert live_log.stop_reason == "deadline_total"


def test_characters_that_postgres_refuses_are_made_visible(live_log: LiveLog) -> None:
    (entry,) = take(live_log, [ev.Text("a\0b\ud800c")])
    assert "\0" not in entry.text
    assert entry.text.encode()


def test_times_count_from_the_post(live_log: LiveLog, clock: Clock) -> None:
    clock.now += 0.25
    live_log.take(ev.Opened(200, {}, "text/event-stream"))
    clock.now += 0.25
    live_log.take(ev.Received(b"data"))
    live_log.take(ev.Text("a"))
    assert (
        live_log.ms(live_log.headers_at),
        live_log.ms(live_log.first_token_at),
        live_log.ms(live_log.last_byte_at),
    ) == (
        250,
        500,
        500,
    )


@pytest.mark.parametrize(
    ("after", "byte_at", "late"),
    [
        (9, None, ""),
        (11, None, "deadline_first_byte"),
        (11, 9, ""),
        (16, 9, "deadline_idle"),
        (61, 60, "deadline_total"),
    ],
)
def test_deadlines(live_log: LiveLog, clock: Clock, after: float, byte_at: float | None, late: str) -> None:
    if byte_at is not None:
        clock.now = live_log.begun + byte_at
        live_log.take(ev.Received(b"x"))
    clock.now = live_log.begun + after
    assert live_log.overdue() == late


@pytest.mark.parametrize("begins", [False, True])
def test_a_process_that_was_stopped_blames_no_gateway(live_log: LiveLog, clock: Clock, begins: bool) -> None:
    """What came while it was stopped is in the socket, and its silence begins anew. The time in all goes on."""
    if begins:
        live_log.take(ev.Received(b"a"))
    clock.now += 11
    assert live_log.overdue()
    live_log.excuse()
    assert live_log.overdue() == ""
    clock.now += 11
    assert live_log.overdue() == ("deadline_idle" if begins else "deadline_first_byte")
    clock.now += 40
    live_log.excuse()
    assert live_log.overdue() == "deadline_total"


@pytest.mark.parametrize(
    ("tick", "overslept", "stopped"),
    [(0.1, 0.3, False), (5.0, 0.0, False), (0.1, 11.0, True), (11.0, 0.0, True)],
)
def test_a_busy_machine_or_a_slow_redis_is_no_stop(tick: float, overslept: float, stopped: bool) -> None:
    assert heartbeat.was_stopped(tick, overslept) is stopped


def test_two_silent_minutes_are_no_fault_with_the_usual_limits(clock: Clock) -> None:
    live_log = LiveLog(uuid.uuid4(), uuid.uuid4(), Deadlines(600, 180, 1800), clock=clock)
    clock.now += 121
    assert live_log.overdue() == ""


def test_the_first_reason_to_stop_counts(live_log: LiveLog) -> None:
    live_log.end("cancelled")
    live_log.end("shutdown")
    assert live_log.stop_reason == "cancelled"
