"""The sums behind the trends: days whose generations have changed are found and summed again, by the clock.

A day of a team is one row; what was looked up, refreshed, read anew or forgotten marks it.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as midnight
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, transaction
from django.db.models import Case, Count, FloatField, Max, Sum, Value, When
from django.db.models.functions import Cast, Coalesce, Floor, Greatest, Ln, TruncDate
from django.utils import timezone

from dashboard.telemetry import logs
from generations.models import Generation, TrendDay
from generations.models.generation import GenerationQuerySet
from generations.reading.figures import trend_sums
from generations.reading.figures.trend_sums import TrendSums

log = logging.getLogger(__name__)

KEPT_DAYS = 190
"""Twice the longest span of the page, for the comparison with the time before."""
SLACK = timedelta(minutes=1)  # between the time a row names and the moment at which others see it
SECONDS = 3.0  # of one tick, after which no further day begins
MOST_AT_ONCE = 3  # days that a page sums; more are left to the clock

TOTAL = Cast(Coalesce("wait_ms", "generation_ms", "latency_ms"), FloatField())
# GREATEST passes over null: a wait that nobody knows must be in no range.
SPAN = Case(
    When(total__isnull=False, then=Floor(Ln(Greatest("total", Value(1.0))) / Ln(Value(trend_sums.STEP))))
)


def tick(now: datetime | None = None) -> int:
    """One periodic step: marks what has changed, sums the latest days first. Returns how many days it summed."""
    now, limit = now or timezone.now(), time.monotonic() + SECONDS
    TrendDay.objects.filter(day__lt=_first(now)).delete()
    mark(changed(now))
    done = 0
    for pk in list(TrendDay.objects.stale().values_list("pk", flat=True)[:500]):
        if done and time.monotonic() > limit:
            break
        done += count(pk)
    return done


def _first(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=KEPT_DAYS)


def changed(now: datetime) -> set[tuple[int, date]]:
    """Team and day of what was fetched since its day was last summed; before the first sum, of everything.

    A day that is too old to be kept counts as today, so that there is a last sum even where all days are.
    """
    since = TrendDay.objects.aggregate(latest=Max("counted_at"))["latest"]
    rows = Generation.rows.all()
    if since is not None:
        # A record that was seen again has the same time as its generation; its index leads there.
        rows = rows.filter(records__size__gt=0, records__fetched_at__gte=since - 2 * SLACK)
    days = rows.values(
        "team", made=TruncDate("sorted_at", tzinfo=UTC), seen=TruncDate("looked_up_at", tzinfo=UTC)
    )
    today = now.astimezone(UTC).date()
    fetched: dict[tuple[int, date], datetime] = {}
    for team, made, seen, latest in days.annotate(latest=Max("fetched_at")).values_list(
        "team", "made", "seen", "latest"
    ):
        # Before its record said when it was made, it stood on the day of its lookup.
        for day in (made, seen):
            key = (team, day if _first(now) <= day <= today + timedelta(days=1) else today)
            fetched[key] = max(latest, fetched.get(key, latest))
    return fetched.keys() - _counted(fetched)


def _counted(fetched: dict[tuple[int, date], datetime]) -> set[tuple[int, date]]:
    """Those that were summed after all that was fetched for them."""
    if not fetched:
        return set()
    days = [day for _, day in fetched]
    rows = TrendDay.objects.filter(day__range=(min(days), max(days)), team__in={team for team, _ in fetched})
    known = ((row.team_id, row.day, row.counted_at) for row in rows.defer("parts", "total"))
    return {
        (team, day)
        for team, day, at in known
        if (team, day) in fetched and at is not None and at > fetched[team, day] + SLACK
    }


def mark(days: Iterable[tuple[int, date]]) -> None:
    """These days (team, day) are to be summed again."""
    rows = [TrendDay(team_id=team, day=day) for team, day in sorted(days)]
    TrendDay.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["team", "day"],
        update_fields=["is_stale"],
    )


def mark_changed(team: int, *moments: datetime) -> None:
    """The days of these moments are to be summed again."""
    mark({(team, moment.astimezone(UTC).date()) for moment in moments})


def days_of(rows: GenerationQuerySet) -> list[date]:
    """The days that these generations stand on."""
    return [moment.astimezone(UTC).date() for moment in rows.values_list("sorted_at", flat=True)]


def count(pk: int) -> bool:
    """Sum one marked day again, unless another process does."""
    with transaction.atomic():
        rows = TrendDay.objects.select_for_update(skip_locked=True).filter(pk=pk, is_stale=True)
        row = rows.defer("parts", "total").first()
        if row is None:
            return False
        now = timezone.now()
        columns = _summed(row.team_id, row.day)
        TrendDay.objects.filter(pk=pk).update(**columns, counted_at=now, is_stale=False)
    return True


def count_now(team: int, days: Iterable[date], *, nowait: bool = False) -> None:
    """Sum these days at once: what was hidden or forgotten is in no figure any more when the transaction ends.

    With `nowait`, DatabaseError where another process sums one of them.
    """
    kept = TrendDay.objects.filter(team=team, day__in=list(days)).order_by("pk")
    for row in list(kept.select_for_update(nowait=nowait).defer("parts", "total")):
        TrendDay.objects.filter(pk=row.pk).update(**_summed(team, row.day))


def count_or_mark(team: int, days: set[date]) -> None:
    """Sum a few days at once. More of them, or where another process sums one, are marked for the clock.

    Raises nothing of the database: what changed these days is done, whatever becomes of their sums.
    """
    try:
        if len(days) <= MOST_AT_ONCE:
            with transaction.atomic():
                return count_now(team, days, nowait=True)
    except DatabaseError as error:
        _warn("summed at once", error)
    try:
        with transaction.atomic():
            mark((team, day) for day in days)
    except DatabaseError as error:
        _warn("marked", error)


def _warn(what: str, error: DatabaseError) -> None:
    log.warning("Days of the trends could not be %s (%s)", what, type(error).__name__, extra=logs.DATABASE)


def _summed(team: int, day: date) -> dict[str, Any]:
    """The columns of a day. The total and the first of the parts have the same `stamp`: an older Retake writes the
    parts alone, and then the total is no longer that of these parts."""
    parts = sums(team, day)
    total, *stored = trend_sums.dump([trend_sums.total(parts), *parts])
    stamp = uuid4().hex
    for stamped in (total, *stored[:1]):
        stamped["stamp"] = stamp
    return {"parts": stored, "total": total}


def sums(team: int, day: date) -> list[TrendSums]:
    """The generations of a day, by model and provider, but for those that replays made: one query."""
    start = datetime.combine(day, midnight(), UTC)
    rows = Generation.objects.of_apps().filter(
        team=team, sorted_at__gte=start, sorted_at__lt=start + timedelta(days=1)
    )
    groups = (
        rows.alias(total=TOTAL)
        .annotate(span=SPAN)
        .values("model_id", "provider", "success", "error_code", "span")
        .order_by()
        .annotate(
            number=Count("pk"),
            cost=Sum("cost_nanos"),
            priced=Count("cost_nanos"),
            input=Sum("input_tokens"),
            output=Sum("output_tokens"),
        )
    )
    parts: dict[tuple[str, str], TrendSums] = {}
    for group in groups.iterator():
        key = (group["model_id"], group["provider"])
        parts.setdefault(key, TrendSums(*key)).add(_sums(group))
    return trend_sums.bounded(parts.values())


def _sums(group: Mapping[str, Any]) -> TrendSums:
    def whole(name: str) -> int:
        return int(group[name] or 0)

    number, success = whole("number"), group["success"]
    return TrendSums(
        count=number,
        failed=number if success is False else 0,
        unclear=number if success is None else 0,
        cost=whole("cost"),
        priced=whole("priced"),
        input=whole("input"),
        output=whole("output"),
        waits={} if group["span"] is None else {whole("span"): number},
        causes={str(group["error_code"]): number} if success is False else {},
    )
