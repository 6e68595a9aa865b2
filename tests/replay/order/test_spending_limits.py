"""Limits of a team: what counts, what is refused, and that no two clicks squeeze past one."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.models import GatewayConnection, Team, User
from generations.models import Batch, Generation, Replay, ReplayLimits
from generations.models.replay import State
from generations.records import retention
from generations.replay import batches
from generations.replay.order import orders, spending_limits, start
from generations.replay.order.spending_limits import LimitExceeded, LimitUsage, LimitUsages, Spend
from generations.replay.worker import runner
from tests.support import people, rows
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db(transaction=True)
COST = 53_300  # nanos: what the original cost, and so what its replay is expected to cost at least


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Messages are collected, not sent."""
    sent: list[str] = []
    monkeypatch.setattr(start, "send_message", lambda replay_id: sent.append(str(replay_id)))
    return sent


@pytest.fixture
def priced(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source, cost_nanos=COST)


@pytest.fixture
def free_of_price(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source, cost_nanos=None)


def allow(team: Team, **columns: int) -> ReplayLimits:
    return ReplayLimits.objects.create(team=team, **columns)


def click(of: Generation, user: User, number: uuid.UUID | None = None) -> Replay:
    return start.start_replay(orders.order(of), user, number or uuid.uuid4())


def spent(team: Team, now: datetime | None = None) -> Spend:
    """What everybody in the team has used on the day of `now`."""
    return spending_limits.spend_of_both(spending_limits.today(team, now), people.person())[1]


def refusal(run: Callable[[], Any]) -> str:
    with pytest.raises(LimitExceeded) as caught:
        run()
    return str(caught.value)


def order_batch(of: Generation, user: User, times: int) -> Batch:
    made = batches.plan_batch([of], times=times)
    return batches.start_batch(of.team, user, uuid.uuid4(), "many", made, parallel=2)


# --- two clicks at once -------------------------------------------------------------------------------------------


def at_once(runs: list[Callable[[], Any]]) -> list[str]:
    """Runs all in threads that begin together; returns the names of what came of them, sorted."""
    gate = threading.Barrier(len(runs))

    def outcome(run: Callable[[], Any]) -> str:
        try:
            gate.wait(30)
            return type(run()).__name__
        except LimitExceeded as exceeded:
            return type(exceeded).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runs)) as pool:
        return sorted(pool.map(outcome, runs))


@pytest.mark.parametrize(
    "columns",
    [
        {"person_day_count": 3},
        {"team_day_count": 3},
        {"person_day_nanos": 3 * COST},
        {"team_day_nanos": 4 * COST - 1},
    ],
    ids=str,
)
def test_two_clicks_at_once_do_not_squeeze_past_a_limit_of_one_more(
    team: Team, ada: User, priced: Generation, no_workers: list[str], columns: dict[str, int]
) -> None:
    allow(team, **columns)
    for _ in range(2):
        click(priced, ada)
    placed = [orders.order(priced) for _ in range(4)]
    ended = at_once([partial(start.start_replay, order, ada, uuid.uuid4()) for order in placed])
    assert ended == ["LimitExceeded", "LimitExceeded", "LimitExceeded", "Replay"]
    assert (Replay.objects.count(), len(no_workers)) == (3, 3)


def test_a_batch_and_a_click_at_once_do_not_squeeze_past_a_limit(
    team: Team, ada: User, priced: Generation
) -> None:
    allow(team, team_day_count=5)
    single = orders.order(priced)
    ended = at_once(
        [lambda: start.start_replay(single, ada, uuid.uuid4()), lambda: order_batch(priced, ada, 5)]
    )
    assert ended in (["Batch", "LimitExceeded"], ["LimitExceeded", "Replay"])
    assert Replay.objects.count() == (5 if "Batch" in ended else 1)


