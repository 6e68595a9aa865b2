"""What an outline is made from: a record whose long strings are cut, its request and its answer."""

from dataclasses import dataclass

from generations.gateway import endpoints
from generations.gateway.rawjson.values import Unreadable, Value, loads
from generations.gateway.record import Record
from generations.reading.answer import frames, stored
from generations.reading.answer.stored import StoredAnswer
from generations.reading.diagnosis.error_facts import Fields
from generations.reading.large import index, index_builder, strings
from generations.reading.large.index import LocatedValue, MemorySource, Span
from generations.reading.text import inside


@dataclass(frozen=True, slots=True)
class Source:
    """What an outline is made from: the record with its long strings cut, what of it was asked and answered.

    `at` and `body`: where the stored request stands, and its value; `fields` are completed from the last frame.
    """

    record: Record
    span: Span
    wire: str
    answer: StoredAnswer
    fields: Fields
    at: str
    body: Value


def source_of(full: Record, span: Span) -> Source:
    record = _slim(full, span)
    known = endpoints.find(record.endpoint or "")
    wire = known.wire if known else ""
    answer = stored.read(record, wire, full)
    return Source(record, span, wire, answer, with_frame(record.fields, answer), *request_of(record))


def survey(raw: bytes) -> Span:
    """Where the large values of a record stand; nowhere in particular if it is small."""
    if len(raw) <= index.SMALL:
        return Span(0, len(raw))
    span = index_builder.survey(raw)
    strings.measure(LocatedValue(MemorySource(raw), span))
    return span


def _slim(record: Record, span: Span) -> Record:
    """The record with its long strings cut, so that parsing it costs little. Its other bytes are as they were."""
    if len(record.raw) <= index.SMALL:
        return record
    whole = Span(0, len(record.raw), inner=[("", span)])
    return Record.read(strings.slim(LocatedValue(MemorySource(record.raw), whole)), asked_id=record.asked_id)


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


def with_frame(fields: Fields, kept: StoredAnswer) -> Fields:
    """The fields of a record; finish and usage that it lacks are those of the last frame."""
    from_frame = {"finish_reason": frames.finish(kept.frame), "usage": frames.usage(kept.frame)}
    return fields | {key: value for key, value in from_frame.items() if value and not fields.get(key)}
