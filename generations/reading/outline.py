"""The outline: everything that the pages of one generation show, made once when its record arrives.

`make` never raises, whatever the record is; `dump` and `load` are its JSON text for the database.
"""

import logging

import msgspec

from generations.gateway import endpoints
from generations.gateway.rawjson import duplicate_keys
from generations.gateway.rawjson.values import Unreadable, Value, loads
from generations.gateway.record import Record
from generations.reading import text
from generations.reading.answer import frames, stored
from generations.reading.answer.answer_choices import shape_of
from generations.reading.answer.stored import StoredAnswer
from generations.reading.conversation import formats, sides
from generations.reading.conversation.formats import WireFormat
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.diagnosis import altered_values, ending, error_facts, replayability, verdict
from generations.reading.diagnosis.error_facts import Fields
from generations.reading.explorer import json_nodes, levels
from generations.reading.figures import costs, formatting, parameters, timing, usage
from generations.reading.figures.tiles import WRITTEN, tiles, wire_of
from generations.reading.large import index, index_builder, strings
from generations.reading.large.index import Bytes, Found, Span
from generations.reading.page_types.base import Fact, encoded
from generations.reading.page_types.conversation import UNPARSED, Part, Side, Turn
from generations.reading.page_types.outline import Outline, Verdict
from generations.reading.text import HEAD, box, dotted, head, inside, pointer, short, words

log = logging.getLogger(__name__)

