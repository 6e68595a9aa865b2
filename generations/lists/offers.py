"""What the filters of a list offer: the values that its rows have, but for what somebody has just forgotten."""

from collections.abc import Sequence

from django.db import connection

from dashboard.models import Team

MOST = 200
# Steps through an index from one value to the next, so the cost grows with the values and not with the rows.
VALUES = """
SELECT '{column}', value FROM (
    WITH RECURSIVE step(value) AS (
        (SELECT {column} FROM {table} WHERE team_id = %(team)s AND NOT hidden ORDER BY {column} LIMIT 1)
        UNION ALL
        SELECT (SELECT {column} FROM {table}
                WHERE team_id = %(team)s AND NOT hidden AND {column} > step.value ORDER BY {column} LIMIT 1)
        FROM step WHERE step.value IS NOT NULL
    )
    SELECT value FROM step WHERE value <> '' LIMIT %(most)s
) found_{column}
"""
GENERATIONS = ("generations_generation", ("model_id", "provider", "endpoint", "error_code"))
REPLAYS = ("generations_replay", ("model_id", "provider"))


def of_generations(team: Team) -> dict[str, list[str]]:
    """The values of the team's generations by column, at most MOST of each: one query."""
    return _values(team, *GENERATIONS)


def of_replays(team: Team) -> dict[str, list[str]]:
    """The same of its replays: the models and providers that answered."""
    return _values(team, *REPLAYS)


def _values(team: Team, table: str, columns: Sequence[str]) -> dict[str, list[str]]:
    """Each column begins an index of the table, after the team."""
    found: dict[str, list[str]] = {column: [] for column in columns}
    sql = " UNION ALL ".join(VALUES.format(table=table, column=column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"team": team.pk, "most": MOST})
        for column, value in cursor.fetchall():
            found[column].append(value)
    return found
