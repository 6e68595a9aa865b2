"""The ledger: filters, places, sums, index plans at 50,000 rows, CSV."""

import csv
import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet

from dashboard.consents.models import Consent
from dashboard.models import Team, User
from generations.lists import ledger, offers, sorting
from generations.lists import rows as list_rows
from generations.lists.csv_export import MARK
from generations.lists.ledger import ORDERING, ReplaySum, matching, page, patch_cells
from generations.models import Batch, Generation, Replay
from generations.models.replay import State
from generations.models.replay_costs import UNSENT
from generations.replay.order.spending_limits import dearest
from tests.support import people, rows
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATCH = json.dumps([{"op": "replace", "path": "/temperature", "value": 0}, {"op": "remove", "path": "/seed"}])


def stored(team: Team) -> Generation:
    return Generation.objects.filter(team=team).first() or keep(team, b'{"request_id": "r"}', "r")


def replay(team: Team, user: User, **columns: Any) -> Replay:
    return rows.replay(stored(team), user, **{"created_at": NOON, **columns})


def batch(team: Team, **columns: Any) -> Batch:
    return Batch.objects.create(team=team, click=uuid4(), parallel=1, size=1, **columns)


def whys(found: "QuerySet[Replay]") -> list[str]:
    return [replay.why for replay in found.order_by("why")]


# --- filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "columns", "others"),
    [
        ({"model": "m/1"}, {"model_id": "m/1"}, {"model_id": "m/12"}),
        ({"provider": "p"}, {"provider": "p"}, {"provider": "P"}),
        ({"state": "failed"}, {"state": State.FAILED}, {"state": State.CANCELLED}),
        ({"sent_as": "changed"}, {"patch": PATCH}, {"patch": ""}),
        ({"sent_as": "stored"}, {"patch": ""}, {"patch": PATCH}),
        ({"since": NOON.date()}, {"created_at": datetime(2026, 11, 20, tzinfo=UTC)}, None),
        ({"since": date(2026, 11, 21)}, {"created_at": NOON + timedelta(hours=12)}, {}),
        ({"until": NOON.date()}, {"created_at": datetime(2026, 11, 20, 23, 59, 59, 999999, UTC)}, None),
        ({"until": date(2026, 11, 19)}, {"created_at": NOON - timedelta(hours=12, microseconds=1)}, {}),
        ({"who": None, "model": "", "state": ""}, {}, None),
    ],
    ids=str,
)
def test_each_filter(
    team: Team, ada: User, wanted: dict[str, Any], columns: dict[str, Any], others: dict[str, Any] | None
) -> None:
    replay(team, ada, why="yes", **columns)
    replay(people.team(), ada, why="of another team", **columns)
    if others is not None:
        replay(team, ada, why="no", **others)
    assert whys(matching(team, wanted)) == ["yes"]


def test_people_and_batches_are_filters(team: Team, ada: User) -> None:
    replay(team, ada, why="ada")
    replay(team, people.person(team), why="bob", batch=batch(team))
    assert whys(matching(team, {"who": ada.pk})) == ["ada"]
    assert whys(matching(team, {"kind": "single"})) == ["ada"]
    assert whys(matching(team, {"kind": "batch"})) == ["bob"]


def test_whoever_left_can_still_be_chosen(team: Team, ada: User) -> None:
    bob = people.person()
    replay(team, bob)
    people.person(people.team())
    assert set(ledger.people(team)) == {ada, bob}


# --- what a line shows --------------------------------------------------------------------------------------------


def entry(team: Team, user: User, **columns: Any) -> Replay:
    replay(team, user, **columns)
    (found,) = page(matching(team, {})).rows
    return found


@pytest.mark.parametrize(
    ("columns", "cost", "expected", "is_unsent"),
    [
        ({"cost_nanos": 7, "sent": True}, 7, None, False),
        ({"expected_low": 3, "expected_high": 9}, None, 9, False),
        ({"expected_low": 3}, None, 3, False),
        ({"sent": False, "expected_high": 9}, 0, 9, True),
        ({"state": State.CANCELLED, "reason": "before_start"}, 0, None, True),
        ({"state": State.FAILED, "sent": True, "status_code": 429}, 0, None, False),
        ({"state": State.FAILED, "sent": True, "status_code": 500}, None, None, False),
    ],
    ids=str,
)
def test_costs_are_known_or_unknown(
    team: Team, ada: User, columns: dict[str, Any], cost: int | None, expected: int | None, is_unsent: bool
) -> None:
    row = entry(team, ada, **columns)
    shown = list_rows.of_replay(row, team)
    assert (shown.cost, dearest(row), row.is_unsent) == (cost, expected, is_unsent)
    assert Replay.objects.filter(UNSENT).exists() == is_unsent


