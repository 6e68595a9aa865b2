"""All rows that a click needs, in one statement: with the ORM they were five."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from dashboard.consents.models import NEWEST_GOOD, Consent
from dashboard.models import GatewayConnection, Team, allowed_urls
from dashboard.rows.joined_rows import RowPart
from generations.gateway.request_ids import NUMBERED
from generations.models import Generation, ReplayLimits, StoredRecord
from generations.models.stored_record import BEST_FIRST

GENERATION = RowPart(
    Generation, "id", "request_id", "connection_id", "endpoint", "model_id", "provider", "cost_nanos"
)
RECORD = RowPart(StoredRecord, "id", "packed", "size")
SOURCE = RowPart(GatewayConnection, "id", "name", "base_url", "read_key", "replay_key")
CONSENT = RowPart(Consent, "id", "key", "expires_at", "connected_by_id")
LIMITS = RowPart(ReplayLimits)
ROWS = f"""
SELECT {GENERATION.listed("generation")}, {RECORD.listed("record")}, {SOURCE.listed("source")},
    {CONSENT.listed("consent")}, {LIMITS.listed("limits")}
FROM generations_generation generation
LEFT JOIN LATERAL (
    SELECT id, packed, size FROM generations_storedrecord WHERE generation_id = generation.id AND replayable
    ORDER BY {BEST_FIRST} LIMIT 1
) record ON true
LEFT JOIN dashboard_gatewayconnection source
    ON source.team_id = generation.team_id AND source.base_url = ANY(%(allowed)s)
{NEWEST_GOOD}
LEFT JOIN generations_replaylimits limits ON limits.team_id = generation.team_id
WHERE NOT generation.hidden AND generation.team_id = %(team)s AND {{named}}
ORDER BY source.id = generation.connection_id DESC NULLS LAST, source.position, source.id LIMIT 1
"""  # noqa: S608 -- names of this module
BY_NUMBER, BY_ID = (ROWS.format(named=f"generation.{name} = %(named)s") for name in ("id", "request_id"))


@dataclass(frozen=True, slots=True)
class OrderedRows:
    """A generation, its best record with a request, the connection that a replay goes through with its newest usable
    consent, and the team's limits as they are now.
    """

    generation: Generation
    record: StoredRecord | None
    source: GatewayConnection | None
    limits: ReplayLimits | None


def find(team: Team, slug: str) -> OrderedRows | None:
    """What a click on the generation that `slug` names needs; None where the team has none of that name."""
    number = NUMBERED.fullmatch(slug)
    values: dict[str, Any] = {"team": team.pk, "allowed": allowed_urls(), "at": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(BY_NUMBER if number else BY_ID, {**values, "named": int(slug[1:]) if number else slug})
        found = cursor.fetchone()
    if found is None:
        return None
    left = iter(found)
    generation = GENERATION.row(left)
    generation.team = team
    record, source = RECORD.row_or_none(left), SOURCE.row_or_none(left)
    consent = CONSENT.row_or_none(left)
    if source is not None:
        source.newest_consents = [consent] if consent else []
    return OrderedRows(generation, record, source, LIMITS.row_or_none(left))
