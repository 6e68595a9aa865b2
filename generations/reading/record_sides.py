"""Request and answer of a record, as pages show them."""

import msgspec

from generations.gateway.rawjson.values import Value
from generations.gateway.record import Record
from generations.reading import text
from generations.reading.answer.answer_choices import shape_of
from generations.reading.answer.stored import StoredAnswer
from generations.reading.conversation import formats, sides
from generations.reading.conversation.formats import WireFormat
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.diagnosis import replayability
from generations.reading.figures import formatting, usage
from generations.reading.figures.tiles import WRITTEN, wire_of
from generations.reading.large.index import Span
from generations.reading.page_types.conversation import UNPARSED, Part, Side, Turn
from generations.reading.record_source import Source
from generations.reading.text import box, head, short


def sides_of(source: Source) -> tuple[Side, Side]:
    kept, readers = source.answer, formats.of(source.wire)
    asked = _request(source.record, readers, source.at, source.body, source.span)
    shape = shape_of(source.wire, box(kept.body))
    answered_by = formats.of(shape) if shape != source.wire else readers
    answer = _answer(source.record, answered_by, source.span, kept)
    said = [*asked.turns, *asked.tail]
    turns = sides.paired(asked.turns, [*asked.tail, *answer.turns]), sides.paired(answer.turns, said)
    tail = sides.paired(asked.tail, [*asked.turns, *answer.turns])
    asked = msgspec.structs.replace(asked, turns=turns[0], tail=tail)
    return asked, msgspec.structs.replace(answer, turns=turns[1])


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
    out = usage.of_record(record).output if written else None
    made = "put together from the stored stream" if kept.kind == "assembled" else ""
    made += "" if kept.complete else ", which is incomplete"
    details = [made, f"{formatting.count(out)} tokens" if out else "", _finish(record)]
    return " · ".join(filter(None, details))


def _finish(record: Record) -> str:
    return f"finish {short(record.finish_reason, 60)}" if record.finish_reason else ""
