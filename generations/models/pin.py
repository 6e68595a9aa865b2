"""What a team has pinned: kept beyond the retention of bodies, gone with *forget*."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.models import Team, User
from generations.models.generation import Generation, GenerationQuerySet


class PinQuerySet(models.QuerySet["Pin"]):
    def of(self, team: Team) -> Self:
        """The team's, the newest first, with what lists show of their generations."""
        found = self.filter(team=team, generation__hidden=False).select_related(
            "generation__looked_up_by", "pinned_by"
        )
        return found.order_by("-pinned_at", "-pk")

    def put(self, found: GenerationQuerySet, user: User) -> list[str]:
        """Pin generations that are not pinned yet; returns their request IDs."""
        fresh = found.filter(pin=None).only("id", "team", "request_id")
        pins = [Pin(generation=row, team_id=row.team_id, pinned_by=user) for row in fresh]
        self.bulk_create(pins, ignore_conflicts=True)
        return [pin.generation.request_id for pin in pins]

    def lift(self, found: GenerationQuerySet) -> list[str]:
        """Lift the pins of generations; returns their request IDs."""
        pins = self.filter(generation__in=found.values("pk"))
        names = list(pins.values_list("generation__request_id", flat=True))
        pins.delete()
        return names


class Pin(models.Model):
    """A pin belongs to the team: any member sets and lifts it."""

    generation = models.OneToOneField(Generation, models.CASCADE, primary_key=True, related_name="pin")
    team = models.ForeignKey(Team, models.CASCADE, related_name="+", db_index=False)
    pinned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    pinned_at = models.DateTimeField(default=timezone.now)

    objects = PinQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "-pinned_at"], name="pins_by_time")]

    def __str__(self) -> str:
        return f"pin of {self.generation_id}"