def test_people_of_one_team_share_the_limit_of_the_team(team: Team, ada: User, priced: Generation) -> None:
    allow(team, team_day_count=1)
    both = [ada, people.person(team)]
    placed = [(orders.order(priced), user) for user in both]
    ended = at_once([partial(start.start_replay, *arguments, uuid.uuid4()) for arguments in placed])
    assert ended == ["LimitExceeded", "Replay"]


def test_another_team_does_not_wait_for_the_limits_of_this_one(
    team: Team, ada: User, priced: Generation, demo_gateway: DemoGateway
) -> None:
    other = people.team()
    bob = people.person(other)
    theirs = rows.generation(other, bob, people.connection(other, demo_gateway.url), cost_nanos=COST)
    for each in (team, other):
        allow(each, team_day_count=1)
    click(priced, ada)
    assert click(theirs, bob).team == other


# --- one click ----------------------------------------------------------------------------------------------------


def test_the_double_click_of_an_allowed_replay_is_not_refused_by_the_limit_it_filled(
    team: Team, ada: User, priced: Generation, no_workers: list[str]
) -> None:
    allow(team, person_day_count=1, team_day_nanos=COST)
    number = uuid.uuid4()
    assert click(priced, ada, number).pk == click(priced, ada, number).pk
    order = orders.order(priced)
    assert at_once([lambda: start.start_replay(order, ada, number)] * 3) == ["Replay"] * 3
    assert (Replay.objects.count(), len(no_workers)) == (1, 1)
    refusal(lambda: click(priced, ada))


def test_a_double_click_of_a_batch_is_not_refused_by_the_limit_it_filled(
    team: Team, ada: User, priced: Generation
) -> None:
    allow(team, team_day_count=3)
    made, number = batches.plan_batch([priced], times=3), uuid.uuid4()
    both = [batches.start_batch(team, ada, number, "many", made, parallel=1) for _ in range(2)]
    assert both[0].pk == both[1].pk
    assert Replay.objects.count() == 3


def test_a_refused_click_leaves_nothing_and_may_be_made_again(
    team: Team, ada: User, priced: Generation, no_workers: list[str]
) -> None:
    held, number = allow(team, person_day_count=0), uuid.uuid4()
    refusal(lambda: click(priced, ada, number))
    assert (Replay.objects.count(), no_workers) == (0, [])
    held.delete()
    assert click(priced, ada, number).state == State.QUEUED


def test_without_limits_everything_is_allowed(team: Team, ada: User, priced: Generation) -> None:
    click(priced, ada)
    allow(team)
    assert order_batch(priced, ada, 3).size == 3


# --- what is refused ----------------------------------------------------------------------------------------------


def test_one_replay_may_cost_up_to_the_limit(team: Team, ada: User, priced: Generation) -> None:
    held = allow(team, per_replay_nanos=COST)
    click(priced, ada)
    ReplayLimits.objects.filter(pk=held.pk).update(per_replay_nanos=COST - 1)
    assert refusal(lambda: click(priced, ada)) == (
        "One replay may cost at most $0.0000533; this one is expected to cost at least $0.0000533. "
        "An admin of the team can raise the limit."
    )


def test_the_dearest_that_is_expected_is_what_counts(team: Team, ada: User, priced: Generation) -> None:
    replay = rows.replay(priced, ada, expected_low=1, expected_high=2 * 10**9)
    message = refusal(
        lambda: spending_limits.check(ReplayLimits(team=team, per_replay_nanos=10**9), team, ada, [replay])
    )
    assert message.startswith("One replay may cost at most $1.00; this one is expected to cost up to $2.00.")


