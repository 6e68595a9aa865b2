"""Who replayed what, when, why, how, and what it cost: rows, sums, CSV.

Costs are those of `COST`: what was never sent cost nothing, unknown stays unknown and is counted
apart. No answer and no record is read; of a patch only its beginning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q
from django.db.models.functions import Coalesce, Left, TruncDate

from dashboard.models import Team, User
from generations.lists import csv_export
from generations.lists.keyset import Cursor, Page
from generations.lists.ordering import PAGE, Ordering
from generations.lists.sorting import NEWEST, SortCursor
from generations.models import Replay
from generations.models.generation import TOKENS
from generations.models.replay import EXPIRED_PATCH, ReplayQuerySet
from generations.models.replay_costs import COST
from generations.reading.edits import json_patch
from generations.reading.edits.patch_summary import lines
from generations.replay.order.spending_limits import FORGOTTEN

BATCH = 1000
PATCH_READ = 4000  # characters
EQUAL = {"who": "requested_by", "model": "model_id", "provider": "provider", "state": "state"}
KINDS = {"batch": Q(batch__isnull=False), "single": Q(batch=None)}
CHANGES = {"changed": ~Q(patch=""), "stored": Q(patch="")}
ORDERING = Ordering("created_at", {"cost": COST, "wait": F("total_ms"), "tokens": TOKENS}, UUID)


def matching(team: Team, wanted: Mapping[str, Any]) -> ReplayQuerySet:
    """The team's replays that the values of a LedgerForm describe; None and "" ask for nothing. Days are UTC."""
    given = {name: value for name, value in wanted.items() if value not in (None, "")}
    found = Replay.rows.shown().filter(_within("created_at", given), team=team)
    found = found.filter(**{column: given[name] for name, column in EQUAL.items() if name in given})
    if "kind" in given:
        found = found.filter(KINDS[given["kind"]])
    return found.filter(CHANGES[given["sent_as"]]) if "sent_as" in given else found


def _within(column: str, given: Mapping[str, Any]) -> Q:
    """From the beginning of the first day to the end of the last one, where they are given."""
    found = Q()
    if given.get("since"):
        found &= Q((f"{column}__gte", _midnight(given["since"])))
    if given.get("until"):
        found &= Q((f"{column}__lt", _midnight(given["until"] + timedelta(days=1))))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def forgotten(team: Team, wanted: Mapping[str, Any]) -> int:
    """How many replays went with the generations that were forgotten in the days asked for."""
    events = team.audit_events.filter(_within("at", wanted), action=FORGOTTEN)
    return sum(details.get("replays", 0) for details in events.values_list("details", flat=True))


def people(team: Team) -> list[User]:
    """Members of the team, and whoever else has replayed in it."""
    replayed = Exists(Replay.objects.filter(team=team, requested_by=OuterRef("pk")))
    member = Exists(team.memberships.filter(user=OuterRef("pk")))
    return list(User.objects.filter(Q(replayed) | Q(member)).order_by("name", "email"))


# --- rows ---------------------------------------------------------------------------------------------------------


SHOWN = (
    *("id", "created_at", "finished_at", "state", "reason", "reproduced", "status_code", "sent", "why"),
    *("place", "model_id", "provider", "expected_low", "expected_high", "expected_most", "cost_nanos"),
    *("input_tokens", "output_tokens", "total_ms", "new_request_id", "team_id", "batch__title"),
    *("generation__request_id", "generation__model_id", "generation__prompt_start", "generation__endpoint"),
    *("answer_start", "similarity", "finish_reason", "first_token_ms"),
    *("generation__pin__team", "requested_by__name", "requested_by__email"),
    *("consent", "consent__connected_by", "consent__connected_by__name", "consent__connected_by__email"),
)


def shown(found: ReplayQuerySet) -> ReplayQuerySet:
    """With what a line shows and nothing else, and `cost` (nanos), `patch_head` and `patch_bytes`: one query."""
    size = Func(F("patch"), function="octet_length", output_field=IntegerField())
    rows = found.annotate(cost=COST, patch_head=Left("patch", PATCH_READ), patch_bytes=size)
    related = ("generation__pin", "requested_by", "batch", "consent__connected_by")
    return rows.select_related(*related).only(*SHOWN)


def page(
    found: ReplayQuerySet,
    cursor: Cursor | SortCursor | None = None,
    size: int = PAGE,
    *,
    sort: str = NEWEST,
) -> Page[Replay]:
    """One page of `found` in the order `sort`, the newest first without one."""
    return ORDERING.page(shown(found), cursor, size, sort=sort)


# --- sums ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReplaySum:
    """Of some replays: how many, the nanos that are known, and how many have no known cost.

    For those, `hoped` is the most that was expected in nanos, and `priceless` is how many had no price at all.
    """

    key: Any
    count: int
    known: int
    unknown: int
    hoped: int
    priceless: int


