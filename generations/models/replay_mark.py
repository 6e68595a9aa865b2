"""What somebody thinks of a replay's answer."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.models import Team, User
from generations.models.replay import Replay


class ReplayMarkQuerySet(models.QuerySet["ReplayMark"]):
    def put(self, replay: Replay, user: User, *, is_good: bool) -> None:
        """Mark a replay, or change its mark."""
        mark = ReplayMark(
            replay=replay, team_id=replay.team_id, is_good=is_good, marked_by=user, marked_at=timezone.now()
        )
        self.bulk_create(
            [mark],
            update_conflicts=True,
            unique_fields=["replay"],
            update_fields=["is_good", "marked_by", "marked_at"],
        )


class ReplayMark(models.Model):
    """Good or bad: the last word of the team. It goes with its replay."""

    replay = models.OneToOneField(Replay, models.CASCADE, primary_key=True, related_name="mark")
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    is_good = models.BooleanField()
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    marked_at = models.DateTimeField(default=timezone.now)

    objects = ReplayMarkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{'good' if self.is_good else 'bad'}: {self.replay_id}"
