"""The outline: everything that the pages of one generation show, made once when its record arrives.

`make` never raises, whatever the record is; `dump` and `load` are its JSON text for the database.
"""

import logging

import msgspec

from generations.gateway.rawjson import duplicate_keys
from generations.gateway.record import FIELDS, Record
from generations.reading import beginnings
from generations.reading.conversation import sides
from generations.reading.diagnosis import (
    altered_values,
    blamed_fields,
    ending,
    error_facts,
    replayability,
    verdict,
)
from generations.reading.diagnosis.error_facts import Fields
from generations.reading.explorer import json_nodes, levels
from generations.reading.figures import costs, formatting, parameters, timing, usage
from generations.reading.figures.tiles import tiles
from generations.reading.large import strings
from generations.reading.large.index import LocatedValue, MemorySource, Span
from generations.reading.page_types.base import Fact, encoded
from generations.reading.page_types.conversation import Side
from generations.reading.page_types.outline import Outline, Verdict
from generations.reading.record_sides import sides_of
from generations.reading.record_source import Source, source_of, survey
from generations.reading.text import HEAD, box, dotted, head, inside, pointer, short, words

log = logging.getLogger(__name__)

VERSION = 9
"""Raise it when the outline of an unchanged record changes: stored outlines of another version are made
again.
"""

BODIES = ("replay_request", "io_log", "usage", "pricing_lines", "provider_attempts")
FACTS = 160
TIMES = 8  # values of a repeated key that are shown


def make(record: Record, span: Span | None = None) -> Outline:
    """The outline of a record. Should a reader fail, the page still has the facts and the raw record.

    `span`: where its large values stand, if that is known.
    """
    try:
        return build(record, span)
    except strings.TooManyValues:
        verdict_only = _bare(record, "This record has too many values to display.")
        return msgspec.structs.replace(
            verdict_only, tree=levels.tree(LocatedValue(MemorySource(record.raw), span or survey(record.raw)))
        )
    except Exception:
        log.exception("The outline of a record could not be made; its page shows the raw record only")
        return _bare(record)


def dump(outline: Outline) -> str:
    """JSON text for a text column."""
    return encoded(outline)


def load(text: str) -> Outline:
    """What `dump` wrote."""
    return _DECODER.decode(text)


_DECODER = msgspec.json.Decoder(Outline)


def build(record: Record, span: Span | None = None) -> Outline:
    """The outline of a record. Raises TooManyValues, and by design nothing else; `make` guards against what that forgot."""
    source = source_of(record, span or survey(record.raw))
    return _with_request(_with_answer(_with_facts(_summary(source), source), source), source)


def _summary(source: Source) -> Outline:
    """What happened, and its figures."""
    record, fields, answer = source.record, source.fields, source.answer
    made = record.created_at
    laid_out, cost = timing.lay_out(fields, made), costs.read(fields)
    judged = ending.judged(verdict.read(fields), answer, source.wire, logged=_has_log(record))
    return Outline(
        version=VERSION,
        request_id=short(fields.get("request_id") or record.asked_id or "unknown", 300),
        replayable=False,
        verdict=judged,
        status=short(fields["status_code"], 20) if fields.get("status_code") is not None else "",
        headline=headline(record, fields),
        tiles=tiles(
            fields, made, source.body, answer.body if answer.is_known else None, laid_out=laid_out, cost=cost
        ),
        timing=timing.read(fields, made, laid_out),
        cost=cost,
        usage=usage.counts(fields.get("usage"), fields),
    )


def _with_facts(outline: Outline, source: Source) -> Outline:
    """What every member of the record says."""
    record = source.record
    return msgspec.structs.replace(
        outline,
        facts=facts(record),
        repeats=repeated(record.raw),
        unknown_keys=[short(key, 100) for key in list(record.unknown)[:100]],
        oddities=[Fact(head(odd.path, 200), head(odd.shown, 300)) for odd in record.oddities[:50]],
        tree=json_nodes.tree(source.fields),
        made_at=formatting.utc(record.created_at),
        unreadable=head(record.unreadable or "", 300),
        beginning=head(record.raw[: 4 * HEAD].decode("utf-8", "replace")) if record.unreadable else "",
    )


def _with_answer(outline: Outline, source: Source) -> Outline:
    request, answer = sides_of(source)
    return msgspec.structs.replace(
        outline,
        request=request,
        answer=answer,
        reply=beginnings.of_side(answer),
        answered=source.answer.is_known,
        lacks_answer=source.answer.is_lacking,
        sent=source.record.logged("provider_request") is not None,
    )


