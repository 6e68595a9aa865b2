"""Filters that somebody keeps."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Team, User


class SavedQuerySet(models.QuerySet[Any]):
    def of(self, team: Team, user: User) -> Self:
        """Those of one person in one team, by name."""
        return self.filter(team=team, user=user).order_by("name")


class SavedQuery(models.Model):
    """A list that a person comes back to: `query` is the query string of its page."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = SavedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class SavedFilter(SavedQuery):
    """A list of generations."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user", "name"], name="one_filter_per_name")]

    def get_absolute_url(self) -> str:
        return f"{reverse('generations', args=[self.team.slug])}?{self.query}"


class SavedLogFilter(SavedQuery):
    """A view of the gateway's log."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_log_filters")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user", "name"], name="one_log_filter_per_name")
        ]

    def get_absolute_url(self) -> str:
        return f"{reverse('log', args=[self.team.slug])}?{self.query}"
