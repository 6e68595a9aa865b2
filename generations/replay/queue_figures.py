"""How replays stand, in figures of rows: for `/metrics`, the health page and `doctor`."""

from datetime import timedelta

from django.db.models import Avg, Count, Min, QuerySet
from django.utils import timezone

from dashboard.telemetry.row_figures import Figures
from generations.models import Replay
from generations.models.replay import OPEN_STATES, State

LATELY = timedelta(minutes=15)


def figures() -> Figures:
    """Open replays and those that ended lately by state, the age of the oldest queued one, the gateway's latency."""
    opened = {state: Replay.objects.filter(state=state).count() for state in OPEN_STATES}  # an index each
    found: Figures = {f"retake_replays_open state={state}": float(count) for state, count in opened.items()}
    found["retake_queue_age_seconds"] = queue_age(Replay.objects.queued())
    return found | _lately()


def queue_age(queued: QuerySet[Replay]) -> float:
    """Seconds that the replay which has been queued for longest has waited; 0 without one."""
    since = queued.aggregate(since=Min("queued_at"))["since"]
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0


def _lately() -> Figures:
    """Of those that ended within LATELY."""
    ended = Replay.objects.filter(finished_at__gte=timezone.now() - LATELY)
    counts = dict(ended.values_list("state").annotate(n=Count("pk")))
    found: Figures = {
        f"retake_replays_ended state={state}": float(counts.get(state, 0))
        for state in State
        if state not in OPEN_STATES
    }
    latency = ended.aggregate(ms=Avg("headers_ms"))["ms"]
    return found if latency is None else {**found, "retake_replay_headers_seconds": float(latency) / 1000}
