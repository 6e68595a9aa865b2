"""The answer of a replay as its page shows it: made once at the end from its whole body, stored as JSON text.

Pointers lead into one document, `{"answer": the body, "other_events": [{"event": ..., "data": ...}]}`. A medium that
is the answer's body itself has the pointer `/bytes`.
"""

from collections.abc import Iterable, Sequence

import msgspec

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Value, dumps
from generations.reading.answer import answer_facts
from generations.reading.answer.answer_facts import Facts, StrayEventLike
from generations.reading.conversation import formats, media, sides
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.figures import formatting, usage
from generations.reading.page_types.base import encoded
from generations.reading.page_types.conversation import Part, ReplayedAnswer, Side, Turn
from generations.reading.text import below, box

ANSWER, EVENTS, BYTES = "/answer", "/other_events", "/bytes"
EVENT_ROOM = 15_000  # bytes of HTML for the events that have no place in the body
SUFFIXES = {
    "application/json": ".json",
    "text/event-stream": ".sse.txt",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
}


def make(
    facts: Facts, body: Value, strays: Sequence[StrayEventLike], size: int, note: str = ""
) -> ReplayedAnswer:
    """What the page shows. `size` is that of the bytes as received; `note` says what was not read of them."""
    turns = [*_turns(facts, body), *_events(strays)]
    detail = " · ".join(filter(None, [_ends(facts), note]))
    side = Side(sides.numbered(turns, "a"), size=formatting.size(size), at=ANSWER, note=detail)
    return ReplayedAnswer(side, usage.counts(facts.usage), len(strays))


def _turns(facts: Facts, body: Value) -> list[Turn]:
    if isinstance(body, dict) and facts.errors and not facts.shape and answer_facts.is_error(body):
        return sides.error_body(body, ANSWER).turns
    return sides.answer(formats.of(facts.shape), body, ANSWER).turns


def _events(strays: Sequence[StrayEventLike]) -> list[Turn]:
    """What came and has no place in the body."""
    builder = PartBuilder(EVENT_ROOM)
    values: list[Value] = [{"event": stray.name, "data": stray.data} for stray in strays]
    parts = builder.each(EVENTS, values, _event)
    return [Turn("answer", parts, label="other events")] if parts else []


def _event(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    fields = box(value)
    return [
        builder.json(
            below(at, "data"), fields.get("data"), "unknown", name=str(fields.get("event") or "event")
        )
    ]


def _ends(facts: Facts) -> str:
    """`finish length`, where the end is more than an ordinary one."""
    finishes = dict.fromkeys(choice.finish for choice in facts.choices if choice.finish)
    return f"finish {', '.join(visible(word)[:40] for word in list(finishes)[:5])}" if finishes else ""


def medium(content_type: str, size: int) -> ReplayedAnswer:
    """The same of an answer whose bytes are a picture, sound, video or file."""
    mime = media.normal(visible(content_type)[:100]) or "application/octet-stream"
    part = Part(media.kind(mime), BYTES, mime=mime, size=formatting.size(size), embedded=True)  # type: ignore[arg-type]
    return ReplayedAnswer(Side([Turn("assistant", [part], anchor="a1")], size=formatting.size(size)))


def unread(size: int) -> ReplayedAnswer:
    """The same of an answer at which a reader failed."""
    part = Part(
        "json", "", note="Retake could not read this answer. The raw answer is complete: download it."
    )
    return ReplayedAnswer(Side([Turn("answer", [part], anchor="a1")], size=formatting.size(size)))


def document(body: Value, strays: Iterable[StrayEventLike]) -> bytes:
    """The JSON text that pointers of the side lead into."""
    events: list[Value] = [{"event": stray.name, "data": stray.data} for stray in strays]
    return dumps({"answer": body, "other_events": events}).encode()


def wrapped(raw: bytes) -> bytes:
    """The same of an answer that is JSON as it came: its numbers and spelling stay."""
    return b'{"answer":' + raw.removeprefix(b"\xef\xbb\xbf") + b',"other_events":[]}'


# -- storing -------------------------------------------------------------------------------------------------


def dump(answered: ReplayedAnswer) -> str:
    """JSON text for the database."""
    return encoded(answered)


def load(text: str) -> ReplayedAnswer:
    """What `dump` wrote."""
    return msgspec.json.decode(text, type=ReplayedAnswer)


def media_in(side: Side, *kinds: str) -> list[Part]:
    """The embedded media of these kinds that a page may show, in order."""
    parts = [part for turn in side.turns for part in turn.parts if part.embedded and part.at]
    return [part for part in parts if part.kind in kinds and part.mime in media.SHOWN]


def suffix(content_type: str) -> str:
    """The file name ending for a download of this type."""
    return SUFFIXES.get(content_type, ".bin")
