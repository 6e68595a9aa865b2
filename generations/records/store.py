"""A record as rows: its bytes, its outline, the columns of lists, the words that free text finds."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboard.models import Team, User
from generations.gateway.rawjson.display import visible
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.reading import outline, record_source
from generations.reading.diagnosis import verdict
from generations.reading.diagnosis.ending import ERROR_FINISH
from generations.reading.figures import costs, tiles, timing, usage
from generations.reading.large import index
from generations.reading.page_types.outline import Outline
from generations.records import makers
from generations.records.search_text import remember_words

COSTS = ("cost_nanos", "cost_cents")
ENDED = ("success", "status_code", "error_code", "error_payload")


def columns(record: Record, sketch: Outline | None = None) -> dict[str, Any]:
    """The list columns of a `Generation`, read from its record; None or "" where the record does not say.

    An error that the answer carries is known by `sketch`, the record's outline.
    """
    broken = sketch is not None and sketch.verdict.rule == ERROR_FINISH
    tokens = usage.of_record(record)
    made, timed = record.created_at, {key: record.value(key) for key in timing.COLUMNS}
    laid_out = timing.lay_out(timed, made)
    return {
        "made_at": made,
        "endpoint": _short(record.endpoint, 120),
        "model_id": _short(record.model_id, 200),
        "provider": _short(record.provider, 120),
        "native_response_id": _short(record.native_response_id, 256),
        "session_id": _short(record.session_id, 256),
        "key_id": _short(record.key_id, 64),
        "app_id": _short(record.app_id, 64),
        "stream": record.stream,
        "byok": record.byok,
        "status_code": _fits(record.status_code, 31),
        "success": False if broken else verdict.succeeded({key: record.value(key) for key in ENDED}),
        "error_code": _short(record.error_code, 200),
        "finish_reason": _short(record.finish_reason, 60),
        "latency_ms": _measure(record.latency_ms),
        "generation_ms": _measure(record.generation_ms),
        "wait_ms": _measure(timing.headline(laid_out.times, laid_out.axis)),
        "first_ms": _measure(laid_out.times.first if laid_out.times.streamed else None),
        "speed": _measure(tiles.speed({key: record.value(key) for key in tiles.SPEEDS})),
        "input_tokens": _fits(tokens.input, 63),
        "output_tokens": _fits(tokens.output, 63),
        "cost_nanos": _fits(_rounded(costs.charged({key: record.value(key) for key in COSTS})), 63),
        **(words(sketch) if sketch else {}),
    }


def words(sketch: Outline) -> dict[str, str]:
    """How question and answer begin."""
    return {"prompt_start": sketch.question, "answer_start": sketch.reply}


def _short(text: str | None, length: int) -> str:
    return visible(text or "")[:length]


def _fits(number: int | None, bits: int) -> int | None:
    return number if number is not None and -(2**bits) <= number < 2**bits else None


def _rounded(nanos: Decimal | None) -> int | None:
    return None if nanos is None else round(nanos)


def _measure(number: Any) -> Any:
    return round(number, 3) if number is not None and abs(number) < 10**15 else None


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record that has come, its outline, and new rows of it without its bytes. `listed`: the columns of lists."""

    record: Record
    sketch: Outline
    row: Generation
    stored: StoredRecord
    listed: tuple[str, ...]

    @property
    def is_small(self) -> bool:
        return len(self.record.raw) <= index.SMALL


def read(team: Team, request_id: str, user: User | None, record: Record, source: int | None) -> ReadRecord:
    """All that is derived from a record when it comes. Touches no database."""
    now, span = timezone.now(), record_source.survey(record.raw)
    sketch = outline.make(record, span)
    listed = columns(record, sketch)
    row = Generation(
        team=team,
        request_id=request_id,
        connection_id=source,
        looked_up_by=user,
        looked_up_at=now,
        fetched_at=now,
        replayable=sketch.replayable,
        derived=outline.VERSION,
        **listed,
    )
    stored = StoredRecord(
        generation=row,
        fetched_at=now,
        marks=index.dump(span) if len(record.raw) > index.SMALL else "",
        sha256=hashlib.sha256(record.raw).hexdigest(),
        has_request=record.request_body is not None,
        has_answer=sketch.answered,
        replayable=sketch.replayable,
        outline=outline.dump(sketch),
    )
    return ReadRecord(record, sketch, row, stored, tuple(listed))


def store(team: Team, request_id: str, user: User | None, record: Record, source: int | None) -> Generation:
    """Keep the record as received, its outline and the list columns. An older record with bodies is not lost."""
    return keep(read(team, request_id, user, record, source))


def keep(new: ReadRecord, *, is_new: bool = False) -> Generation:
    """The same of a record that was read. `is_new` says that the team has none of its ID: no older ones are looked for."""
    row, sketch = new.row, new.sketch
    row.is_replay = makers.is_made(row.team_id, row.request_id)
    changing = [*new.listed, "connection", "fetched_at", "replayable", "derived"]
    # An older record may have them; `rebuild` reads it where nobody has.
    if not (sketch.question or sketch.reply):
        changing = [name for name in changing if name not in (*words(sketch), "derived")]
    with transaction.atomic(savepoint=False):
        Generation.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["team", "request_id"], update_fields=changing
        )
        _keep(new, before=[] if is_new else None)
        remember_words(row, sketch)
    return row


def _keep(new: ReadRecord, before: list[StoredRecord] | None) -> None:
    """Store the record, or the time at which it was seen unchanged; drop what is of no use any more."""
    row, stored = new.row, new.stored
    if before is None:
        before = list(row.records.slim().defer("outline"))
    same = [known for known in before if known.sha256 == stored.sha256]
    if same:
        same[0].fetched_at = stored.fetched_at
        kept = {name: getattr(stored, name) for name in ("fetched_at", "outline", "has_answer")}
        row.records.filter(pk=same[0].pk).update(**kept)
    else:
        stored.keep(new.record.raw)
        before.append(stored)
    _prune(row, before)


def _prune(row: Generation, records: list[StoredRecord]) -> None:
    """Keep the newest record, the best one (with most bodies), and those that replays were made from."""
    newest = max(records, key=lambda stored: stored.fetched_at)
    best = max(records, key=lambda stored: (stored.has_request + stored.has_answer, stored.fetched_at))
    if len(records) > 1:
        row.records.exclude(pk__in=[newest.pk, best.pk]).filter(replays=None).delete()
    if row.replayable != best.replayable:
        row.replayable = best.replayable
        Generation.objects.filter(pk=row.pk).update(replayable=best.replayable)