@dataclass(frozen=True, slots=True)
class ReplaySums:
    """Of all that the filters find. Days in their order, people (by row number) and models the dearest first."""

    total: ReplaySum
    days: list[ReplaySum]
    people: list[ReplaySum]
    models: list[ReplaySum]


# One pass over the rows. grouping() has a bit for each column that a row of the answer is not grouped by.
SUMS = """
SELECT grouping(day, person, model), day, person, model, count(*), coalesce(sum(cost), 0), count(*) - count(cost),
    coalesce(sum(hoped) FILTER (WHERE cost IS NULL), 0), count(*) FILTER (WHERE cost IS NULL AND hoped IS NULL)
FROM ({rows}) AS found GROUP BY GROUPING SETS ((day), (person), (model), ())
"""
DAY, PERSON, MODEL, ALL = 0b011, 0b101, 0b110, 0b111


def sums(found: ReplayQuerySet) -> ReplaySums:
    """The sums of `found`, by one query."""
    facts = found.annotate(
        day=TruncDate("created_at", tzinfo=UTC),
        person=F("requested_by"),
        model=F("model_id"),
        cost=COST,
        hoped=Coalesce("expected_most", "expected_high", "expected_low"),
    )
    rows, values = facts.values("day", "person", "model", "cost", "hoped").query.sql_with_params()
    groups: dict[int, list[ReplaySum]] = {DAY: [], PERSON: [], MODEL: [], ALL: []}
    with connection.cursor() as cursor:
        cursor.execute(SUMS.format(rows=rows), values)
        for grouping, day, person, model, *figures in cursor.fetchall():
            key = {DAY: day, PERSON: person, MODEL: model}.get(grouping)
            groups[grouping].append(ReplaySum(key, *map(int, figures)))
    return ReplaySums(
        groups[ALL][0],
        sorted(groups[DAY], key=lambda day: day.key),
        sorted(groups[PERSON], key=_dearest),
        sorted(groups[MODEL], key=_dearest),
    )


def _dearest(group: ReplaySum) -> tuple[int, int, str]:
    return -group.known, -group.count, str(group.key)


# --- CSV ----------------------------------------------------------------------------------------------------------

CSV_COLUMNS = (
    *(
        "created_at",
        "replay",
        "by",
        "why",
        "batch",
        "place",
        "request_id",
        "stored_model",
        "changes",
        "patch",
    ),
    *("state", "reason", "status_code", "model", "provider", "sent", "cost_nanos", "expected_low_nanos"),
    *(
        "expected_high_nanos",
        "expected_most_nanos",
        "input_tokens",
        "output_tokens",
        "total_ms",
        "new_request_id",
        "finished_at",
    ),
)


def csv_lines(found: ReplayQuerySet, size: int = BATCH) -> Iterator[str]:
    """`found` as CSV, newest first."""
    return csv_export.lines(CSV_COLUMNS, _batches(found, size))


def json_lines(found: ReplayQuerySet, size: int = BATCH) -> Iterator[str]:
    """`found` as JSON Lines, newest first: one object a line, unknown is null."""
    return csv_export.json_lines(CSV_COLUMNS, _batches(found, size))


def _batches(found: ReplayQuerySet, size: int) -> Iterator[list[list[object]]]:
    """Reads batch after batch by place: no cursor stays open for a slow reader."""
    cursor, more = None, True
    while more:
        batch = page(found, cursor, size)
        yield [cells(row) for row in batch.rows]
        cursor, more = batch.older, batch.older is not None


def cells(row: Replay) -> list[object]:
    """One line of the CSV. Unknown is empty."""
    return [
        *(row.created_at, str(row.pk), row.requested_by and row.requested_by.email, row.why),
        *(row.batch and row.batch.title, row.place, row.generation.request_id, row.generation.model_id),
        *patch_cells(row),
        *(row.state, row.reason, row.status_code, row.model_id, row.provider, row.sent),
        row.cost,  # type: ignore[attr-defined]
        *(row.expected_low, row.expected_high, row.expected_most),
        *(row.input_tokens, row.output_tokens, row.total_ms, row.new_request_id, row.finished_at),
    ]


def patch_cells(row: Replay) -> tuple[int | str, str]:
    """How many changes its patch makes, "" where that cannot be read, and the patch; its size for one that is too long."""
    patch, size = row.patch_head, row.patch_bytes  # type: ignore[attr-defined]
    if size > PATCH_READ:
        return "", f"{size} bytes"
    try:
        changes = len(lines(None, json_patch.read(patch))) if patch else 0
    except json_patch.PatchRefused:
        return "", patch
    return "" if patch == EXPIRED_PATCH else changes, patch
