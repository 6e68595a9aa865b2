"""The connections that are asked for a record, with their consents, in one statement."""

from itertools import groupby

from django.db import connection
from django.utils import timezone

from dashboard.consents.models import GOOD, NEWEST_FIRST, Consent
from dashboard.models import GatewayConnection, allowed_urls
from dashboard.rows.joined_rows import RowPart

SOURCE, CONSENT = RowPart(GatewayConnection), RowPart(Consent)
USABLE = f"""
SELECT {SOURCE.listed("source")}, {CONSENT.listed("consent")}
FROM dashboard_gatewayconnection source
LEFT JOIN dashboard_consent consent ON consent.connection_id = source.id AND {GOOD}
WHERE source.team_id = %(team)s AND source.base_url = ANY(%(allowed)s)
ORDER BY source.position, source.id, {NEWEST_FIRST}
"""  # noqa: S608 -- columns of our own models


def usable(team_id: int) -> list[GatewayConnection]:
    """What `GatewayConnection.objects.usable()` finds for a team, in the same order."""
    with connection.cursor() as cursor:
        cursor.execute(USABLE, {"team": team_id, "allowed": allowed_urls(), "at": timezone.now()})
        rows = cursor.fetchall()
    return [_source(list(group)) for _, group in groupby(rows, key=lambda row: row[0])]


def _source(rows: list[tuple[object, ...]]) -> GatewayConnection:
    """One connection, from a row for each of its consents."""
    source = SOURCE.row(iter(rows[0]))
    found = (CONSENT.row_or_none(iter(row[len(SOURCE.names) :])) for row in rows)
    source.good_consents = [consent for consent in found if consent is not None]
    return source
