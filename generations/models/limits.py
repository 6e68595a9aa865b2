"""What a team lets its members spend on replays."""

from django.db import models

from dashboard.models import Team


class ReplayLimits(models.Model):
    """Set by admins. Money in nanos (a billionth of a dollar), days in UTC; null is no limit."""

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="replay_limits")
    per_replay_nanos = models.BigIntegerField(null=True, blank=True)
    person_day_nanos = models.BigIntegerField(null=True, blank=True)
    person_day_count = models.PositiveIntegerField(null=True, blank=True)
    team_day_nanos = models.BigIntegerField(null=True, blank=True)
    team_day_count = models.PositiveIntegerField(null=True, blank=True)
    confirm_nanos = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"replay limits of team {self.team_id}"
