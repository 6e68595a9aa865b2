"""The press: the row of a piece of feedback, and the message to the workers."""

import logging
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from dashboard.celery import app as celery
from dashboard.models import GatewayConnection, Team, User
from dashboard.telemetry import logs
from generations.models import Feedback, Generation, Replay
from generations.models.feedback import RESEND_AFTER

log = logging.getLogger(__name__)
SEND = "generations.tasks.send_feedback"


class FeedbackNotTaken(Exception):
    """Nothing new is sent; its text says why."""


OPEN = "Other feedback for this request is under way, or its outcome is unknown. Nothing more is sent until that is clear."
USED = "This page has already sent something else. Open it again to give more feedback."


@dataclass(frozen=True, slots=True)
class FeedbackTarget:
    """What feedback is about: a generation, or what a replay made."""

    team: Team
    request_id: str
    generation: Generation | None = None
    replay: Replay | None = None

    def given(self) -> list[Feedback]:
        """What the team gave already, the newest first."""
        found = Feedback.objects.of(self.team, self.request_id)
        return list(found.select_related("given_by")[:50])


@dataclass(frozen=True, slots=True)
class FeedbackWords:
    """What somebody says."""

    rating: str
    tags: list[str]
    comment: str


def give(
    target: FeedbackTarget, source: GatewayConnection, user: User, click: UUID, words: FeedbackWords
) -> Feedback:
    """The feedback of this press, waiting for a worker. The same press again is the same row. Raises FeedbackNotTaken."""
    row = Feedback(
        team=target.team,
        generation=target.generation,
        replay=target.replay,
        request_id=target.request_id,
        connection=source,
        given_by=user,
        click=click,
        due_at=timezone.now() + RESEND_AFTER,
        rating=words.rating,
        tags=words.tags,
        comment=words.comment,
    )
    try:
        with transaction.atomic():
            # First, as who forgets does.
            subject = [row.generation_id] if row.generation_id else []
            list(Generation.objects.select_for_update().filter(pk__in=subject).values_list("pk"))
            row.save(force_insert=True)
            transaction.on_commit(partial(send_message, row.pk))
    except IntegrityError:
        same = Feedback.objects.filter(team=target.team, click=click).first()
        if same is None:
            raise FeedbackNotTaken(OPEN) from None
        if (same.rating, same.tags, same.comment) != (words.rating, words.tags, words.comment):
            raise FeedbackNotTaken(USED) from None
        return same
    return row


def send_message(feedback_id: UUID) -> None:
    """Tell the workers. When the broker is unavailable the row stays waiting and the sweep tells them later."""
    try:
        celery.send_task(SEND, [str(feedback_id)])
    except (OperationalError, OSError):
        log.warning(
            "The broker is unavailable; feedback %s waits for the sweep", feedback_id, extra=logs.REDIS
        )
