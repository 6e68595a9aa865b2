"""What a team's generations of a day were, summed for the trends."""

from typing import Self

from django.db import models
from django.db.models import Q

from dashboard.models import Team


class TrendDayQuerySet(models.QuerySet["TrendDay"]):
    def of(self, team: Team) -> Self:
        return self.filter(team=team)

    def stale(self) -> Self:
        """Days whose generations have changed since they were summed, the latest first."""
        return self.filter(is_stale=True).order_by("-day")


class TrendDay(models.Model):
    """The sums of one day (UTC): figures, names and error codes only, no content. `parts` are those of
    `reading/figures/trend_sums.py`, `total` is all of them as one: only where it has the `stamp` of the first part,
    because an older Retake writes the parts alone; `counted_at` is when they were read, null for never."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    day = models.DateField()
    parts = models.JSONField(default=list)
    total = models.JSONField(null=True)
    counted_at = models.DateTimeField(null=True)
    is_stale = models.BooleanField(default=True)

    objects = TrendDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "day"], name="one_trend_per_day")]
        indexes = [models.Index(fields=["-day"], condition=Q(is_stale=True), name="stale_trends")]

    def __str__(self) -> str:
        return f"trend of {self.day}"
