"""When each worker and beat was last heard of, by the database's clock."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now


class ProcessQuerySet(models.QuerySet["Process"]):
    def heard(self, within: timedelta) -> "ProcessQuerySet":
        return self.filter(heard_at__gte=Now() - within)


class Process(models.Model):
    """One running worker or beat: `name` is its host and process ID, `keys` a fingerprint of its FIELD_ENCRYPTION_KEYS."""

    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    heard_at = models.DateTimeField(db_default=Now())
    keys = models.CharField(max_length=16, blank=True, db_default="")

    objects = ProcessQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_row_per_process")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
