"""The list of generations: filters, places, index plans at 50,000 rows, CSV."""

import csv
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet

from dashboard.models import Team, User
from generations.gateway.record import Record
from generations.lists import counting, generation_list, offers, sorting
from generations.lists.csv_export import MARK
from generations.lists.generation_list import ORDERING, matching
from generations.lists.keyset import Cursor, older
from generations.lists.ordering import PAGE
from generations.lists.sorting import NEWEST
from generations.models import FirstWords, Generation, Replay, StoredRecord
from generations.records import store
from tests.reading.samples import demo_record
from tests.support import people
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def row(team: Team, request_id: str = "", **columns: Any) -> Generation:
    made = {"made_at": NOON, **columns}
    return Generation.objects.create(team=team, request_id=request_id or f"req_{uuid4()}", **made)


def ids(found: "QuerySet[Generation]") -> list[str]:
    return [row.request_id for row in found.order_by("request_id")]


# --- filters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "columns", "others"),
    [
        ({"model": "m/1"}, {"model_id": "m/1"}, {"model_id": "m/12"}),
        ({"provider": "openai"}, {"provider": "openai"}, {"provider": "azure"}),
        ({"endpoint": "responses"}, {"endpoint": "responses"}, {"endpoint": "chat"}),
        ({"outcome": "failed"}, {"success": False}, {"success": None}),
        ({"outcome": "unknown"}, {"success": None}, {"success": False}),
        ({"status": "502"}, {"status_code": 502}, {"error_code": "502", "status_code": 500}),
        ({"status": "10054"}, {"error_code": "10054"}, {"error_code": "1005"}),
        ({"status": "rate_limited"}, {"error_code": "rate_limited"}, {"error_code": "rate"}),
        ({"stream": True}, {"stream": True}, {"stream": None}),
        ({"stream": False}, {"stream": False}, {"stream": None}),
        ({"byok": False}, {"byok": False}, {"byok": True}),
        ({"cost_min": 5}, {"cost_nanos": 5}, {"cost_nanos": 4}),
        ({"cost_max": 5}, {"cost_nanos": 5}, {"cost_nanos": None}),
        (
            {"ms_min": Decimal(5)},
            {"generation_ms": 5, "latency_ms": 1},
            {"generation_ms": 4, "latency_ms": 9},
        ),
        ({"ms_min": Decimal(5)}, {"wait_ms": 5, "generation_ms": 1}, {"wait_ms": 4, "generation_ms": 9}),
        ({"ms_max": Decimal(5)}, {"latency_ms": 5}, {"latency_ms": 6}),
        ({"since": NOON}, {}, {"made_at": NOON - timedelta(microseconds=1)}),
        ({"until": NOON}, {}, {"made_at": NOON + timedelta(microseconds=1)}),
        ({"q": None, "model": "", "stream": None}, {}, None),
    ],
    ids=str,
)
def test_each_filter(
    team: Team, wanted: dict[str, Any], columns: dict[str, Any], others: dict[str, Any] | None
) -> None:
    row(team, "yes", **columns)
    row(people.team(), "of another team", **columns)
    if others is not None:
        row(team, "no", **others)
    assert ids(matching(team, wanted)) == ["yes"]


def test_who_looked_it_up(team: Team) -> None:
    ada = people.person(team)
    row(team, "yes", looked_up_by=ada)
    row(team, "no", looked_up_by=people.person(team))
    assert ids(matching(team, {"who": ada.pk})) == ["yes"]


def replayed(generation: Generation) -> None:
    record = StoredRecord.objects.create(generation=generation, packed=b"", size=0, sha256="", outline="")
    for _ in range(2):
        Replay.objects.create(
            team=generation.team, generation=generation, record=record, click=uuid4(), body_sha256=""
        )


def test_with_and_without_replays(team: Team) -> None:
    replayed(row(team, "with"))
    row(team, "without")
    assert [ids(matching(team, {"replayed": yes})) for yes in (True, False)] == [["with"], ["without"]]


def test_free_text_finds_prompt_and_answer(team: Team) -> None:
    keep(team, demo_record("oslo-cancelled"), OSLO)
    row(team, "no")
    assert ids(matching(team, {"q": "oslo"})) == [OSLO]
    assert ids(matching(team, {"q": "OSLO -madagascar"})) == [OSLO]
    assert ids(matching(team, {"q": "madagascar"})) == []


