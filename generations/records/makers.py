"""Generations that replays of their team made: experiments, which are not counted as what the team's apps did.

`Generation.is_replay` says it, so that lists and sums need no join. It is set when the record is stored, at the latest
when its replay is linked to it; rows of an older Retake are found by the clock.
"""

import time
from collections.abc import Iterable
from datetime import UTC

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from generations.models import Generation, Replay
from generations.records import trend_days

BITE, MOST, SECONDS = 500, 10_000, 5.0
"""Rows of one transaction, rows of one tick, and the time after which no further transaction begins."""


def is_made(team: int, request_id: str) -> bool:
    """Whether a replay of the team made what has this request ID."""
    return Replay.rows.filter(team=team, new_request_id=request_id).exclude(new_request_id="").exists()


def note(generations: Iterable[int]) -> int:
    """Note that replays made these, and that their days are to be summed again. Returns how many were not noted yet.

    What somebody else has locked is left for the next time.
    """
    with transaction.atomic():
        fresh = Generation.rows.filter(pk__in=generations, is_replay=False)
        rows = list(
            fresh.select_for_update(skip_locked=True, of=("self",)).values_list("pk", "team", "sorted_at")
        )
        Generation.rows.filter(pk__in=[pk for pk, *_ in rows]).update(is_replay=True)
        trend_days.mark({(team, moment.astimezone(UTC).date()) for _, team, moment in rows})
    return len(rows)


def tick() -> int:
    """One periodic step: notes some that are not noted yet. Returns how many."""
    limit, noted, found = time.monotonic() + SECONDS, 0, _unnoted()
    for start in range(0, len(found), BITE):
        noted += note(found[start : start + BITE])
        if time.monotonic() > limit:
            break
    return noted


def _unnoted() -> list[int]:
    """What replays made, by their links; where these are all noted, by their request IDs, for records that no link has."""
    linked = Replay.rows.filter(new_generation__is_replay=False).exclude(generation=F("new_generation"))
    found = list(linked.values_list("new_generation", flat=True)[:MOST])
    unlinked = Replay.rows.filter(
        new_generation=None, team=OuterRef("team"), new_request_id=OuterRef("request_id")
    )
    others = unlinked.exclude(new_request_id="").exclude(generation=OuterRef("pk"))
    named = Generation.rows.filter(Exists(others), is_replay=False)
    return found or list(named.values_list("pk", flat=True)[:MOST])
