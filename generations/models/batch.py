"""Many replays planned together: N times, several variants, many generations."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from dashboard.models import Team, User
from generations.models.generation import Generation


class BatchState(models.TextChoices):
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Done"


class BatchQuerySet(models.QuerySet["Batch"]):
    def of(self, team: Team) -> Self:
        return self.filter(team=team)

    def unfinished(self) -> Self:
        return self.filter(state__in=[BatchState.RUNNING, BatchState.PAUSED])


class Batch(models.Model):
    """Its members are `Replay` rows that wait until `replay.batches.release_members` lets them go, `parallel` at a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="batches")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    click = models.UUIDField()
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=BatchState, default=BatchState.RUNNING)
    parallel = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    # What was asked for and cannot be replayed: [request ID, reason] each.
    left_out = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "click"], name="one_batch_per_click")]
        indexes = [
            models.Index(fields=["team", "-created_at"]),
            models.Index(fields=["created_at"], condition=models.Q(state="running"), name="running_batches"),
        ]

    def __str__(self) -> str:
        return f"batch {self.id} ({self.state})"

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.team.slug, self.id])

    @cached_property
    def skipped(self) -> list[list[str]]:
        """`left_out` without what somebody has just forgotten: its reasons may quote the request."""
        names = [item[0] for item in self.left_out]
        hidden = Generation.rows.filter(team=self.team_id, hidden=True, request_id__in=names)
        gone = set(hidden.values_list("request_id", flat=True)) if names else set()
        return [item for item in self.left_out if item[0] not in gone]

    @property
    def is_open(self) -> bool:
        return self.state in (BatchState.RUNNING, BatchState.PAUSED)

    def rename(self, title: str) -> None:
        """Give it another name."""
        Batch.objects.filter(pk=self.pk).update(title=title)

    def pause(self) -> bool:
        """Let nobody else go. True if it was running."""
        return self._move(BatchState.RUNNING, BatchState.PAUSED)

    def resume(self) -> bool:
        """Let members go again. True if it was paused."""
        return self._move(BatchState.PAUSED, BatchState.RUNNING)

    def _move(self, seen: BatchState, state: BatchState) -> bool:
        return Batch.objects.filter(pk=self.pk, state=seen).update(state=state) == 1

    def cancel(self, user: User) -> int:
        """End the members that wait; those that run go on. Returns how many it ended."""
        now = timezone.now()
        ended = {"state": "cancelled", "reason": "before_start", "finished_at": now, "sent": False}
        with transaction.atomic():
            Batch.objects.filter(pk=self.pk).unfinished().update(state=BatchState.CANCELLED, finished_at=now)
            return self.replays.filter(state__in=["waiting", "queued"]).update(
                **ended, cancel_asked_at=now, cancelled_by=user
            )
