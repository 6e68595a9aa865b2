"""The list of a team's generations: what is asked for, one page of it, all of it as CSV.

Pages are cut by the place of their rows (time and row number), so the last page costs what the first does. Nothing
here reads a body, and nothing counts rows.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from dashboard.models import Team
from generations.lists import counting, csv_export, keyset
from generations.lists.counting import RowCount
from generations.lists.keyset import Cursor, Page
from generations.lists.ordering import PAGE, Ordering
from generations.lists.sorting import NEWEST, SortCursor
from generations.models import Generation, Replay
from generations.models.generation import TOKENS, WAIT, GenerationQuerySet

BATCH = 1000
NOT_LISTED = ("native_response_id", "session_id", "key_id", "app_id")
NO_CODE = "none"
OUTCOMES = {"succeeded": True, "failed": False, "unknown": None}
IS_REPLAY = {"app": False, "replay": True}
COLUMNS = {
    "model": "model_id",
    "provider": "provider",
    "endpoint": "endpoint",
    "session": "session_id",
    "key": "key_id",
    "app": "app_id",
    "stream": "stream",
    "byok": "byok",
    "who": "looked_up_by",
    "since": "sorted_at__gte",
    "until": "sorted_at__lte",
    "cost_min": "cost_nanos__gte",
    "cost_max": "cost_nanos__lte",
}
ORDERING = Ordering(
    "sorted_at", {"cost": F("cost_nanos"), "wait": Coalesce(*WAIT), "tokens": TOKENS}, keyset.row_number
)


def matching(team: Team, wanted: Mapping[str, Any]) -> GenerationQuerySet:
    """The team's generations that the values of a BrowseForm describe; None and "" ask for nothing.

    Costs are nanos, times ms.
    """
    given = {name: value for name, value in wanted.items() if value not in (None, "")}
    found = Generation.rows.of(team).shown()
    found = found.filter(**{column: given[name] for name, column in COLUMNS.items() if name in given})
    found = found.with_duration(given.get("ms_min"), given.get("ms_max"))
    if "outcome" in given:
        found = found.filter(success=OUTCOMES[given["outcome"]])
    if "made_by" in given:
        found = found.filter(is_replay=IS_REPLAY[given["made_by"]])
    if "status" in given:
        found = found.filter(ended_with(given["status"]))
    if "replayed" in given:
        replays = Q(id__in=Replay.objects.filter(team=team).values("generation"))
        found = found.filter(replays if given["replayed"] else ~replays)
    return found.matching_text(given["q"]) if "q" in given else found


def ended_with(status: str) -> Q:
    """An HTTP status (three digits), an error code, or `NO_CODE` for what has none."""
    if status == NO_CODE:
        return Q(error_code="")
    is_number = status.isascii() and status.isdigit() and len(status) == 3
    return Q(status_code=int(status)) if is_number else Q(error_code=status)


def counted_page(
    found: GenerationQuerySet, cursor: Cursor | SortCursor | None, *, sort: str, by_words: bool
) -> tuple[Page[Generation], RowCount]:
    """One page and how many there are. Words are looked for once: what has them is counted and put in order at once."""
    if not by_words or sort != NEWEST:
        return ORDERING.page(listed(found), cursor, sort=sort), counting.count(found)
    place = cursor if isinstance(cursor, Cursor) else None
    number, ids = counting.in_time(lambda: _counted_ids(found, place)) or (None, [])
    count = RowCount(None) if number is None else counting.of(number)
    if number is not None and not count.is_more:
        found = Generation.objects.filter(pk__in=ids)
    return ORDERING.page(listed(found), cursor), count


def listed(found: GenerationQuerySet) -> GenerationQuerySet:
    """With what a line shows, and without columns that no line shows."""
    return found.select_related("looked_up_by", "pin").defer(*NOT_LISTED)


COUNTED_IDS = """
WITH found AS MATERIALIZED ({found})
SELECT (SELECT count(*) FROM found), ARRAY(SELECT pk FROM found {beyond} ORDER BY {order} LIMIT %s)
"""


def _counted_ids(found: GenerationQuerySet, cursor: Cursor | None) -> tuple[int, list[int]]:
    """How many there are, up to `MOST` and one more, and of these the IDs that a page beyond the cursor is made of."""
    slim = found.order_by().values("sorted_at", "pk")[: counting.MOST + 1]
    rows, values = slim.query.sql_with_params()
    back = cursor is not None and cursor.back
    order = "sorted_at, pk" if back else "sorted_at DESC, pk DESC"
    beyond = f"WHERE (sorted_at, pk) {'>' if back else '<'} (%s, %s)" if cursor else ""
    with connection.cursor() as statement:
        statement.execute(
            COUNTED_IDS.format(found=rows, beyond=beyond, order=order),
            (*values, *((cursor.at, cursor.pk) if cursor else ()), PAGE + 1),
        )
        number, ids = statement.fetchone()
    return number, ids


# -- CSV -------------------------------------------------------------------------------------------------------

CSV_COLUMNS = (
    *("request_id", "made_at", "looked_up_at", "model_id", "provider", "endpoint", "stream", "byok"),
    *("success", "status_code", "error_code", "finish_reason", "latency_ms", "generation_ms", "wait_ms"),
    *("input_tokens", "output_tokens", "cost_nanos", "native_response_id", "session_id", "replayable"),
    "is_replay",
)


def csv_lines(found: GenerationQuerySet, size: int = BATCH) -> Iterator[str]:
    """`found` as CSV, newest first."""
    return csv_export.lines(
        [*CSV_COLUMNS, "looked_up_by"], _batches(found.select_related("looked_up_by"), size)
    )


def json_lines(found: GenerationQuerySet, size: int = BATCH) -> Iterator[str]:
    """`found` as JSON Lines, newest first: one object a line, unknown is null."""
    names = [*CSV_COLUMNS, "looked_up_by"]
    return csv_export.json_lines(names, _batches(found.select_related("looked_up_by"), size))


def _batches(found: GenerationQuerySet, size: int) -> Iterator[list[list[object]]]:
    """Reads batch after batch by place: no cursor stays open for a slow reader."""
    cursor, more = None, True
    while more:
        batch = ORDERING.page(found, cursor, size)
        yield [cells(row) for row in batch.rows]
        cursor, more = batch.older, batch.older is not None


def cells(row: Generation) -> list[object]:
    """One line of the CSV; unknown is empty."""
    return [*(getattr(row, name) for name in CSV_COLUMNS), row.looked_up_by and row.looked_up_by.email]