def test_the_changes_of_a_patch_are_counted(team: Team, ada: User) -> None:
    assert patch_cells(entry(team, ada, patch=PATCH)) == (2, PATCH)


@pytest.mark.parametrize("patch", ["[", "{}", '[{"op": "add"}]', "x" * 5000])
def test_a_patch_that_cannot_be_read_is_shown_as_it_is_a_long_one_by_its_size(
    team: Team, ada: User, patch: str
) -> None:
    shown = patch if len(patch) < 5000 else "5000 bytes"
    assert patch_cells(entry(team, ada, patch=patch)) == ("", shown)


def test_no_answer_no_record_and_no_long_patch_is_read(
    team: Team, ada: User, django_assert_num_queries: Any
) -> None:
    replay(team, ada, patch="x" * 100_000, detail="a quote", batch=batch(team, title="t"))
    with django_assert_num_queries(1) as queries:
        (shown,) = page(matching(team, {})).rows
        line = dict(zip(ledger.CSV_COLUMNS, ledger.cells(shown), strict=True))
    assert (line["request_id"], line["batch"], line["changes"]) == ("r", "t", "")
    sql = queries.captured_queries[0]["sql"]
    for column in ("detail", "packed", '"outline"', "parts", "left_out"):
        assert column not in sql
    assert '"generations_replay"."patch",' not in sql.replace('LEFT("generations_replay"."patch",', "")


