"""What somebody has forgotten or removed a moment ago: hidden at once, deleted when nobody can take it back any more."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.models import Team
from generations.models.generation import Generation

UNDO_TIME = timedelta(seconds=10)


def undo_ends() -> datetime:
    """When what is forgotten now cannot be taken back any more."""
    return timezone.now() + UNDO_TIME


class ForgettingQuerySet(models.QuerySet["Forgetting"]):
    def due(self, now: datetime | None = None) -> Self:
        """Those that nobody can take back any more."""
        return self.filter(due_at__lte=now or timezone.now())

    def undoable(self, **which: Any) -> Self:
        return self.filter(due_at__gt=timezone.now(), **which)


class Forgetting(models.Model):
    """One click on "forget", or (`pasted_only`) on the removal of a pasted answer. It goes with what it deletes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    generation = models.ForeignKey(Generation, models.CASCADE, related_name="forgettings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    pasted_only = models.BooleanField(default=False, db_default=False)
    due_at = models.DateTimeField(default=undo_ends, db_index=True)

    objects = ForgettingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"forgetting {self.generation_id}"
