"""Pins that somebody sets or lifts, each with an event of the team."""

from dashboard.access import TeamRequest
from dashboard.people.team_service import audit
from generations.models import Pin
from generations.models.generation import GenerationQuerySet


def set_pins(request: TeamRequest, rows: GenerationQuerySet, *, lift: bool) -> int:
    """Set or lift the team's pins. Returns of how many generations that changed something."""
    names = Pin.objects.lift(rows) if lift else Pin.objects.put(rows, request.user)
    if names:
        action = "generation.unpinned" if lift else "generation.pinned"
        subject = names[0] if len(names) == 1 else f"{len(names)} generations"
        audit(request.team, request.user, action, subject, requests=names[:100])
    return len(names)
