"""Stored generations for the view tests."""

from dashboard.models import Team
from generations.gateway.record import Record
from generations.models import Generation
from generations.records import store


def keep(team: Team, raw: bytes, request_id: str) -> Generation:
    """The row of a record that the gateway sent."""
    row = store.store(team, request_id, None, Record.read(raw), None)
    return Generation.objects.select_related("team").get(pk=row.pk)
