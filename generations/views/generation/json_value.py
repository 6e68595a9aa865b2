"""What "copy value" in the JSON explorer copies."""

from django.http import HttpResponseBase
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from generations.views.generation.record_parts import exact, wanted_part


@for_team(Right.READ)
@require_GET
def json_value(request: TeamRequest, slug: str) -> HttpResponseBase:
    """The JSON text of one value (`?at=`, a pointer), byte for byte as it stands in the record."""
    return exact(wanted_part(request, slug))
