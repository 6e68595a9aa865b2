"""The generation that an address names."""

from django.http import Http404

from dashboard.access import TeamRequest
from generations.models import Generation


def get_generation_or_404(request: TeamRequest, slug: str) -> Generation:
    """The stored row of this team that `slug` names, with its team. Raises Http404."""
    row = Generation.objects.of(request.team).named(slug).first()
    if row is None:
        raise Http404("No such generation in this team.")
    row.team = request.team
    return row
