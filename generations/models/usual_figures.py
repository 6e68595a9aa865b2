"""What is usual for a team: percentiles of its figures of the last 30 days, by model and endpoint."""

from django.db import models

from dashboard.models import Team


class UsualFigures(models.Model):
    """Figures of one model at one endpoint, no content. `figures` has for each measure how many were known, and the 5th,
    50th and 95th percentile; see `reading/figures/usual.py`.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    model_id = models.CharField(max_length=200)
    endpoint = models.CharField(max_length=120, blank=True)
    figures = models.JSONField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "model_id", "endpoint"], name="usual_figures_of")
        ]

    def __str__(self) -> str:
        return f"usual figures of {self.model_id}"


class UsualCount(models.Model):
    """When the usual figures of a team are counted next."""

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="usual_count")
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"usual figures due at {self.due_at}"