def test_what_words_find_is_looked_for_once_and_paged_like_any_other(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(team, [people.person(team), people.person(team)], 300)
    found = matching(team, {"q": "some"})
    whole = [row.pk for row in ORDERING.page(found, size=999).rows]
    assert len(whole) > 100
    for most in (counting.MOST, 100):  # of more than these only the number is given up
        monkeypatch.setattr(counting, "MOST", most)
        place, seen = None, list[int]()
        while place is not None or not seen:
            cut, count = generation_list.counted_page(found, place, sort=NEWEST, by_words=True)
            assert str(count) == (str(len(whole)) if most > 100 else "100+")
            seen += [row.pk for row in cut.rows]
            place = cut.older
        back = ORDERING.read_cursor(str(cut.newer), back=True)
        before, _ = generation_list.counted_page(found, back, sort=NEWEST, by_words=True)
        assert (seen, [row.pk for row in before.rows]) == (whole, whole[-len(cut.rows) - 50 : -len(cut.rows)])
    assert str(generation_list.counted_page(found, None, sort="-cost", by_words=True)[1]) == "100+"


@pytest.mark.parametrize("words", ['"', "(((", "-", "a & | !", "' OR 1=1 --", "\\", "x" * 300])
def test_any_words_can_be_searched(team: Team, words: str) -> None:
    row(team)
    assert ids(matching(team, {"q": words})) == []


def test_a_newer_record_changes_what_is_found(team: Team) -> None:
    asked = '{"messages": [{"role": "user", "content": "%s"}]}'
    body = f'{{"request_id": "r", "endpoint": "chat.completions", "replay_request": {asked}}}'
    for word in ("walrus", "penguin"):
        store.store(team, "r", None, Record.read((body % word).encode()), None)
    assert [ids(matching(team, {"q": word})) for word in ("walrus", "penguin")] == [[], ["r"]]
    assert FirstWords.objects.count() == 1


def test_hostile_texts_are_stored(team: Team) -> None:
    body = (
        b'{"replay_request": {"messages": [{"role": "user", "content": "\\u0000 \\ud800 '
        + b"w" * 5000
        + b'"}]}}'
    )
    assert store.store(team, "r", None, Record.read(body), None).pk


# --- places ---------------------------------------------------------------------------------------------------


def walk(team: Team, size: int) -> list[list[str]]:
    pages, place = [], None
    while True:
        found = ORDERING.page(matching(team, {}), place, size)
        pages.append([row.request_id for row in found.rows])
        if found.older is None:
            return pages
        place = ORDERING.read_cursor(str(found.older))


def test_pages_follow_each_other_without_gap_or_repetition(team: Team) -> None:
    for number in range(3):
        row(team, f"same {number}")
    row(team, "newest", made_at=NOON + timedelta(days=1))
    assert walk(team, 2) == [["newest", "same 2"], ["same 1", "same 0"]]


def test_back_leads_to_the_page_before(team: Team) -> None:
    for number in range(5):
        row(team, str(number))
    first = ORDERING.page(matching(team, {}), None, 2)
    second = ORDERING.page(matching(team, {}), first.older, 2)
    assert second.newer is not None
    back = ORDERING.page(matching(team, {}), ORDERING.read_cursor(str(second.newer), back=True), 2)
    assert [row.request_id for row in back.rows] == ["4", "3"]
    assert (back.newer, back.older) == (None, first.older)
    assert first.newer is None


def test_a_row_without_a_time_stands_where_it_was_looked_up(team: Team) -> None:
    row(team, "older", made_at=NOON - timedelta(days=2))
    row(team, "timeless", made_at=None, looked_up_at=NOON - timedelta(days=1))
    row(team, "newer")
    assert walk(team, 10) == [["newer", "timeless", "older"]]
    assert ids(matching(team, {"until": NOON - timedelta(days=1)})) == ["older", "timeless"]


@pytest.mark.parametrize(
    "text",
    ["", "x", "_1", "2026-01-01_1", "2026-01-01T00:00:00+00:00_x", "²_²", "0001-01-01T00:00:00+23:59_1"],
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert ORDERING.read_cursor(text) is None


# --- plans ----------------------------------------------------------------------------------------------------

FILL = """
INSERT INTO generations_generation
    (team_id, request_id, looked_up_by_id, looked_up_at, fetched_at, made_at, endpoint, model_id, provider,
     native_response_id, session_id, stream, byok, status_code, success, error_code, finish_reason, latency_ms,
     generation_ms, cost_nanos, replayable)
SELECT (%(teams)s::int[])[1 + n %% 2], 'req_' || n, (%(users)s::int[])[1 + n %% 4], now(), now(),
       CASE WHEN n %% 50 > 0 THEN now() - n * interval '1 minute' END,
       (ARRAY['chat.completions', 'responses', 'messages', 'embeddings'])[1 + n / 2 %% 4], 'model/' || n / 2 %% 40,
       'provider-' || n / 2 %% 10, '', '', n / 2 %% 3 = 0, n / 2 %% 7 = 0,
       CASE WHEN n / 2 %% 20 = 0 THEN 502 ELSE 200 END, CASE WHEN n / 2 %% 20 <> 1 THEN n / 2 %% 20 > 0 END,
       CASE WHEN n / 2 %% 20 = 0 THEN 'upstream_error' ELSE '' END, 'stop', n %% 5000, NULL, n * 1000, true
FROM generate_series(1, %(rows)s) n
"""
WORDS = """
INSERT INTO generations_firstwords (generation_id, vector)
SELECT id, to_tsvector('simple', 'some words number' || id) FROM generations_generation
"""


def fill(team: Team, users: list[User], rows: int) -> None:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "teams": [team.pk, people.team().pk],
            "users": [user.pk for user in users for _ in "ab"],
            "rows": rows,
        }
        cursor.execute(FILL, values)
        cursor.execute(WORDS)
        cursor.execute("ANALYZE generations_generation, generations_firstwords, generations_replay")


def nodes_of(found: "QuerySet[Any]", most: int = PAGE + 1) -> list[dict[str, Any]]:
    """The steps of the plan for the first rows, but for the index of what is hidden."""
    explained = json.loads(found[:most].explain(format="json"))
    nodes, seen = [explained[0]["Plan"]], []
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        seen += [node] if node.get("Index Name") != "hidden_generations" else []
    return seen


def plan(found: "QuerySet[Generation]") -> set[str]:
    """The indexes that the first page's query uses, and "scan" and "sort" where it does these."""
    return plan_of(found.order_by("-sorted_at", "-id"))


def plan_of(found: "QuerySet[Generation]") -> set[str]:
    """The same of rows that have their order."""
    used = set()
    for node in nodes_of(found):
        kind = node["Node Type"]
        used |= {node["Index Name"]} if "Index Name" in node else set()
        used |= {"scan"} if kind == "Seq Scan" else {"sort"} if "Sort" in kind else set()
    return used


def steps_of_count(found: "QuerySet[Generation]") -> set[str]:
    """How rows are counted in a table that was vacuumed, and is too long to be read from its beginning."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            "UPDATE pg_class SET relallvisible = relpages WHERE relname = 'generations_generation'"
        )
        nodes = nodes_of(found.order_by().values("pk"), counting.MOST + 1)
        cursor.execute("RESET enable_seqscan; RESET enable_bitmapscan")
    return {node["Node Type"] for node in nodes} - {"Limit"}


@pytest.mark.heavy
def test_every_filter_answers_from_an_index_at_50_000_rows(team: Team) -> None:
    ada, bob = people.person(team), people.person(team)
    fill(team, [ada, bob], 50_000)
    middle = Generation.objects.order_by("pk")[25_000].sorted_at
    in_order: dict[str, tuple[dict[str, Any], str]] = {
        "none": ({}, "by_time"),
        "model": ({"model": "model/1"}, "by_model"),
        "provider": ({"provider": "provider-1"}, "by_provider"),
        "endpoint": ({"endpoint": "responses"}, "by_endpoint"),
        "failed": ({"outcome": "failed"}, "by_success"),
        "unknown": ({"outcome": "unknown"}, "by_no_success"),
        "status": ({"status": "502"}, "by_status"),
        "error": ({"status": "upstream_error"}, "by_error"),
        "stream": ({"stream": True}, "by_stream"),
        "byok": ({"byok": True}, "by_byok"),
        "who": ({"who": ada.pk}, "by_person"),
        "since": ({"since": middle}, "by_time"),
        "until": ({"until": middle}, "by_time"),
        "model until": ({"model": "model/1", "until": middle}, "by_model"),
    }
    plans = {name: plan(matching(team, wanted)) for name, (wanted, _) in in_order.items()}
    assert plans == {name: {index} for name, (_, index) in in_order.items()}
    steps = {name: steps_of_count(matching(team, wanted)) for name, (wanted, _) in in_order.items()}
    assert [name for name, kinds in steps.items() if kinds != {"Index Only Scan"}] == []
    place = Cursor(middle, 1)
    assert plan(older(matching(team, {"model": "model/1"}), "sorted_at", place)) == {"by_model"}
    # Until those of the release before are dropped, two indexes begin alike: chance decides which one is used.
    assert plan(matching(team, {"cost_min": 49_990_000})) in ({"by_cost", "sort"}, {"cost_order", "sort"})
    assert plan(matching(team, {"ms_min": Decimal(4_999)})) in ({"by_wait", "sort"}, {"wait_order", "sort"})
    for name in ("cost", "wait", "tokens"):
        placed = sorting.placed_by(matching(team, {}), ORDERING.values, name)
        found = [
            plan_of(sorting.ordered(placed, is_unknown=is_unknown, downwards=downwards))
            for is_unknown in (False, True)
            for downwards in (False, True)
        ]
        assert found == [{f"{name.rstrip('s')}_order"}] * 4
    assert "by_words" in plan(matching(team, {"q": "number7"}))
    assert "scan" not in plan(matching(team, {"q": "some"}))
    assert plan(matching(team, {"cost_min": 1})) == {"by_time"}
    replayed(Generation.objects.filter(team=team)[0])
    assert plan(matching(team, {"replayed": True})) & {
        "place_of_id",
        "generations_generation_pkey",
        "by_time",
    }


def test_offers_step_through_the_indexes(team: Team, django_assert_num_queries: Any) -> None:
    fill(team, [people.person(team), people.person(team)], 2_000)
    rows = Generation.objects.filter(team=team)
    rows.filter(pk=rows.filter(model_id="model/1")[0].pk).update(model_id="a", hidden=True)
    with django_assert_num_queries(1):
        offered = offers.of_generations(team)
    assert offered == {  # and not the model of what somebody has just forgotten
        "model_id": sorted(f"model/{number}" for number in range(40)),
        "provider": sorted(f"provider-{number}" for number in range(10)),
        "endpoint": ["chat.completions", "embeddings", "messages", "responses"],
        "error_code": ["upstream_error"],
    }


# --- CSV ------------------------------------------------------------------------------------------------------


def table(team: Team, size: int = 2) -> list[dict[str, str]]:
    return list(
        csv.DictReader(
            "".join(generation_list.csv_lines(matching(team, {}), size)).removeprefix(MARK).splitlines()
        )
    )


def test_csv_holds_every_row_in_order(team: Team) -> None:
    for number in range(5):
        row(team, str(number), cost_nanos=53300, latency_ms=Decimal("1.5"), looked_up_by=people.person(team))
    lines = table(team)
    assert [line["request_id"] for line in lines] == ["4", "3", "2", "1", "0"]
    assert (lines[0]["made_at"], lines[0]["cost_nanos"], lines[0]["generation_ms"]) == (
        NOON.isoformat(),
        "53300",
        "",
    )


def test_no_cell_is_a_formula(team: Team) -> None:
    row(team, "=x", model_id="@SUM(A1)")
    assert (table(team)[0]["request_id"], table(team)[0]["model_id"]) == ("'=x", "'@SUM(A1)")


def test_numbers_below_zero_stay_numbers(team: Team) -> None:
    row(team, "r", cost_nanos=-5)
    assert table(team)[0]["cost_nanos"] == "-5"


def test_an_empty_csv_has_its_head(team: Team) -> None:
    (line,) = "".join(generation_list.csv_lines(matching(team, {}))).splitlines()
    assert line.split(",")[:2] == [f"{MARK}request_id", "made_at"]


def test_csv_needs_the_same_memory_for_any_number_of_rows(team: Team) -> None:
    fill(team, [people.person(team), people.person(team)], 3_200)
    peaks = []
    for found in (matching(team, {"model": "model/1"}), matching(team, {})):
        tracemalloc.start()
        rows = sum(piece.count("\n") for piece in generation_list.csv_lines(found, 20))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert rows == 1_601
    assert peaks[1] < 2 * peaks[0]
