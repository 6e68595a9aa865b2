"""Lists in any order: every row once, forwards and back, what is unknown last; and how many there are."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from dashboard.models import Team
from generations.lists import counting, generation_list, ledger, sorting
from generations.lists.counting import RowCount
from generations.lists.keyset import row_number
from generations.lists.sorting import SortCursor
from generations.models import Generation, Replay, StoredRecord

pytestmark = pytest.mark.django_db
NOW = timezone.now()
VALUES = (5, None, 1, 5, None, 3, 5, None)


@pytest.fixture
def rows(team: Team) -> list[Generation]:
    return [
        Generation.objects.create(
            team=team,
            request_id=f"r{place}",
            made_at=NOW - timedelta(minutes=place % 3),
            cost_nanos=value,
            latency_ms=value,
            output_tokens=value,
        )
        for place, value in enumerate(VALUES)
    ]


def names(page: Any) -> list[str]:
    return [row.request_id for row in page.rows]


@pytest.mark.parametrize("sort", ["cost", "-cost", "wait", "-wait", "tokens", "-tokens", "time"])
def test_pages_hold_every_row_once_in_its_order_forwards_and_back(
    team: Team, rows: list[Generation], sort: str
) -> None:
    found = Generation.objects.of(team)
    whole = generation_list.ORDERING.page(found, size=99, sort=sort)
    values = [row.sort_place for row in whole.rows]  # type: ignore[attr-defined]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert values[len(known) :] == [None] * (len(values) - len(known))
    page, forwards = generation_list.ORDERING.page(found, size=3, sort=sort), list[str]()
    back: list[str] = []
    while True:
        forwards += names(page)
        if page.older is None:
            break
        cursor = generation_list.ORDERING.read_cursor(str(page.older), sort=sort)
        page = generation_list.ORDERING.page(found, cursor, 3, sort=sort)
    while page.newer is not None:
        back = names(page) + back
        cursor = generation_list.ORDERING.read_cursor(str(page.newer), sort=sort, back=True)
        page = generation_list.ORDERING.page(found, cursor, 3, sort=sort)
    assert (forwards, names(page) + back) == (names(whole), names(whole))
    after = [generation_list.ORDERING.neighbour(found, row, sort, back=False) for row in whole.rows]
    assert [row and row.request_id for row in after] == [*names(whole)[1:], None]


@pytest.mark.parametrize(
    "text",
    ["", "x", "_1", "NaN_1", "Infinity_1", "1e99_1", "1_x", "2026-01-01T00:00:00+00:00_1", "1_" + "9" * 30],
)
def test_what_is_no_place_in_an_order_is_none(text: str) -> None:
    assert SortCursor.read(text, "-cost", row_number) is None
    assert (sorting.read_sort(text), sorting.read_sort("-wait")) == (sorting.NEWEST, "-wait")


def test_rows_are_counted_up_to_a_bound_and_not_for_long(
    team: Team, rows: list[Generation], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Generation.objects.of(team)
    monkeypatch.setattr(counting, "MOST", 8)
    assert str(counting.count(found)) == "8"
    monkeypatch.setattr(counting, "MOST", 7)
    assert str(counting.count(found)) == "7+"
    monkeypatch.setattr(counting, "PATIENCE_MS", 150)
    slow = found.extra(where=["pg_sleep(0.4) IS NOT NULL"])
    assert str(counting.count(slow)) == "many"
    assert found.count() == 8


def test_what_is_hidden_is_in_no_count_and_on_no_page(
    team: Team, rows: list[Generation], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = StoredRecord.objects.create(generation=rows[0], packed=b"", size=0, sha256="", outline="")
    replays = [
        Replay.objects.create(team=team, generation=rows[0], record=record, click=uuid4(), model_id=model)
        for model in "aabab"
    ]
    Generation.rows.filter(cost_nanos=5).update(model_id="a")
    random = Random(14)
    for matching, made in ((generation_list.matching, rows), (ledger.matching, replays)) * 8:
        everything = type(made[0])._base_manager
        everything.update(hidden=False)
        everything.filter(pk__in=random.sample([row.pk for row in made], random.randrange(5))).update(
            hidden=True
        )
        most, wanted = random.randrange(7), {"model": random.choice(["", "a"])}
        monkeypatch.setattr(counting, "MOST", most)
        found = matching(team, wanted)
        asked = (wanted["model"],) if wanted["model"] else ("", "a", "b")
        left = [row.pk for row in everything.all() if not row.hidden and row.model_id in asked]
        assert counting.count(found) == RowCount(min(len(left), most), len(left) > most)
        assert {row.pk for row in found} == set(left)
