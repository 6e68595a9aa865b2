"""All that the page of a generation needs, in one statement; the outline, which is large, only where a part is drawn."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec
from django.http import Http404

from dashboard.models import Team
from generations.gateway.record import Record
from generations.gateway.request_ids import NUMBERED
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
PAGE_DATA = f"""
SELECT g.*, r.id AS record_id, r.sha256, r.fetched_at AS bodies_from,
       (SELECT count(*) FROM generations_replay WHERE generation_id = g.id AND NOT hidden) AS replays_made,
       EXISTS (SELECT 1 FROM generations_pastedanswer WHERE generation_id = g.id AND NOT hidden) AS has_pasted,
       EXISTS (SELECT 1 FROM dashboard_gatewayconnection c
               WHERE c.id = g.connection_id AND c.check_result @> '{{"read": {{"reads_bodies": true}}}}') AS reads_bodies,
       (SELECT u.figures::text FROM generations_usualfigures u
        WHERE u.team_id = g.team_id AND u.model_id = g.model_id AND u.endpoint = g.endpoint) AS usual
FROM generations_generation g
LEFT JOIN LATERAL (
    SELECT id, sha256, fetched_at FROM generations_storedrecord
    WHERE generation_id = g.id
    ORDER BY {BEST_FIRST} LIMIT 1
) r ON true
WHERE NOT g.hidden AND g.team_id = %s AND """  # noqa: S608 -- a constant of ours


@dataclass
class PageData:
    """A generation as its page needs it: the row, the records that its page is made of, the best first, a stamp that
    names them, the number of replays, whether somebody pasted its answer, and the JSON of what is usual for its model
    and endpoint.
    """

    row: Generation
    base: str
    records: tuple[int, ...]
    stamp: str
    replays: int
    has_pasted: bool
    bodies_from: datetime | None
    usual: str | None

    @cached_property
    def outline(self) -> Outline:
        """Figures of the newest record and bodies of the best one, usually the same. Read where a part is drawn.

        No key is accused that is known to read stored requests. Raises Http404 where it was forgotten meanwhile.
        """
        return without_disproved_cause(self.row, _outline(self.row, self.records))


def find_page_data(team: Team, slug: str) -> PageData | None:
    """The stored generation that `slug` names with all that its page needs, in one statement."""
    if NUMBERED.fullmatch(slug):
        rows = Generation.objects.raw(PAGE_DATA + "g.id = %s", [team.pk, int(slug[1:])])
    else:
        rows = Generation.objects.raw(PAGE_DATA + "g.request_id = %s", [team.pk, slug])
    row = next(iter(rows), None)
    if row is None:
        return None
    row.team = team
    base, found = row.get_absolute_url(), row.__dict__
    records, stamp = _records(row)
    return PageData(
        *(row, base, records, stamp),
        *(found["replays_made"], found["has_pasted"], found["bodies_from"], found["usual"]),
    )


def page_data_of(team: Team, slug: str) -> PageData:
    """The same. Raises Http404 where nothing is stored."""
    found = find_page_data(team, slug)
    if found is None:
        raise Http404("No such generation in this team.")
    return found


def _records(row: Generation) -> tuple[tuple[int, ...], str]:
    """The records that a page shows, and the stamp that names all that their parts are drawn from."""
    found = row.__dict__
    if found["record_id"] is None:
        return (), f"{row.pk}"
    stamp = f"{row.pk} {row.team.slug} {found['reads_bodies']} {found['record_id']} {found['sha256']}"
    if found["bodies_from"] >= row.fetched_at:
        return (found["record_id"],), stamp
    newest = row.records.only("sha256").order_by("-fetched_at").first()
    if newest is None or newest.pk == found["record_id"]:
        return (found["record_id"],), stamp
    return (found["record_id"], newest.pk), f"{stamp} {newest.pk} {newest.sha256}"


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
