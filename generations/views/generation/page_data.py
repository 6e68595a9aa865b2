"""All that the page of a generation needs, in one statement; the outline, which is large, only where a part is drawn."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice

import msgspec
from django.db import connection
from django.http import Http404

from dashboard.models import Team
from dashboard.rows.joined_rows import RowPart
from generations.gateway.record import Record
from generations.gateway.request_ids import NUMBERED
from generations.lists import made_by
from generations.lists.made_by import Maker
from generations.models import Generation, StoredRecord
from generations.models.stored_record import BEST_FIRST
from generations.reading import outline as outlines
from generations.reading.page_types.outline import Outline
from generations.records.lookup import without_disproved_cause
from generations.records.rebuild import outline_of

FROM_BODIES = (
    *("request", "answer", "parameters", "tools", "schema", "damage", "damage_total", "warnings"),
    *("refusals", "replayable", "tree", "answered", "lacks_answer", "sent", "unread"),
)
_ROW = RowPart(Generation)
PAGE_DATA = f"""
SELECT {_ROW.listed("g")}, r.id, r.sha256, r.fetched_at,
       EXISTS (SELECT 1 FROM dashboard_gatewayconnection c
               WHERE c.id = g.connection_id AND c.check_result @> '{{"read": {{"reads_bodies": true}}}}'),
       (SELECT count(*) FROM generations_replay WHERE generation_id = g.id AND NOT hidden),
       EXISTS (SELECT 1 FROM generations_pastedanswer WHERE generation_id = g.id AND NOT hidden),
       EXISTS (SELECT 1 FROM generations_pin WHERE generation_id = g.id),
       (SELECT u.figures::text FROM generations_usualfigures u
        WHERE u.team_id = g.team_id AND u.model_id = g.model_id AND u.endpoint = g.endpoint)
FROM generations_generation g
LEFT JOIN LATERAL (
    SELECT id, sha256, fetched_at FROM generations_storedrecord
    WHERE generation_id = g.id
    ORDER BY {BEST_FIRST} LIMIT 1
) r ON true
WHERE NOT g.hidden AND g.team_id = %s AND """  # noqa: S608 -- a constant of ours


@dataclass(frozen=True, slots=True)
class _BestRecord:
    """The record with most bodies, None where there is none; whether the connection's key reads bodies."""

    pk: int | None
    sha256: str | None
    fetched_at: datetime | None
    reads_bodies: bool


@dataclass
class PageData:
    """A generation as its page needs it: the row, the records that its page is made of, the best first, a stamp that
    names them, the number of replays, whether somebody pasted its answer or pinned it, and the JSON of what is usual
    for its model and endpoint.
    """

    row: Generation
    base: str
    records: tuple[int, ...]
    stamp: str
    replays: int
    has_pasted: bool
    is_pinned: bool
    usual: str | None
    bodies_from: datetime | None

    @cached_property
    def maker(self) -> Maker | None:
        """The replay of the team that made it."""
        return made_by.of_rows(self.row.team, [self.row]).get(self.row.request_id)

    @cached_property
    def outline(self) -> Outline:
        """Figures of the newest record and bodies of the best one, usually the same. Read where a part is drawn.

        No key is accused that is known to read stored requests. Raises Http404 where it was forgotten meanwhile.
        """
        return without_disproved_cause(self.row, _outline(self.row, self.records))


def find_page_data(team: Team, slug: str) -> PageData | None:
    """The stored generation that `slug` names with all that its page needs, in one statement."""
    numbered = NUMBERED.fullmatch(slug)
    with connection.cursor() as cursor:
        cursor.execute(
            PAGE_DATA + ("g.id = %s" if numbered else "g.request_id = %s"),
            [team.pk, int(slug[1:]) if numbered else slug],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    values = iter(found)
    row = _ROW.row(values)
    row.team = team
    best = _BestRecord(*islice(values, 4))
    replays, has_pasted, is_pinned, usual = values
    base, (records, stamp) = row.get_absolute_url(), _records(row, best)
    return PageData(row, base, records, stamp, replays, has_pasted, is_pinned, usual, best.fetched_at)


def page_data_of(team: Team, slug: str) -> PageData:
    """The same. Raises Http404 where nothing is stored."""
    found = find_page_data(team, slug)
    if found is None:
        raise Http404("No such generation in this team.")
    return found


def _records(row: Generation, best: _BestRecord) -> tuple[tuple[int, ...], str]:
    """The records that a page shows, and the stamp that names all that their parts are drawn from."""
    if best.pk is None or best.fetched_at is None:
        return (), f"{row.pk}"
    stamp = f"{row.pk} {row.team.slug} {best.reads_bodies} {best.pk} {best.sha256}"
    if best.fetched_at >= row.fetched_at:
        return (best.pk,), stamp
    newest = row.records.only("sha256").order_by("-fetched_at").first()
    if newest is None or newest.pk == best.pk:
        return (best.pk,), stamp
    return (best.pk, newest.pk), f"{stamp} {newest.pk} {newest.sha256}"


def _outline(row: Generation, records: tuple[int, ...]) -> Outline:
    if not records:
        return outlines.make(Record.read(b"", asked_id=row.request_id))
    texts = dict(StoredRecord.objects.filter(pk__in=records).values_list("pk", "outline"))
    if len(texts) < len(records):
        raise Http404("This generation was forgotten a moment ago.")
    best, *newer = (outline_of(pk, texts[pk]) for pk in records)
    if not newer:
        return best
    return msgspec.structs.replace(newer[0], **{name: getattr(best, name) for name in FROM_BODIES})
