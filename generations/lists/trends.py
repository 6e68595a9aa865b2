"""The trends of a team: what its stored generations and its replays were, day by day (UTC).

Read from the sums that `records/trend_days.py` keeps: a page costs the days that it shows, not the generations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as midnight
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, TextField, When
from django.db.models.functions import Cast

from dashboard.models import Team
from generations.models import TrendDay
from generations.reading.figures import trend_sums
from generations.reading.figures.trend_sums import OTHER, TrendSums

MOST_NAMES, MOST_OFFERED = 20, 200


@dataclass(frozen=True, slots=True)
class Trends:
    """`by_day` and `replays` have a value for each of `days`; `before` is the same time before those.

    `offered` are the models and providers that can be asked for. `counted_at` is when the latest day was summed, None
    while none is; `pending` days are to be summed again.
    """

    days: list[date]
    by_day: list[TrendSums]
    replays: list[int]
    total: TrendSums
    before: TrendSums
    models: list[TrendSums]
    providers: list[TrendSums]
    offered: dict[str, list[str]]
    counted_at: datetime | None
    pending: int

    @property
    def has_something(self) -> bool:
        """Whether there is anything to draw: generations, also of the time before, or replays of older ones."""
        return bool(self.total.count or self.before.count or any(self.replays))


def read(team: Team, wanted: Mapping[str, Any], today: date) -> Trends:
    """The `days` until today of what has the `model` and the `provider` that are asked for: two queries."""
    span = wanted["days"]
    days = [today - timedelta(days=ago) for ago in range(span - 1, -1, -1)]
    is_whole = not (wanted["model"] or wanted["provider"])
    rows = _rows(team, days[0] - timedelta(days=span), days[0], today, is_whole=is_whole)
    loaded = {row.day: trend_sums.load(row.parts_text) for row in rows if row.parts_text}
    asked = {day: [part for part in found if _is_asked(part, wanted)] for day, found in loaded.items()}
    totals = {row.day: _total(row.total_text if is_whole else None, asked.get(row.day, [])) for row in rows}
    by_day = [totals.get(day, TrendSums()) for day in days]
    pairs = trend_sums.by_pair(part for day in days for part in asked.get(day, []))
    return Trends(
        days=days,
        by_day=by_day,
        replays=_replays(team, wanted, days),
        total=trend_sums.total(by_day),
        before=trend_sums.total(found for day, found in totals.items() if day < days[0]),
        models=_by_name(pairs, lambda part: part.model),
        providers=_by_name(pairs, lambda part: part.provider),
        offered=_offered([part for day in days for part in loaded.get(day, [])]),
        counted_at=max((row.counted_at for row in rows if row.counted_at), default=None),
        pending=len([row for row in rows if row.is_stale and row.day >= days[0]]),
    )


def _rows(team: Team, first: date, shown_from: date, today: date, *, is_whole: bool) -> list[Any]:
    """The days from `first` on, with `parts_text` and `total_text` as JSON.

    The total is None where it is not that of the parts. Of days before `shown_from` it is enough, where everything is
    asked for.
    """
    parts: Any = Cast("parts", TextField())
    sound = Q(total__stamp=F("parts__0__stamp"))
    if is_whole:
        parts = Case(When(sound, day__lt=shown_from, then=None), default=parts, output_field=TextField())
    total = Case(When(sound, then=Cast("total", TextField())), output_field=TextField())
    rows = TrendDay.objects.of(team).filter(day__range=(first, today)).defer("parts", "total")
    return list(rows.annotate(parts_text=parts, total_text=total))


def _total(text: str | None, parts: list[TrendSums]) -> TrendSums:
    """The total of a day as it was summed, else of its parts."""
    return trend_sums.load(f"[{text}]")[0] if text else trend_sums.total(parts)


def _is_asked(part: TrendSums, wanted: Mapping[str, Any]) -> bool:
    return wanted["model"] in ("", part.model) and wanted["provider"] in ("", part.provider)


def _offered(parts: list[TrendSums]) -> dict[str, list[str]]:
    names = {"model_id": {part.model for part in parts}, "provider": {part.provider for part in parts}}
    return {field: sorted(known - {"", OTHER})[:MOST_OFFERED] for field, known in names.items()}


def _by_name(parts: list[TrendSums], name_of: Callable[[TrendSums], str]) -> list[TrendSums]:
    """Joined by name (kept as `model`), those with the most generations first."""
    found: dict[str, TrendSums] = {}
    for part in parts:
        found.setdefault(name_of(part), TrendSums(name_of(part))).add(part)
    return sorted(found.values(), key=lambda sums: (-sums.count, sums.model))[:MOST_NAMES]


# Each day by itself is a stretch of one index, whose entries are counted without a look at when they were.
REPLAYS = """
SELECT (SELECT count(*) FROM generations_replay WHERE team_id = %(team)s {asked}
        AND created_at >= start AND created_at < start + interval '24 hours'
        AND NOT id IN (SELECT id FROM generations_replay WHERE hidden))
FROM unnest(%(starts)s) WITH ORDINALITY AS days(start, place) ORDER BY place
"""
ASKED = {"model": "AND model_id = %(model)s", "provider": "AND provider = %(provider)s"}


def _replays(team: Team, wanted: Mapping[str, Any], days: list[date]) -> list[int]:
    """How many replays were ordered each day; with a model or provider, those that it answered."""
    asked = " ".join(condition for name, condition in ASKED.items() if wanted[name])
    starts = [datetime.combine(day, midnight(), UTC) for day in days]
    with connection.cursor() as cursor:
        cursor.execute(REPLAYS.format(asked=asked), {**wanted, "team": team.pk, "starts": starts})
        return [number for (number,) in cursor.fetchall()]