VERSION = 6
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
    except strings.TooMuch:
        verdict_only = _bare(record, "This record has too many values to display.")
        return msgspec.structs.replace(
            verdict_only, tree=levels.tree(Found(Bytes(record.raw), span or survey(record.raw)))
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
    """The outline of a record. Raises TooMuch, and by design nothing else; `make` guards against what that forgot."""
    span = span or survey(record.raw)
    full, record = record, _slim(record, span)
    known = endpoints.find(record.endpoint or "")
    wire = known.wire if known else ""
    kept = stored.read(record, wire, full)
    fields = with_frame(record.fields, kept)
    readers = sides.wire_of(record.endpoint)
    at, body = request_of(record)
    content = readers.content | {readers.list_key}
    refusals = replayability.refusals(record, body)
    request, answer = _sides(record, wire, at, body, span, kept)
    damaged, damage_total = altered_values.find(body, at)
    return Outline(
        version=VERSION,
        request_id=short(fields.get("request_id") or record.asked_id or "unknown", 300),
        replayable=not refusals,
        verdict=ending.judged(verdict.read(fields), kept, wire, logged=_has_log(record)),
        status=short(fields["status_code"], 20) if fields.get("status_code") is not None else "",
        headline=headline(record, fields),
        tiles=tiles(fields, record.created_at, body, kept.body if kept.is_known else None),
        timing=timing.read(fields, record.created_at),
        request=request,
        answer=answer,
        parameters=parameters.read(box(body), at, wire, content),
        tools=parameters.tools(box(body), at),
        schema=parameters.schema(box(body), at, wire),
        cost=costs.read(fields),
        usage=usage.counts(fields.get("usage"), fields),
        answered=kept.is_known,
        lacks_answer=kept.is_lacking,
        sent=record.logged("provider_request") is not None,
        damage=damaged,
        damage_total=damage_total,
        warnings=replayability.warnings(body),
        refusals=refusals,
        facts=facts(record),
        repeats=repeated(record.raw),
        unknown_keys=[short(key, 100) for key in list(record.unknown)[:100]],
        oddities=[Fact(head(odd.path, 200), head(odd.shown, 300)) for odd in record.oddities[:50]],
        tree=json_nodes.tree(fields),
        made_at=formatting.utc(record.created_at),
        unreadable=head(record.unreadable or "", 300),
        beginning=head(record.raw[: 4 * HEAD].decode("utf-8", "replace")) if record.unreadable else "",
    )


def survey(raw: bytes) -> Span:
    """Where the large values of a record stand; nowhere in particular if it is small."""
    if len(raw) <= index.SMALL:
        return Span(0, len(raw))
    span = index_builder.survey(raw)
    strings.measure(Found(Bytes(raw), span))
    return span


def _slim(record: Record, span: Span) -> Record:
    """The record with its long strings cut, so that parsing it costs little. Its other bytes are as they were."""
    if len(record.raw) <= index.SMALL:
        return record
    whole = Span(0, len(record.raw), inner=[("", span)])
    return Record.read(strings.slim(Found(Bytes(record.raw), whole)), asked_id=record.asked_id)


def request_of(record: Record) -> tuple[str, Value]:
    """Where the stored request stands in the record, and its value; None when there is none or it cannot be
    parsed.
    """
    if record.replay_body is not None:
        return "/replay_request", _known(record.value("replay_request"), record.replay_body)
    request = inside(record.value("io_log"), "payload", "request_payload")
    return "/io_log/payload/request_payload", _known(request, record.request_body)


def _known(value: Value, raw: bytes | None) -> Value:
    """A value that was parsed with the record, unless that was too deep: then `raw` is parsed by itself."""
    return value if isinstance(value, dict) else parsed(raw)


def parsed(raw: bytes | None) -> Value:
    """The value of JSON text, None when there is none or it is nested too deep."""
    try:
        return None if raw is None else loads(raw)
    except Unreadable:
        return None


# -- request and answer ------------------------------------------------------------------------------------


def _sides(
    record: Record, wire: str, at: str, body: Value, span: Span, kept: StoredAnswer
) -> tuple[Side, Side]:
    readers = formats.of(wire)
    asked = _request(record, readers, at, body, span)
    shape = shape_of(wire, box(kept.body))
    answer = _answer(record, formats.of(shape) if shape != wire else readers, span, kept)
    turns = sides.paired(asked.turns, answer.turns), sides.paired(answer.turns, asked.turns)
    return msgspec.structs.replace(asked, turns=turns[0]), msgspec.structs.replace(answer, turns=turns[1])


def _request(record: Record, readers: WireFormat, at: str, body: Value, span: Span) -> Side:
    raw = record.request_body
    if raw is None:
        return Side(missing=replayability.missing(record))
    size = formatting.size(span.size_at(at) or len(raw))
    if not isinstance(body, dict):
        return Side([_unparsed(raw, at, size)], size=size, note=UNPARSED, at=at)
    return msgspec.structs.replace(sides.request(readers, body, at), size=size)


def _answer(record: Record, readers: WireFormat, span: Span, kept: StoredAnswer) -> Side:
    own = _own_answer(record, readers, span, kept)  # the gateway's own
    if kept.provider is None:
        return own
    found = kept.provider
    provider = sides.answer(formats.of(shape_of("", box(found.body))), found.body, found.at)
    turns = [Turn(turn.role, turn.parts, turn.label or FROM_PROVIDER) for turn in provider.turns]
    size = formatting.size(span.size_at(kept.provider.at) or text.byte_size(kept.provider.body))
    turns = sides.numbered([*own.turns, *turns], "a")
    return Side(turns, size=size, note=FROM_PROVIDER, at=kept.provider.at, frame=own.frame)


FROM_PROVIDER = "from the provider's answer"


def _own_answer(record: Record, readers: WireFormat, span: Span, kept: StoredAnswer) -> Side:
    """The gateway's own answer."""
    raw, at = record.answer_body, kept.at
    if raw is None:
        return _no_answer(record)
    size = formatting.size(span.size_at(at) or len(raw))
    if kept.kind in ("last_frame", "redacted"):
        builder, value = PartBuilder(), kept.frame if kept.body is None else kept.body
        return Side(
            size=size, at=at, missing=[replayability.NO_TEXT[kept.kind]], frame=builder.json(at, value)
        )
    if kept.kind == "unread":
        return Side([_unparsed(raw, at, size)], size=size, note=UNPARSED, at=at)
    if kept.kind == "error":
        return sides.error_body(kept.body, at)
    shown = sides.answer(readers, kept.body, at)
    turns = sides.numbered([*shown.turns, *sides.events(kept.strays)], "a")
    return msgspec.structs.replace(shown, turns=turns, size=size, note=answer_note(record, kept))


def _no_answer(record: Record) -> Side:
    payload = record.fields.get("error_payload")
    if payload and record.success is not True:
        return sides.error_body(payload, "/error_payload")
    causes = replayability.no_answer(record)
    lacks_both = record.request_body is None and causes == replayability.missing(record)
    return Side(missing=[replayability.SAME] if lacks_both else causes)


def _unparsed(raw: bytes, at: str, size: str) -> Turn:
    shown = head(raw[:4096].decode("utf-8", "replace"))
    part = Part("json", at, shown, size=size, more=len(raw) > len(shown), note=UNPARSED)
    return Turn("unknown", [part], anchor="u1")


def answer_note(record: Record, kept: StoredAnswer) -> str:
    """`128 tokens · finish stop`; no tokens where an answer is not made of them."""
    written = wire_of(record.fields) in WRITTEN
    out = usage.tokens(record.usage, record.usage_columns).output if written else None
    made = "put together from the stored stream" if kept.kind == "assembled" else ""
    made += "" if kept.complete else ", which is incomplete"
    details = [made, f"{formatting.count(out)} tokens" if out else "", _finish(record)]
    return " · ".join(filter(None, details))


def _finish(record: Record) -> str:
    return f"finish {short(record.finish_reason, 60)}" if record.finish_reason else ""


# -- facts -------------------------------------------------------------------------------------------------


def _has_log(record: Record) -> bool:
    return isinstance(inside(record.value("io_log"), "payload"), dict)


def with_frame(fields: Fields, kept: StoredAnswer) -> Fields:
    """The fields of a record; finish and usage that it lacks are those of the last frame."""
    from_frame = {"finish_reason": frames.finish(kept.frame), "usage": frames.usage(kept.frame)}
    return fields | {key: value for key, value in from_frame.items() if value and not fields.get(key)}


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
            Fact(
                short(key, 100), short(value, 300), note="" if key not in record.unknown else "not documented"
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
