"""The generation or replay that an address names, and whether a page is shown to who has just started what is on it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from dashboard.access import TeamRequest
from generations.models import Batch, Generation, Replay

JUST_NOW = timedelta(seconds=5)


def get_generation_or_404(request: TeamRequest, slug: str) -> Generation:
    """The stored row of this team that `slug` names, with its team. Raises Http404."""
    row = Generation.objects.of(request.team).named(slug).first()
    if row is None:
        raise Http404("No such generation in this team.")
    row.team = request.team
    return row


def get_replay_or_404(request: TeamRequest, replay_id: UUID) -> Replay:
    """The row of this replay of the team, with its team. Raises Http404."""
    row = Replay.objects.filter(team=request.team, pk=replay_id).first()
    if row is None:
        raise Http404("No such replay in this team.")
    row.team = request.team
    return row


def get_batch_or_404(request: TeamRequest, batch_id: UUID) -> Batch:
    """The row of this batch of the team, with its team and who started it. Raises Http404."""
    row = Batch.objects.of(request.team).filter(pk=batch_id).select_related("started_by").first()
    if row is None:
        raise Http404("No such batch in this team.")
    row.team = request.team
    return row


def is_just_started(request: TeamRequest, started_by: int | None, started_at: datetime) -> bool:
    """Whether who asks started it a moment ago, so that the page says so."""
    return started_by == request.user.pk and timezone.now() - started_at < JUST_NOW