def _with_request(outline: Outline, source: Source) -> Outline:
    """What was asked, and whether it can be asked again."""
    at, body, asked = source.at, source.body, box(source.body)
    readers = sides.wire_of(source.record.endpoint)
    refusals = replayability.refusals(source.record, body)
    damaged, damage_total = altered_values.find(body, at)
    failed = outline.verdict.pill == "failed"
    blamed = blamed_fields.find(source.fields, body, at) if failed else []
    places = [found.at for found in blamed if found.at]
    request = sides.marked(outline.request, places)
    return msgspec.structs.replace(
        outline,
        request=request,
        blamed=[
            msgspec.structs.replace(found, anchor=sides.turn_of(request, found.at)) if found.at else found
            for found in blamed
        ],
        question=beginnings.of_question(readers, asked, at, outline.request),
        replayable=not refusals,
        refusals=refusals,
        warnings=replayability.warnings(body),
        damage=damaged,
        damage_total=damage_total,
        parameters=parameters.marked(
            parameters.read(asked, at, source.wire, readers.content | {readers.list_key}), places
        ),
        tools=parameters.marked(parameters.tools(asked, at), places),
        schema=parameters.schema(asked, at, source.wire),
    )


# -- facts -------------------------------------------------------------------------------------------------


def _has_log(record: Record) -> bool:
    return isinstance(inside(record.value("io_log"), "payload"), dict)


def headline(record: Record, fields: Fields) -> list[Fact]:
    """The line under the ID: model and provider, endpoint, key, finish."""
    model, provider = record.model_id or "unknown model", record.provider
    asked = record.canonical_model_id
    made = [Fact("model", short(model, 120), note=f"via {short(provider, 60)}" if provider else "")]
    if asked and asked != model:
        made.append(Fact("asked for", short(asked, 120)))
    streamed = ", streamed" if record.stream else ""
    made.append(Fact("endpoint", short(record.endpoint or "unknown endpoint", 80) + streamed))
    made += [Fact("key", _shortened(record.key_id), short(record.key_id))] if record.key_id else []
    finish = words(fields.get("finish_reason"))
    made += [Fact("finish", short(finish, 60))] if finish else []
    made += [Fact("session", short(record.session_id, 60))] if record.session_id else []
    failed = error_facts.failed_before(record.fields)
    made += [Fact("", "after " + formatting.plural(failed, "failed attempt"))] if failed else []
    return made + ([Fact("", "own provider key")] if record.byok else [])


def _shortened(key: str) -> str:
    return f"{key[:4]}…{key[-4:]}" if len(key) > 12 else short(key)


def facts(record: Record) -> list[Fact]:
    """Every member of the record but the bodies, long values cut; normalised usage columns only when they say
    something.
    """
    made = []
    for key, value in record.fields.items():
        if key in BODIES or value is None or (key.startswith("usage_") and value == "0"):
            continue
        made.append(
            Fact(key, short(value, 300))
            if key in FIELDS
            else Fact(
                short(key, 100), short(value, 300), note="not documented" if key in record.unknown else ""
            )
        )
    log_ = record.io_log or {}
    made += [
        Fact(f"io_log.{short(key, 60)}", short(value, 300))
        for key, value in log_.items()
        if value is not None
    ]
    return made[:FACTS]


def repeated(raw: bytes) -> list[Fact]:
    """The keys that stand more than once in one object of a record, and the values that stand there."""
    return [
        Fact(
            dotted(pointer(*found.path)),
            ", ".join(short(value, 60) for value in found.values[:TIMES]),
            note=found.note,
        )
        for found in duplicate_keys.find(raw)
    ]


def _bare(record: Record, why: str = "Retake could not read this record in full.") -> Outline:
    """What is left when a reader failed."""
    unknown = Verdict("none", "Unknown", why, advice="The raw record is complete: see JSON.")
    request_id = words(record.value("request_id")) or record.asked_id or "unknown"
    unread = Side(missing=[replayability.UNREAD])
    answered = record.answer_body is not None
    return Outline(
        *(VERSION, short(request_id, 300)),
        replayable=False,
        verdict=unknown,
        request=unread,
        refusals=[replayability.UNREAD],
        answer=unread,
        answered=answered,
        unread=True,
    )
