"""What is usual for a team, counted by the clock: a page reads one small row, however many generations there are.

Measured with 1,000,000 generations (28 November 2026, a busy machine): the row takes 1 ms, counting all models of the
team 4 s; asking for one model's 50,000 rows when its page is opened would take 400 to 600 ms.
"""

import logging
import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import OperationalError, connection, transaction
from django.db.models import Aggregate, Count, DecimalField, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from dashboard.models import Team
from generations.models import Generation, UsualCount, UsualFigures
from generations.reading.figures import usual
from generations.reading.figures.usual import DAYS, LEAST, Scale

log = logging.getLogger(__name__)

TEAMS, SECONDS = 20, 5.0
"""Of one tick: teams at most, and the time after which no further one begins."""
STATEMENT_MS = 30_000
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
PAUSE = 200  # a count that took a second is made again after so many: at most half a percent of one core
COLUMNS: dict[str, Any] = {
    "first": F("first_ms"),
    "total": Coalesce("wait_ms", "generation_ms", "latency_ms"),
    "speed": F("speed"),
    "tokens": F("output_tokens"),
    "cost": F("cost_nanos"),
}


class Percentiles(Aggregate):
    """The 5th, 50th and 95th percentile of what is not null."""

    function = "percentile_disc"
    template = "%(function)s(ARRAY[0.05, 0.5, 0.95]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(DecimalField())


def scales_of(row: Generation, figures: str | None) -> tuple[Scale, ...]:
    """The figures of a generation against what is usual; `figures` is the JSON of its `UsualFigures`."""
    values: dict[str, Decimal | int | None] = {
        "first": row.first_ms,
        "total": row.total_ms,
        "speed": row.speed,
        "tokens": row.output_tokens,
        "cost": row.cost_nanos,
    }
    return usual.scales(figures, values)


def tick() -> int:
    """One periodic step. Returns of how many teams the figures were counted."""
    limit, counted = time.monotonic() + SECONDS, 0
    for team in _due(timezone.now()):
        if counted and time.monotonic() > limit:
            break
        count(team)
        counted += 1
    return counted


def _due(now: datetime) -> list[int]:
    """Teams that have generations and are due, those first that wait longest."""
    teams = Team.objects.filter(Exists(Generation.objects.filter(team=OuterRef("pk"))))
    due = teams.filter(Q(usual_count=None) | Q(usual_count__due_at__lte=now))
    return list(
        due.order_by(F("usual_count__due_at").asc(nulls_first=True)).values_list("pk", flat=True)[:TEAMS]
    )


def count(team: int) -> None:
    """Count the figures of a team anew. One that takes too long keeps the old ones and is tried again in an hour."""
    now, begun = timezone.now(), time.monotonic()
    UsualCount.objects.update_or_create(team_id=team, defaults={"due_at": now + LONGEST})
    try:
        with transaction.atomic():
            _bound_statements()
            _keep(team, now, list(_counted(team, now)))
    except OperationalError:
        log.warning("The usual figures of team %s took too long to count", team)
        return
    took = timedelta(seconds=time.monotonic() - begun)
    UsualCount.objects.filter(team_id=team).update(due_at=now + min(max(SHORTEST, PAUSE * took), LONGEST))


def _bound_statements() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")


def _counted(team: int, now: datetime) -> Any:
    """A row for each model and endpoint with enough successful generations of the apps: one statement."""
    since = now - timedelta(days=DAYS)
    rows = Generation.objects.of_apps().filter(team=team, success=True, sorted_at__gte=since)
    grouped = (
        rows.exclude(model_id="")
        .values("model_id", "endpoint")
        .annotate(all=Count("id"))
        .filter(all__gte=LEAST)
    )
    known = {f"known_{name}": Count(column) for name, column in COLUMNS.items()}
    return grouped.annotate(
        **known, **{f"of_{name}": Percentiles(column) for name, column in COLUMNS.items()}
    ).order_by()


def _keep(team: int, now: datetime, rows: list[dict[str, Any]]) -> None:
    made = [
        UsualFigures(
            team_id=team,
            model_id=row["model_id"],
            endpoint=row["endpoint"],
            counted_at=now,
            figures={
                name: [row[f"known_{name}"], *map(str, row[f"of_{name}"])]
                for name in COLUMNS
                if row[f"known_{name}"] >= LEAST
            },
        )
        for row in rows
    ]
    UsualFigures.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["team", "model_id", "endpoint"],
        update_fields=["figures", "counted_at"],
    )
    UsualFigures.objects.filter(team=team, counted_at__lt=now).delete()
