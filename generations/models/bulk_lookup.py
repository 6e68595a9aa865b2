"""Many requests of the gateway's log that somebody chose, looked up in the background."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Team

SILENT_AFTER = timedelta(seconds=60)
KEPT = timedelta(days=7)


class BulkLookupQuerySet(models.QuerySet["BulkLookup"]):
    def of(self, team: Team) -> Self:
        return self.filter(team=team)

    def unfinished(self) -> Self:
        return self.filter(ended_at=None)

    def silent(self, now: datetime) -> Self:
        """Unfinished ones that nobody works on."""
        return self.unfinished().filter(Q(beat_at=None) | Q(beat_at__lt=now - SILENT_AFTER))

    def old(self, now: datetime) -> Self:
        return self.filter(created_at__lt=now - KEPT)


class BulkLookup(models.Model):
    """Its request IDs, at most 200. How far each one is stands in its `Generation` or its `Fetch`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    request_ids = models.JSONField(default=list)
    # How many more the filter found.
    left_out = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = BulkLookupQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=Q(ended_at=None), name="open_bulk_lookups")]
        constraints = [
            models.UniqueConstraint(
                fields=["team"], condition=Q(ended_at=None), name="one_bulk_lookup_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{len(self.request_ids)} lookups"

    def get_absolute_url(self) -> str:
        return reverse("bulk_lookup", args=[self.team.slug, self.id])

    def claim(self) -> bool:
        """True for the one worker that may go on with it."""
        now = timezone.now()
        return BulkLookup.objects.silent(now).filter(pk=self.pk).update(beat_at=now) == 1

    def beat(self) -> None:
        """Somebody works on it."""
        BulkLookup.objects.filter(pk=self.pk).update(beat_at=timezone.now())

    def end(self) -> None:
        """Everything was asked for."""
        BulkLookup.objects.filter(pk=self.pk).unfinished().update(ended_at=timezone.now())
