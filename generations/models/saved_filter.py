"""Filters that somebody keeps."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Team, User
from generations.models.forgetting import UNDO_TIME


class SavedQuerySet(models.QuerySet[Any]):
    def of(self, team: Team, user: User) -> Self:
        """Those of one person in one team, by name."""
        return self.filter(team=team, user=user).order_by("name")

    def due(self, now: datetime) -> Self:
        """Removed ones that nobody can bring back any more."""
        return self.filter(removed_at__lte=now - UNDO_TIME)

    def undoable(self, **which: Any) -> Self:
        return self.filter(removed_at__gt=timezone.now() - UNDO_TIME, **which)


class SavedManager(models.Manager[Any]):
    """Those that nobody has removed: what is removed is deleted in a moment, or brought back."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(removed_at=None)


class SavedQuery(models.Model):
    """A list that a person comes back to: `query` is the query string of its page."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    saved_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    objects = SavedManager.from_queryset(SavedQuerySet)()
    rows = SavedQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["removed_at"], condition=Q(removed_at__isnull=False), name="%(class)s_removed"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SavedFilter(SavedQuery):
    """A list of generations."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")

    class Meta(SavedQuery.Meta):
        constraints = [models.UniqueConstraint(fields=["team", "user", "name"], name="one_filter_per_name")]

    def get_absolute_url(self) -> str:
        return f"{reverse('generations', args=[self.team.slug])}?{self.query}"


class SavedLogFilter(SavedQuery):
    """A view of the gateway's log."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_log_filters")

    class Meta(SavedQuery.Meta):
        constraints = [
            models.UniqueConstraint(fields=["team", "user", "name"], name="one_log_filter_per_name")
        ]

    def get_absolute_url(self) -> str:
        return f"{reverse('log', args=[self.team.slug])}?{self.query}"