# --- places -------------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_repetition(team: Team, ada: User) -> None:
    made = [replay(team, ada, created_at=NOON + timedelta(hours=number // 3)) for number in range(7)]
    seen, place = [], None
    while True:
        found = page(matching(team, {}), place, 2)
        seen.append([row.pk for row in found.rows])
        if found.older is None:
            break
        place = ORDERING.read_cursor(str(found.older))
    in_order = sorted(made, key=lambda row: (row.created_at, row.pk.int), reverse=True)
    assert [pk for few in seen for pk in few] == [row.pk for row in in_order]
    assert [len(few) for few in seen] == [2, 2, 2, 1]


def test_back_leads_to_the_page_before(team: Team, ada: User) -> None:
    for number in range(5):
        replay(team, ada, why=str(number), created_at=NOON + timedelta(hours=number))
    first = page(matching(team, {}), None, 2)
    second = page(matching(team, {}), first.older, 2)
    assert second.newer is not None
    back = page(matching(team, {}), ORDERING.read_cursor(str(second.newer), back=True), 2)
    assert [row.why for row in back.rows] == ["4", "3"]
    assert (first.newer, back.newer, back.older) == (None, None, first.older)


@pytest.mark.parametrize("text", ["", "x", "_1", "2026-01-01_1", "2026-01-01T00:00:00+00:00_x", "²_²"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert (ORDERING.read_cursor(text), ORDERING.read_cursor(text, sort="-cost")) == (None, None)


def test_every_order_holds_every_row_once_forwards_and_back(team: Team, ada: User) -> None:
    """What was never sent cost nothing: it stands among the known costs, as its row says."""
    values = (5, None, 1, 5, None, 3)
    made = [
        replay(
            team,
            ada,
            cost_nanos=value,
            total_ms=value,
            output_tokens=value,
            created_at=NOON + timedelta(hours=n % 3),
        )
        for n, value in enumerate(values)
    ]
    Replay.objects.filter(pk=made[1].pk).update(sent=False)
    found = matching(team, {})
    for name in sorting.NAMES:
        for sort in {name, f"-{name}"} - {sorting.NEWEST}:
            whole = list(page(found, sort=sort).rows)
            known = [row.sort_place for row in whole if row.sort_place is not None]  # type: ignore[attr-defined]
            assert known == sorted(known, reverse=sort.startswith("-"))
            assert len(known) == {"time": 6, "cost": 5}.get(name, 4)
            cut, forwards = page(found, size=2, sort=sort), list[Replay]()
            while True:
                forwards += cut.rows
                if cut.older is None:
                    break
                cut = page(found, ORDERING.read_cursor(str(cut.older), sort=sort), 2, sort=sort)
            back = page(found, ORDERING.read_cursor(str(cut.newer), sort=sort, back=True), 2, sort=sort)
            assert (forwards, list(back.rows)) == (whole, whole[2:4])
            after = [ORDERING.neighbour(found, row, sort, back=False) for row in whole]
            assert after == [*whole[1:], None]


# --- sums ---------------------------------------------------------------------------------------------------------


def test_sums_keep_known_and_unknown_apart(team: Team, ada: User, django_assert_num_queries: Any) -> None:
    bob = people.person(team)
    day = NOON.date()
    replay(team, ada, model_id="m/1", cost_nanos=10, sent=True)
    replay(team, ada, model_id="m/1", cost_nanos=5, sent=True, created_at=NOON - timedelta(days=2))
    replay(team, bob, model_id="m/2", expected_low=1, expected_high=100)
    replay(team, bob, model_id="m/2", expected_low=7)
    replay(team, bob)
    replay(team, bob, state=State.FAILED, sent=False, expected_high=1_000)
    replay(people.team(), ada, cost_nanos=1_000)
    with django_assert_num_queries(1):
        totals = ledger.sums(matching(team, {}))
    assert totals.total == ReplaySum(None, 6, 15, 3, 107, 1)
    assert totals.days == [
        ReplaySum(day - timedelta(days=2), 1, 5, 0, 0, 0),
        ReplaySum(day, 5, 10, 3, 107, 1),
    ]
    assert totals.people == [ReplaySum(ada.pk, 2, 15, 0, 0, 0), ReplaySum(bob.pk, 4, 0, 3, 107, 1)]
    assert totals.models == [
        ReplaySum("m/1", 2, 15, 0, 0, 0),
        ReplaySum("", 2, 0, 1, 0, 1),
        ReplaySum("m/2", 2, 0, 2, 107, 0),
    ]


def test_sums_are_of_what_the_filters_find(team: Team, ada: User) -> None:
    for day in range(3):
        replay(team, ada, cost_nanos=1, created_at=NOON + timedelta(days=day), patch=PATCH if day else "")
    wanted = {"since": NOON.date(), "until": date(2026, 11, 21), "sent_as": "changed", "who": ada.pk}
    assert ledger.sums(matching(team, wanted)).total == ReplaySum(None, 1, 1, 0, 0, 0)


def test_days_are_those_of_utc(team: Team, ada: User) -> None:
    replay(team, ada, created_at=datetime.fromisoformat("2026-11-21T01:00:00+03:00"))
    assert [day.key for day in ledger.sums(matching(team, {})).days] == [date(2026, 11, 20)]


def test_sums_of_nothing_are_nothing(team: Team) -> None:
    assert ledger.sums(matching(team, {})).total == ReplaySum(None, 0, 0, 0, 0, 0)


def test_sums_are_larger_than_an_integer_of_the_database(team: Team, ada: User) -> None:
    for _ in range(2):
        replay(team, ada, cost_nanos=2**62)
    assert ledger.sums(matching(team, {})).total.known == 2**63


def test_a_person_who_is_gone_is_summed_apart(team: Team, ada: User) -> None:
    replay(team, ada, cost_nanos=3)
    ada.delete()
    assert ledger.sums(matching(team, {})).people == [ReplaySum(None, 1, 3, 0, 0, 0)]


# --- plans --------------------------------------------------------------------------------------------------------

FILL = """
INSERT INTO generations_replay
    (id, team_id, generation_id, record_id, requested_by_id, click, patch, why, place, created_at, queued_at,
     message_sent_at, state, reason, detail, reproduced, body_sha256, content_type, received_bytes, finish_reason,
     cost_nanos, total_ms, output_tokens, expected_high, model_id, provider, new_request_id, record_tries,
     {more_columns} sent)
SELECT gen_random_uuid(), (%(teams)s::int[])[1 + n %% 2], %(generation)s, %(record)s, (%(users)s::int[])[1 + n / 2 %% 2],
       gen_random_uuid(), CASE WHEN n / 2 %% 3 = 0 THEN '[]' ELSE '' END, '', NULL, now() - n * interval '1 minute',
       now(), now(), CASE WHEN n / 2 %% 50 = 0 THEN 'failed' ELSE 'succeeded' END, '', '', false, '', '', 0, '',
       CASE WHEN n / 2 %% 10 > 0 THEN n END, CASE WHEN n / 2 %% 10 > 0 THEN n END, CASE WHEN n / 2 %% 10 > 0 THEN n END,
       n * 2, 'model/' || n / 2 %% 40, '', '', 0, {more_values} true
FROM generate_series(1, %(rows)s) n
"""


def missing_columns() -> list[str]:
    """Columns that a later version of the table has, all texts."""
    known = FILL.split("{more_columns}")[0]
    return [
        column
        for field in Replay._meta.concrete_fields
        if (column := str(field.column)) not in known
        and not (field.null or field.has_db_default() or column == "sent")
    ]


def fill(team: Team, users: list[User], count: int) -> None:
    of, others = stored(team), people.team()
    more = missing_columns()
    sql = FILL.replace("{more_columns}", "".join(f"{name}, " for name in more))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.replace("{more_values}", "'', " * len(more)),
            {
                "teams": [team.pk, others.pk],
                "generation": of.pk,
                "record": of.records.get().pk,
                "users": [user.pk for user in users],
                "rows": count,
            },
        )
        cursor.execute("ANALYZE generations_replay")


def plan(found: Any, *order: str) -> list[str]:
    """How the first page is read: the indexes, and "scan" and "sort" where it does these for all rows."""
    rows = ledger.shown(found).order_by(*order or ("-created_at", "-id"))
    explained = json.loads(rows[:51].explain(format="json"))
    nodes, used = [explained[0]["Plan"]], set()
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node.get("Relation Name", "generations_replay") == "generations_replay":
            used |= {"scan"} if node["Node Type"] == "Seq Scan" else set()
            used |= {"sort"} if node["Node Type"] == "Sort" else set()
            used |= {node["Index Name"]} if "Index Name" in node else set()
    return sorted(used - {"hidden_replays"})


@pytest.mark.heavy
def test_every_filter_answers_from_an_index_at_50_000_rows(team: Team, ada: User) -> None:
    fill(team, [ada, people.person(team)], 50_000)
    middle = Replay.objects.order_by("created_at")[25_000].created_at.date()
    wanted: list[dict[str, Any]] = [
        {},
        {"who": ada.pk},
        {"model": "model/1"},
        {"state": "failed"},
        {"sent_as": "changed"},
        {"kind": "single"},
        {"since": middle},
        {"until": middle},
        {"model": "model/1", "until": middle, "who": ada.pk},
    ]
    plans = [plan(matching(team, filters)) for filters in wanted]
    assert [plan for plan in plans if {"scan", "sort"} & set(plan)] == []
    for name in ("cost", "wait", "tokens"):
        placed = sorting.placed_by(matching(team, {}), ORDERING.values, name)
        for known in (placed.filter(sort_place__isnull=False), placed.filter(sort_place=None)):
            for sign in ("", "-"):
                used = plan(known, f"{sign}sort_place", f"{sign}id")
                assert {"scan", "sort"} & set(used) == set()
                assert f"replays_by_{name}" in used
    assert offers.of_replays(team) == {
        "model_id": sorted(f"model/{number}" for number in range(40)),
        "provider": [],
    }


# --- CSV ----------------------------------------------------------------------------------------------------------


def table(team: Team, size: int = 2) -> list[dict[str, str]]:
    return list(
        csv.DictReader("".join(ledger.csv_lines(matching(team, {}), size)).removeprefix(MARK).splitlines())
    )


def test_csv_holds_every_row_in_order(team: Team, ada: User) -> None:
    for number in range(5):
        replay(team, ada, why=str(number), created_at=NOON + timedelta(hours=number))
    assert [line["why"] for line in table(team)] == ["4", "3", "2", "1", "0"]


def test_a_line_of_the_csv(team: Team, ada: User) -> None:
    many = batch(team, title="=1+1")
    row = replay(
        team, ada, patch=PATCH, batch=many, place=3, cost_nanos=53_300, sent=True, why="a\nb", model_id="m/1"
    )
    (line,) = table(team)
    filled = {name: value for name, value in line.items() if value}
    assert filled == {
        "created_at": NOON.isoformat(),
        "replay": str(row.pk),
        "by": ada.email,
        "why": "ab",
        "batch": "'=1+1",
        "place": "3",
        "request_id": "r",
        "changes": "2",
        "patch": PATCH,
        "state": "queued",
        "model": "m/1",
        "sent": "True",
        "cost_nanos": "53300",
    }


def test_a_long_patch_tells_its_size_in_the_csv(team: Team, ada: User) -> None:
    replay(team, ada, patch="x" * 4_001)
    (line,) = table(team)
    assert (line["changes"], line["patch"]) == ("", "4001 bytes")


def test_an_empty_csv_has_its_head(team: Team) -> None:
    (line,) = "".join(ledger.csv_lines(matching(team, {}))).splitlines()
    assert line.removeprefix(MARK).split(",") == list(ledger.CSV_COLUMNS)


@pytest.mark.heavy
def test_csv_needs_the_same_memory_for_any_number_of_rows(team: Team, ada: User) -> None:
    fill(team, [ada, people.person(team)], 3_200)
    peaks = []
    for found in (matching(team, {"model": "model/1"}), matching(team, {})):
        tracemalloc.start()
        lines = sum(piece.count("\n") for piece in ledger.csv_lines(found, 20))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert lines == 1_601
    assert peaks[1] < 2 * peaks[0]


@pytest.mark.parametrize(
    ("asked", "connected", "is_said"), [(1, 1, False), (1, 2, True), (1, None, True), (None, None, True)]
)
def test_whose_consent_pays_is_said_unless_it_is_known_to_be_that_of_who_asked(
    asked: int | None, connected: int | None, is_said: bool
) -> None:
    """Of two people whose accounts were deleted nobody knows that they were one."""
    row = Replay(requested_by_id=asked, consent=Consent(pk=1, connected_by_id=connected))
    assert (row.paid_through is not None) is is_said
    assert Replay(requested_by_id=asked).paid_through is None
