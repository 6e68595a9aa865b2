"""The list and the lookup of a stored row, with a thousand rows and with a million."""

import statistics
import time
from collections.abc import Iterator

from django.db import connection

from bench import story
from bench.site import Site
from bench.table import Figure, limit, ratio
from dashboard.models import Team

SMALL, LARGE = 1_000, 1_000_000
ROUNDS = 9
FILTERS = {
    "no filter": "",
    "model": "model=bench/model-3",
    "provider": "provider=provider-2",
    "endpoint": "endpoint=responses",
    "outcome": "outcome=failed",
    "error code": "status=user%3Arate_limit",
    "streamed": "stream=1",
    "time": "since=2026-08-31T15%3A00&until=2026-08-31T21%3A00",
}
ORDERS = {
    f"in order of {name}": f"sort={name}"
    for name in ("-cost", "cost", "-wait", "wait", "-tokens", "tokens", "time")
}
RANGES = {
    "cost range": "cost_min=0.0009&cost_max=0.00095",
    "time range of totals": "ms_min=4900&ms_max=4950",
    "free text": "q=fjord",
}
FILL = """
INSERT INTO generations_generation (team_id, request_id, looked_up_at, fetched_at, made_at, endpoint, model_id, provider,
    native_response_id, session_id, stream, byok, status_code, success, error_code, finish_reason, generation_ms,
    cost_nanos, input_tokens, output_tokens, replayable)
SELECT %(team)s, 'G-BENCH' || %(team)s || '-' || n, now(), now(), timestamptz '2026-09-01' - n * interval '40 s',
    (array['chat.completions', 'responses', 'messages'])[1 + n %% 3], 'bench/model-' || n %% 20,
    'provider-' || n %% 8, '', '', n %% 2 = 0, false, CASE WHEN n %% 10 = 0 THEN 429 ELSE 200 END, n %% 10 <> 0,
    CASE WHEN n %% 10 = 0 THEN 'user:rate_limit' ELSE '' END, 'stop', n %% 5000, (n %% 1000) * 1000, n %% 900,
    n %% 700, false
FROM generate_series(1, %(rows)s) AS n
"""
WORDS = """
INSERT INTO generations_firstwords (generation_id, vector)
SELECT id, to_tsvector('simple', CASE WHEN id %% 500 = 0 THEN 'a fjord in winter' ELSE 'a lost bag in Lisbon' END)
FROM generations_generation WHERE team_id = %(team)s
"""


def figures(site: Site) -> list[Figure]:
    """Each filter's page at both sizes, taking turns; the ratio of the medians."""
    begun = time.monotonic()
    small, large = filled("bench-small", SMALL), filled("bench-large", LARGE)
    filling = f"{LARGE:,} rows made in {time.monotonic() - begun:.0f} s"
    found = [ratio_of(site, name, query, small, large, 1.3) for name, query in FILTERS.items()]
    found += [ratio_of(site, name, query, small, large, 1.5) for name, query in ORDERS.items()]
    found += [ratio_of(site, name, query, small, large, 2) for name, query in RANGES.items()]
    (plain,) = medians(site, f"/t/{small[0]}/generations")
    found.append(limit("list of a thousand rows", plain, "ms", 30))
    took = medians(site, *(f"/t/{slug}/g/G-BENCH{pk}-500" for slug, pk in (small, large)))
    found.append(
        ratio(
            "lookup of a stored row, a million against a thousand rows", took[1] / took[0], filling, most=1.1
        )
    )
    return found


def filled(slug: str, rows: int) -> tuple[str, int]:
    """A team of the owner's with so many generations; its slug and row number."""
    team = Team.objects.create(slug=slug, name=slug)
    team.memberships.create(user=story.owner(), role="owner")
    with connection.cursor() as cursor:
        for statement in (FILL, WORDS):
            cursor.execute(statement, {"team": team.pk, "rows": rows})
        cursor.execute("VACUUM ANALYZE generations_generation, generations_firstwords")
    return slug, team.pk


def ratio_of(
    site: Site, name: str, query: str, small: tuple[str, int], large: tuple[str, int], most: float
) -> Figure:
    took = medians(site, *(f"/t/{slug}/generations?{query}" for slug, _ in (small, large)))
    detail = f"{took[1]:.1f} against {took[0]:.1f} ms"
    return ratio(f"list, {name}: a million against a thousand rows", took[1] / took[0], detail, most=most)


def medians(site: Site, *paths: str) -> list[float]:
    """Ms of each page, taking turns."""
    rounds = list(zip(*(times(site, path) for path in paths), strict=True))[1:]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def times(site: Site, path: str) -> Iterator[float]:
    for _ in range(ROUNDS + 1):
        begun = time.monotonic()
        assert site.owner.get(path).status == 200, path
        yield 1000 * (time.monotonic() - begun)