def test_a_batch_over_a_limit_creates_nothing(
    team: Team, ada: User, priced: Generation, no_workers: list[str]
) -> None:
    held = allow(team, team_day_count=4)
    assert refusal(lambda: order_batch(priced, ada, 5)) == (
        "The team may start 4 replays a day, and this would make 5. "
        "The day ends at midnight UTC; an admin of the team can raise the limit."
    )
    ReplayLimits.objects.filter(pk=held.pk).update(team_day_count=None, person_day_nanos=4 * COST)
    assert refusal(lambda: order_batch(priced, ada, 5)).startswith(
        "You may spend $0.000213 on replays a day, and this would make up to $0.000267."
    )
    ReplayLimits.objects.filter(pk=held.pk).update(person_day_nanos=None, per_replay_nanos=1)
    assert "one of these is expected" in refusal(lambda: order_batch(priced, ada, 5))
    assert (Replay.objects.count(), Batch.objects.count(), no_workers) == (0, 0, [])
    ReplayLimits.objects.filter(pk=held.pk).update(per_replay_nanos=None)
    assert order_batch(priced, ada, 5).replays.count() == 5


def test_what_waits_in_a_batch_counts(team: Team, ada: User, priced: Generation) -> None:
    allow(team, person_day_count=3)
    order_batch(priced, ada, 3)
    refusal(lambda: click(priced, ada))
    Batch.objects.get().cancel(ada)
    assert click(priced, ada)


def test_one_person_does_not_use_up_what_another_may(team: Team, ada: User, priced: Generation) -> None:
    allow(team, person_day_count=1)
    click(priced, ada)
    assert click(priced, people.person(team))


def test_unknown_prices_count_against_the_limits_in_number_only(
    team: Team, ada: User, free_of_price: Generation
) -> None:
    allow(team, per_replay_nanos=0, person_day_nanos=0, team_day_nanos=0, team_day_count=2)
    for _ in range(2):
        assert click(free_of_price, ada).expected_low is None
    assert "2 replays a day" in refusal(lambda: click(free_of_price, ada))


# --- what counts --------------------------------------------------------------------------------------------------

HIGH, LOW = 9, 5


@pytest.mark.parametrize(
    ("columns", "counted"),
    [
        ({}, Spend(1, HIGH)),
        ({"expected_high": None}, Spend(1, LOW)),
        ({"expected_high": None, "expected_low": None}, Spend(1, 0)),
        ({"state": State.RUNNING}, Spend(1, HIGH)),
        ({"state": State.SUCCEEDED, "sent": True, "cost_nanos": 7}, Spend(1, 7)),
        ({"state": State.SUCCEEDED, "sent": True, "cost_nanos": 70}, Spend(1, 70)),
        ({"state": State.SUCCEEDED, "sent": True, "cost_nanos": 0}, Spend(1, 0)),
        ({"state": State.CANCELLED, "sent": True, "reason": "stopped"}, Spend(1, HIGH)),
        ({"state": State.INTERRUPTED, "reason": "worker_lost"}, Spend(1, HIGH)),
        ({"state": State.FAILED, "sent": True, "status_code": 502}, Spend(1, HIGH)),
        ({"state": State.FAILED, "sent": True, "status_code": 402}, Spend(1, 0)),
        ({"state": State.FAILED, "sent": False, "reason": "not_sent"}, Spend(0, 0)),
        ({"state": State.CANCELLED, "sent": None, "reason": "before_start"}, Spend(0, 0)),
        ({"state": State.CANCELLED, "sent": False, "reason": "before_start"}, Spend(0, 0)),
    ],
    ids=str,
)
def test_what_a_replay_counts_for(
    team: Team, ada: User, chat: Generation, columns: dict[str, Any], counted: Spend
) -> None:
    rows.replay(chat, ada, **{"expected_low": LOW, "expected_high": HIGH, **columns})
    assert spending_limits.spend_of_both(spending_limits.today(team), ada) == (counted, counted)


def test_what_was_stopped_before_it_began_gives_its_room_back(
    team: Team, ada: User, priced: Generation
) -> None:
    allow(team, person_day_count=1, team_day_nanos=COST)
    assert click(priced, ada).ask_to_stop(ada)
    assert click(priced, ada).state == State.QUEUED


