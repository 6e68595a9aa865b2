"""What is derived from the bytes of an answer: once, at its end, by the one reader; versioned, and made again when old.

The whole body is put together out of the stream (`gateway.streams`), read like a record's answer (`answer_facts`), drawn
(`replayed`) and made into keys (`answer_rest`). Only the bytes are the truth.
"""

import logging
import re
import threading
import zlib
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction

from generations.gateway import endpoints
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Value, loads
from generations.gateway.streams import assemble as streams
from generations.gateway.streams.assemble import Assembled, StrayEvent
from generations.models import PastedAnswer, Replay, ReplayAnswer
from generations.reading import beginnings
from generations.reading.answer import answer_facts, other_members, replayed, vocabulary
from generations.reading.answer.answer_facts import Facts
from generations.reading.diff import answer_diff
from generations.reading.edits import json_patch
from generations.reading.figures import formatting, usage
from generations.reading.large import index_builder, strings
from generations.reading.large.index import LocatedValue, MemorySource
from generations.reading.page_types.conversation import ReplayedAnswer
from generations.reading.text import inside, items
from generations.replay import raw_answer
from generations.replay.raw_answer import Excerpt, RawAnswer, is_json

log = logging.getLogger(__name__)

READER = 4
"""Raise it when the same body gives another outline, key or column."""
VERSION = 100 * streams.VERSION + READER
PARSED_UP_TO = 16 * 2**20  # bytes of an answer that are parsed
TAIL = 256 * 1024  # bytes at the end of a longer stream that are searched for its end and figures

one_at_a_time = threading.Lock()
"""A large answer takes a multiple of its size while it is parsed: a process holds one such at a time."""


@dataclass(frozen=True, slots=True)
class DerivedAnswer:
    """Everything that is derived from one answer. `body` and `strays` are the document; `unread` counts bytes."""

    facts: Facts
    shown: ReplayedAnswer
    body: Value = None
    strays: list[StrayEvent] = field(default_factory=list)
    assembled: bytes = b""
    unread: int = 0
    why: str = ""
    complete: bool = True

    @property
    def text(self) -> str:
        """The words of all choices, for lists and exports."""
        return visible("\n\n".join(choice.text for choice in self.facts.choices if choice.text))

    def columns_of(self, patch: str, stored_model: str) -> dict[str, Any]:
        """What a replay's row holds of its answer, its model by the gateway's name where that is known: by what the patch
        asks for, or by the model of the original.
        """
        model = vocabulary.full_model(self.facts.model, (_asked(patch), stored_model))
        return self.columns | {"model_id": visible(model)[:200]}

    @property
    def columns(self) -> dict[str, Any]:
        """The same by the answer alone."""
        facts, tokens = self.facts, usage.tokens(self.facts.usage)
        return {
            "finish_reason": visible(facts.finish)[:60],
            "input_tokens": fits(tokens.input),
            "output_tokens": fits(tokens.output),
            "cost_nanos": fits(facts.cost_nanos),
            "model_id": visible(facts.model)[:200],
            "provider": visible(facts.provider)[:120],
            "text_key": "" if self.unread else other_members.output_key(self.body, facts),
            "calls_key": "" if self.unread else other_members.calls_key(facts),
            "answer_start": self.beginning,
            "derived": VERSION,
        }

    @property
    def beginning(self) -> str:
        """Its first words, else its first call, for lists."""
        calls = [
            f"{call.name}({call.arguments[:200]})"
            for choice in self.facts.choices
            for call in choice.calls[:1]
        ]
        refusals = [choice.refusal for choice in self.facts.choices]
        said = [choice.text[: beginnings.READ] for choice in self.facts.choices]
        return next((words for text in [*said, *refusals, *calls] if (words := beginnings.of_text(text))), "")

    def row(self, replay_id: Any, raw: Excerpt) -> ReplayAnswer:
        """The row that keeps the bytes and what was read out of them. A large answer's come later (`put_packed`)."""
        packed = zlib.compress(raw.start, 3) if raw.size <= raw_answer.LARGE else b""
        return ReplayAnswer(replay_id=replay_id, packed=packed, size=raw.size, **self.derived)

    @property
    def derived(self) -> dict[str, Any]:
        """Those columns of the row that are made of the bytes."""
        return {
            "text": self.text,
            "outline": replayed.dump(self.shown),
            "version": VERSION,
            "assembled": zlib.compress(self.assembled, 3) if self.assembled else b"",
            "unread": self.unread,
        }


