"""A backup that was put back knows nothing of what was sent after it was made: what is open in it is never sent."""

from django.db import transaction
from django.utils import timezone

from generations.models import Batch, Feedback, Replay
from generations.models.batch import BatchState
from generations.models.feedback import FeedbackState
from generations.models.replay import State

DETAIL = (
    "The database was restored from a backup in which this had not ended. Whether it was sent after the backup was made "
    "is unknown: it may have been charged. It is not sent again automatically."
)


@transaction.atomic
def end_what_is_open() -> dict[str, int]:
    """End open batches, replays and feedback. Gives how many of each. Lookups go on: they cost nothing."""
    now = timezone.now()
    end = {"reason": "restored", "detail": DETAIL}
    return {
        "batches": Batch.objects.filter(state__in=[BatchState.RUNNING, BatchState.PAUSED]).update(
            state=BatchState.CANCELLED, finished_at=now
        ),
        "replays": Replay.objects.unfinished().update(
            state=State.INTERRUPTED, finished_at=now, sent=None, **end
        ),
        "pieces of feedback": Feedback.objects.filter(
            state__in=[FeedbackState.WAITING, FeedbackState.SENDING]
        ).update(state=FeedbackState.UNKNOWN, **end),
    }