def test_a_gateway_that_is_not_there_uses_nothing_up(
    team: Team, ada: User, priced: Generation, source: GatewayConnection
) -> None:
    allow(team, person_day_count=1, team_day_nanos=COST)
    order = orders.order(priced)
    GatewayConnection.objects.filter(pk=source.pk).update(base_url="http://127.0.0.1:9/v1")
    runner.run(start.start_replay(order, ada, uuid.uuid4()).pk)
    assert spent(team) == Spend(0, 0)


def test_the_cost_takes_the_place_of_what_was_expected(team: Team, ada: User, priced: Generation) -> None:
    replay = click(priced, ada)
    runner.run(replay.pk)
    replay.refresh_from_db()
    assert replay.cost_nanos is not None
    assert spent(team) == Spend(1, replay.cost_nanos)


def test_a_day_begins_at_midnight_utc(team: Team, ada: User, chat: Generation) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    for seconds in (-1, 0, 1):
        rows.replay(chat, ada, created_at=midnight + timedelta(seconds=seconds))
    assert spent(team, midnight + timedelta(hours=23)).count == 2


def test_a_click_before_midnight_counts_to_its_own_day_although_the_lock_came_later(
    team: Team, ada: User, chat: Generation
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    late = [rows.replay(chat, ada, created_at=yesterday) for _ in range(2)]
    refusal(lambda: spending_limits.check(ReplayLimits(team=team, person_day_count=1), team, ada, late[1:]))


def test_other_teams_do_not_count(team: Team, ada: User, chat: Generation) -> None:
    rows.replay(chat, ada)
    assert spent(people.team()) == Spend(0, 0)


def test_forgetting_a_generation_gives_no_room_back(team: Team, ada: User, priced: Generation) -> None:
    bob = people.person(team)
    rows.replay(priced, ada, state=State.SUCCEEDED, sent=True, cost_nanos=30)
    rows.replay(priced, bob, state=State.SUCCEEDED, sent=True, expected_high=9)
    rows.replay(priced, ada, state=State.FAILED, sent=False)
    rows.replay(priced, ada, state=State.SUCCEEDED, sent=True, created_at=timezone.now() - timedelta(days=1))
    before = spending_limits.spend_today(team, ada)
    retention.forget(priced, ada)
    assert spent(team) == Spend(0, 0)
    assert spending_limits.spend_today(team, ada) == before == (Spend(1, 30), Spend(2, 39))
    assert spending_limits.spend_today(team, bob) == (Spend(1, 9), Spend(2, 39))
    assert spending_limits.spend_today(people.team(), ada) == (Spend(0, 0), Spend(0, 0))


# --- how it stands ------------------------------------------------------------------------------------------------


def test_standings_tell_what_is_used_and_left(team: Team, ada: User, chat: Generation) -> None:
    rows.replay(chat, ada, expected_high=30)
    rows.replay(chat, people.person(team), expected_high=90)
    held = allow(team, person_day_nanos=120, team_day_nanos=100, team_day_count=0)
    usages = spending_limits.limit_usages(team, ada, held)
    assert usages == LimitUsages(
        LimitUsage(30, 120), LimitUsage(1, None), LimitUsage(120, 100), LimitUsage(2, 0)
    )
    assert [(usage.left, usage.share) for usage in (usages.person_day_nanos, usages.person_day_count)] == [
        (90, "0.25"),
        (None, ""),
    ]
    assert [(usage.left, usage.share) for usage in (usages.team_day_nanos, usages.team_day_count)] == [
        (0, "1"),
        (0, "1"),
    ]
    assert spending_limits.limit_usages(team, ada, None).team_day_count == LimitUsage(2, None)


@pytest.mark.parametrize(
    ("threshold", "high", "asked"),
    [(None, 10**12, False), (10, 11, True), (10, 10, False), (0, 1, True), (0, 0, False), (10, None, False)],
)
def test_what_is_dear_needs_a_confirmation(threshold: int | None, high: int | None, asked: bool) -> None:
    assert spending_limits.needs_confirmation(ReplayLimits(confirm_nanos=threshold), high) == asked
    assert not spending_limits.needs_confirmation(None, high)