def _asked(patch: str) -> str:
    """The model that a replay's patch asks for; "" for none, and where it cannot be read."""
    try:
        return json_patch.asked_model(json_patch.read(patch)) if patch else ""
    except json_patch.PatchRefused:
        return ""


def fits(number: int | None) -> int | None:
    """A number that a column takes, None for all others."""
    return number if number is not None and -(2**63) <= number < 2**63 else None


def wire_of(endpoint: str) -> str:
    """The wire format that a stored endpoint name speaks."""
    known = endpoints.find(endpoint)
    return known.wire if known else "chat"


def excerpt(wire: RawAnswer) -> Excerpt:
    """As much of an answer as is read. Raises DatabaseError."""
    found = wire.excerpt(PARSED_UP_TO, TAIL)
    return replace(found, start=_head(found)) if len(found.start) < found.size else found


def read(endpoint: str, content_type: str, raw: Excerpt) -> DerivedAnswer:
    """Everything that an answer of this endpoint holds. Never raises: what cannot be read is shown as it came."""
    with one_at_a_time:
        try:
            return _read(wire_of(endpoint), content_type, raw)
        except Exception:
            log.exception("An answer could not be read; its page offers the raw bytes only")
            nothing = replayed.document(None, ())
            return DerivedAnswer(
                Facts(),
                replayed.unread(raw.size),
                assembled=nothing,
                unread=raw.size,
                why="unread",
                complete=False,
            )


def _medium(content_type: str, size: int) -> DerivedAnswer:
    shown = replayed.medium(content_type, size)
    return DerivedAnswer(Facts(media=1), shown, assembled=replayed.document(None, ()), why="whole")


def _read(wire: str, content_type: str, raw: Excerpt) -> DerivedAnswer:
    if raw.size > PARSED_UP_TO and is_json(raw.start):
        return _slim(wire, raw.start)
    head = _head(raw)
    unread = raw.size - len(head)
    made = streams.assemble(wire, content_type, head)
    if made.body is None and not made.streamed and made.why == "whole" and raw.start.strip() != b"null":
        return _medium(content_type, raw.size)
    facts, unread = answer_facts.read(made.wire, made.body, made.strays), unread + made.unread
    if unread:
        facts = _with_end(facts, streams.assemble(wire, content_type, _tail(raw.end)))
    note = f"the last {formatting.size(unread)} were not read" if unread else ""
    shown = replayed.make(facts, made.body, made.strays, raw.size, note)
    return DerivedAnswer(
        facts, shown, made.body, made.strays, _document(made), unread, made.why, made.complete
    )


def _slim(wire: str, raw: bytes) -> DerivedAnswer:
    """A large JSON answer, its long texts cut before it is parsed."""
    body, unread = slim(raw)
    facts = answer_facts.read(wire, body)
    note = f"{formatting.size(unread)} of long texts were not read" if unread else ""
    return DerivedAnswer(
        facts, replayed.make(facts, body, (), len(raw), note), body, unread=unread, why="whole"
    )


def slim(raw: bytes) -> tuple[Value, int]:
    """The value of a large JSON text with its long texts cut, and how many bytes were cut.

    Raises TooManyValues, Unreadable.
    """
    found = LocatedValue(MemorySource(raw), index_builder.survey(raw))
    strings.measure(found)
    left = strings.slim(found)
    return loads(left), max(0, len(raw) - len(left))


def _head(raw: Excerpt) -> bytes:
    """The bytes that are parsed: whole frames of a stream that is longer."""
    if raw.size <= PARSED_UP_TO or len(raw.start) < PARSED_UP_TO:
        return raw.start
    end = max(raw.start.rfind(gap, 0, PARSED_UP_TO) for gap in (b"\n\n", b"\r\n\r\n"))
    return raw.start[: end if end > 0 else PARSED_UP_TO]


def _tail(raw: bytes) -> bytes:
    """The last frames of a long stream."""
    tail = raw[-TAIL:]
    gap = _GAP.search(tail)
    return tail[gap.start() :] if gap else b""


_GAP = re.compile(rb"\r\n\r\n|\n\n")


