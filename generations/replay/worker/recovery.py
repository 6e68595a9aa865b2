"""The periodic sweep: no replay stays open for ever, and none is sent twice."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from generations.models import Replay, ReplayAnswer, ReplayPart
from generations.models.replay import State
from generations.replay import derived_answer
from generations.replay.live import publisher
from generations.replay.order.start import send_message
from generations.replay.raw_answer import stored


def sweep(now: datetime | None = None) -> dict[str, int]:
    """Send lost messages again, end what never started, mark what went silent. Returns how many of each."""
    now = now or timezone.now()
    return {"never_started": end_unstarted(now), "resent": resend(now), "interrupted": interrupt_silent(now)}


def end_unstarted(now: datetime) -> int:
    """Queued for over 10 minutes: failed, nothing charged."""
    detail = "No worker took this replay within ten minutes. Nothing was sent and nothing was charged."
    ended = 0
    for replay in Replay.objects.never_started(now):
        ended += replay.give_up(State.QUEUED, State.FAILED, "never_started", detail, sent=False)
        publisher.ring(replay.pk)
    return ended


def resend(now: datetime) -> int:
    """Send the message of those queued for over 30 s again. The claim makes a second message harmless."""
    sent = 0
    for replay_id in list(Replay.objects.unsent(now).values_list("pk", flat=True)):
        if Replay.objects.unsent(now).filter(pk=replay_id).update(message_sent_at=now):
            sent += send_message(replay_id)
    return sent


def interrupt_silent(now: datetime) -> int:
    """A replay whose worker went silent: outcome unknown, may have been charged, never sent again by itself."""
    detail = (
        "The worker stopped unexpectedly. Whether the gateway finished the request is unknown: it may have been "
        "charged. It is not sent again automatically."
    )
    ended = 0
    for replay in Replay.objects.silent(now):
        if replay.give_up(State.RUNNING, State.INTERRUPTED, "worker_lost", detail):
            join_parts(replay.pk, replay.generation.endpoint, replay.content_type)
            publisher.ring(replay.pk)
            ended += 1
    return ended


def join_parts(replay_id: UUID, endpoint: str, content_type: str) -> None:
    """Make the partial answer out of the checkpoints of a replay that nobody finishes."""
    parts = list(ReplayPart.objects.filter(replay=replay_id).values_list("pk", flat=True))
    if not parts:
        return
    wire = b"".join(stored(replay_id))
    reading = derived_answer.read(endpoint, content_type or "text/event-stream", wire)
    row = reading.row(replay_id, wire)
    with transaction.atomic():
        ReplayAnswer.objects.bulk_create([row], ignore_conflicts=True)  # its worker may have come back
        # Only these: a worker that comes back adds more, and finds its answer's beginning in the row.
        ReplayPart.objects.filter(pk__in=parts).delete()
        Replay.objects.filter(pk=replay_id, state=State.INTERRUPTED).update(**reading.columns)
