"""Filters that somebody keeps."""

from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Team, User


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def of(self, team: Team, user: User) -> Self:
        """Those of one person in one team, by name."""
        return self.filter(team=team, user=user).order_by("name")


class SavedFilter(models.Model):
    """A list of generations that a person comes back to: `query` is the query string of its page."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user", "name"], name="one_filter_per_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('generations', args=[self.team.slug])}?{self.query}"
