"""The answer of a replay as its page shows it: made once at the end, stored as JSON text."""

import msgspec

from generations.gateway import events
from generations.reading import conversation, numbers
from generations.reading.shapes import Side

SUFFIXES = {
    "application/json": ".json",
    "text/event-stream": ".sse.txt",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
}


def make(answer: events.Answer, size: int) -> Side:
    """The answer's side of the page. `size` is that of the bytes as received."""
    return Side(conversation.collected(answer), size=numbers.size(size))


def is_cut(side: Side) -> bool:
    """Whether some text of it is shown with its first part only."""
    return any(part.more for turn in side.turns for part in turn.parts)


def dump(side: Side) -> str:
    """JSON text for the database."""
    return msgspec.json.encode(side).decode()


def load(text: str) -> Side:
    """What `dump` wrote."""
    return msgspec.json.decode(text, type=Side)


def suffix(content_type: str) -> str:
    """The file name ending for a download of this type."""
    return SUFFIXES.get(content_type, ".bin")
