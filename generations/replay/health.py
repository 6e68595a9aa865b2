"""The product's own check for the health page and `doctor`: does the queue move?"""

from dashboard.health.findings import BAD, OK, WARN, Finding, counted
from dashboard.models import Team
from generations.models import Replay
from generations.replay.queue_figures import queue_age

SLOW_SECONDS, STUCK_SECONDS = 30, 120


def queue(team: Team | None) -> list[Finding]:
    """How long the oldest queued replay waits."""
    rows = Replay.objects.queued() if team is None else Replay.objects.queued().filter(team=team)
    age, count = round(queue_age(rows)), rows.count()
    waiting = counted(count, "replay waits", "replays wait")
    if age < SLOW_SECONDS:
        return [
            Finding(
                "Queue",
                OK,
                f"{waiting}, for {age} s at most." if count else "Nothing is waiting.",
            )
        ]
    said = (
        f"{waiting}, for {age} s. Nothing was sent for them. See whether Worker, Redis and Beat are in "
        "order here; if they are, start more workers or raise WORKER_CONCURRENCY."
    )
    return [Finding("Queue", BAD if age >= STUCK_SECONDS else WARN, said)]