def _with_end(facts: Facts, made: Assembled) -> Facts:
    """Facts of a long stream's beginning with what its last frames say of the end, the usage and the cost."""
    end = answer_facts.read(made.wire, made.body, made.strays)
    choices = facts.choices
    if choices and end.finish:
        choices = (
            replace(choices[0], finish=end.finish, native_finish=end.choices[0].native_finish),
            *choices[1:],
        )
    return replace(
        facts,
        choices=choices,
        usage=end.usage or facts.usage,
        cost_nanos=end.cost_nanos if end.cost_nanos is not None else facts.cost_nanos,
        currency=end.currency or facts.currency,
        errors=(*facts.errors, *end.errors),
    )


def _document(made: Assembled) -> bytes:
    """The document, b"" where the bytes as received are its body."""
    is_raw = not made.streamed and not made.strays and isinstance(made.body, dict | list)
    return b"" if is_raw else replayed.document(made.body, made.strays)


# -- what is stored ----------------------------------------------------------------------------------------------


def document_of(answer: ReplayAnswer) -> bytes:
    """The JSON text that pointers of the stored outline lead into."""
    kept = getattr(answer, "kept", None)  # `readable` has fetched it
    if kept is None:
        kept, is_raw = (answer.assembled, False) if answer.assembled else (answer.packed, True)
    else:
        is_raw = answer.is_raw  # type: ignore[attr-defined]
    text = zlib.decompress(bytes(kept))
    return replayed.wrapped(text) if is_raw else text


def stored(endpoint: str, found: LocatedValue) -> answer_diff.ComparedAnswer:
    """What a record's stored answer says, for comparisons. Raises TooManyValues, Unreadable."""
    wire = wire_of(endpoint)
    if found.size > PARSED_UP_TO:
        with one_at_a_time:
            left = strings.slim(found, PARSED_UP_TO)
            made, cut = streams.assemble_stored(wire, loads(left)), found.size - len(left)
    else:
        made, cut = streams.assemble_stored(wire, loads(found.read())), 0
    return answer_diff.said(made.wire, made.body, made.strays, _unread(cut + made.unread))


def pasted(answer: PastedAnswer) -> answer_diff.ComparedAnswer:
    """What a pasted answer says, for comparisons."""
    read = answer.read
    return answer_diff.said(answer.wire, read.body, read.strays)


def _unread(size: int) -> str:
    return f"{formatting.size(size)} of one answer were not read." if size > 0 else ""


def said(answer: ReplayAnswer, endpoint: str) -> answer_diff.ComparedAnswer:
    """What a stored answer says, for comparisons. Raises TooManyValues, Unreadable."""
    unread = _unread(answer.unread)
    document = document_of(answer)
    if len(document) > PARSED_UP_TO + len(replayed.wrapped(b"")):
        with one_at_a_time:
            data = slim(document)[0]
    else:
        data = loads(document)
    events = [_event(item) for item in items(inside(data, "other_events"))]
    return answer_diff.said(wire_of(endpoint), inside(data, "answer"), events, unread)


def _event(event: Value) -> StrayEvent:
    return StrayEvent(str(inside(event, "event") or ""), inside(event, "data"))


def current(answer: ReplayAnswer, endpoint: str, content_type: str) -> ReplayAnswer:
    """The answer as today's reader reads it: an old one is made again from its bytes, and kept with its columns."""
    if answer.version == VERSION:
        return answer
    made = read(endpoint, content_type, Excerpt.of(answer.wire))
    derived = made.derived
    for name, value in derived.items():
        setattr(answer, name, value)
    answer.__dict__.pop("kept", None)
    answer.words = made.text  # type: ignore[attr-defined]
    with transaction.atomic():
        # 0 where it was forgotten meanwhile.
        kept = ReplayAnswer.objects.filter(pk=answer.pk).update(**derived)
        if kept:
            _count_again(answer.pk, made)
    return answer


def _count_again(replay_id: UUID, made: DerivedAnswer) -> None:
    """Columns of an ended replay. What the gateway's record added since then stays where the answer says nothing; the
    record's name of the model stays in any case.
    """
    rows = Replay.objects.filter(pk=replay_id)
    known = rows.values_list("patch", "generation__model_id", "new_generation").first()
    if known is None:
        return
    columns = made.columns_of(*known[:2])
    if known[2] is not None:
        del columns["model_id"]
    rows.update(**{name: value for name, value in columns.items() if name in KEYS or value not in (None, "")})


KEYS = ("text_key", "calls_key", "derived", "answer_start")
