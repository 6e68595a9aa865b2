"""Feedback that somebody gave here, and what became of its one POST."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.consents.models import Consent
from dashboard.models import GatewayConnection, Team
from generations.gateway.feedback import RATINGS
from generations.models.generation import Generation
from generations.models.replay import Replay

SILENT_AFTER = timedelta(seconds=90)  # more than a POST may take
SETTLED_AFTER = timedelta(minutes=2)  # what the gateway does not list by then, it has not stored
RESEND_AFTER = timedelta(seconds=30)


class FeedbackState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    REFUSED = "refused", "Not sent"
    UNKNOWN = "unknown", "Unknown"
    ABSENT = "absent", "Not at the gateway"


PILLS = {
    FeedbackState.WAITING: "queued",
    FeedbackState.SENDING: "running",
    FeedbackState.SENT: "succeeded",
    FeedbackState.REFUSED: "failed",
    FeedbackState.UNKNOWN: "interrupted",
    FeedbackState.ABSENT: "cancelled",
}
"""The state of a replay whose look a state has."""


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def of(self, team: Team, request_id: str) -> Self:
        """What the team gave for one request, the newest first."""
        return self.filter(team=team, request_id=request_id).order_by("-created_at", "-pk")

    def open(self) -> Self:
        """Those that the gateway may have or may still get: no other is given for the same request meanwhile."""
        return self.filter(ended_at=None)

    def due(self, now: datetime) -> Self:
        """Waiting ones whose turn it is, or whose message seems lost."""
        return self.filter(state=FeedbackState.WAITING, due_at__lte=now)

    def silent(self, now: datetime) -> Self:
        """Those whose worker has not said what came of the POST."""
        return self.filter(state=FeedbackState.SENDING, claimed_at__lt=now - SILENT_AFTER)

    def drop_words(self) -> int:
        """Delete what people wrote, and what the gateway said, which may quote it."""
        worded = self.exclude(comment="", tags=[], detail="")
        return worded.update(comment="", tags=[], detail="", words_dropped=True)


class Feedback(models.Model):
    """One press, at most one POST whose outcome is open. Its ID stands in the metadata of what is sent.

    `comment` and `tags` are the team's own words and die with the generation and by age. `ended_at` is null while its
    outcome is open, which it is in the states waiting, sending and unknown.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    generation = models.ForeignKey(Generation, models.CASCADE, null=True, related_name="feedback")
    replay = models.ForeignKey(Replay, models.CASCADE, null=True, related_name="feedback")
    request_id = models.CharField(max_length=256)
    connection = models.ForeignKey(GatewayConnection, models.SET_NULL, null=True, related_name="+")
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, related_name="+")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    click = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    rating = models.CharField(max_length=30, blank=True)
    tags = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    words_dropped = models.BooleanField(default=False)

    state = models.CharField(max_length=10, choices=FeedbackState, default=FeedbackState.WAITING)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    gateway_id = models.CharField(max_length=100, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "click"], name="one_feedback_per_click"),
            models.UniqueConstraint(
                fields=["team", "request_id"],
                condition=Q(ended_at=None),
                name="one_open_feedback_per_request",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "request_id", "-created_at"], name="feedback_of_request"),
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="feedback_due"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="feedback_sending"),
            models.Index(fields=["created_at"], name="feedback_by_age"),
        ]

    def __str__(self) -> str:
        return f"feedback {self.pk} ({self.state})"

    @property
    def rating_words(self) -> str:
        return RATINGS.get(self.rating, self.rating)

    @property
    def pill(self) -> str:
        return PILLS[FeedbackState(self.state)]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def moves(self) -> bool:
        """Whether its state changes by itself."""
        return self.state in (FeedbackState.WAITING, FeedbackState.SENDING)

    @property
    def is_settled(self) -> bool:
        """Whether a POST of it has had the time to be stored."""
        return self.claimed_at is None or timezone.now() - self.claimed_at > SETTLED_AFTER

    def take(self, consent: Consent) -> bool:
        """True for the one caller that may send it now. Written before the POST."""
        waiting = Feedback.objects.filter(pk=self.pk, state=FeedbackState.WAITING)
        now = timezone.now()
        columns = {"state": FeedbackState.SENDING, "claimed_at": now, "due_at": None, "consent": consent}
        self.claimed_at = now
        return waiting.update(**columns, tries=models.F("tries") + 1) == 1

    def put_off(self, delay: timedelta) -> None:
        """Nothing is at the gateway; it is tried again then."""
        mine = Feedback.objects.filter(pk=self.pk, state__in=[FeedbackState.WAITING, FeedbackState.SENDING])
        mine.update(state=FeedbackState.WAITING, claimed_at=None, due_at=timezone.now() + delay)

    def end(self, state: FeedbackState, reason: str = "", detail: str = "", **columns: Any) -> bool:
        """What came of it, while that is open. True if it was."""
        still = Feedback.objects.open().filter(pk=self.pk)
        ended = None if state == FeedbackState.UNKNOWN else timezone.now()
        facts = {"state": state, "reason": reason[:60], "detail": detail[:500], "ended_at": ended}
        return still.update(**facts, due_at=None, **columns) == 1
