"""Feedback at the gateway: what may be said, what is there, and the one POST.

contract: "Prices and feedback", as measured. The same feedback twice makes two rows, and what is too long is cut without
a word, so lengths are checked before. `MARK` in the metadata names the row that a POST was made from.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from generations.gateway import errors, timestamps
from generations.gateway.endpoints import Endpoint
from generations.gateway.errors import GatewayError
from generations.gateway.events import Received
from generations.gateway.http.exchange import Stop, Timeouts
from generations.gateway.rawjson.values import Value, dumps, is_text, object_of

if TYPE_CHECKING:
    from generations.gateway.client import Client

__all__ = ["PATIENCE", "RATINGS", "FeedbackRow", "is_refused", "listed", "not_there_yet", "send", "units"]

RATINGS = {
    "thumbs_up": "Good",
    "thumbs_down": "Bad",
    "correct": "Correct",
    "partly_correct": "Partly correct",
    "incorrect": "Incorrect",
    "bad_format": "Bad format",
    "too_slow": "Too slow",
    "too_expensive": "Too expensive",
    "unsafe": "Unsafe",
    "refused_incorrectly": "Refused incorrectly",
    "not_helpful": "Not helpful",
    "other": "Other",
}
COMMENT_UNITS, TAG_UNITS, MOST_TAGS = 2048, 128, 20
MARK = "retake"
MOST_LISTED = 200
LARGEST, SECONDS = 2**20, 30.0
PATIENCE = Timeouts(connect=5, read=10, total=15, write=10, answer=20)
ENDPOINT = Endpoint("feedback", "/feedback", "chat", "json", ())
# Statuses that the gateway answers before it stores anything.
_REFUSALS = frozenset({400, 401, 403, 404, 413, 422, 429})


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """One piece of feedback as the gateway has it. `mark` is the ID of our row that it was sent for, else ""."""

    id: str
    rating: str = ""
    score: str = ""
    reason: str = ""
    tags: tuple[str, ...] = ()
    comment: str = ""
    source: str = ""
    created_at: datetime | None = None
    mark: str = ""

    @property
    def rating_words(self) -> str:
        return RATINGS.get(self.rating, self.rating)


def units(text: str) -> int:
    """The length of a text as the gateway counts it: in UTF-16 units, so most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def body_of(request_id: str, rating: str, tags: list[str], comment: str, mark: str) -> bytes:
    """What is sent."""
    said: dict[str, Value] = {"request_id": request_id, "source": "user", "metadata": {MARK: mark}}
    more: dict[str, Value] = {"rating": rating, "reason_tags": [*tags], "comment": comment}
    return dumps(said | {name: value for name, value in more.items() if value}).encode()


def send(client: "Client", body: bytes) -> str:
    """One POST; the ID of the row that the gateway made, "" where its answer does not say. Raises GatewayError.

    Its `sent` and `is_refused` say whether the gateway may have stored it all the same.
    """
    stop, pieces, size, end = Stop(), [], 0, time.monotonic() + SECONDS
    for event in client.send(ENDPOINT, body, stop=stop):
        if isinstance(event, Received):
            pieces.append(event.data)
            size += len(event.data)
        if size > LARGEST or time.monotonic() > end:
            raise errors.Overdue(sent=True)
    made = object_of(b"".join(pieces))
    if not isinstance(made.get("data"), dict):
        raise errors.Garbled(sent=True)
    return _row(made["data"]).id


def is_refused(fault: GatewayError) -> bool:
    """Whether the gateway has surely stored nothing: it was not reached, or it refused in its own words."""
    if not fault.sent or isinstance(fault, errors.WrongPath):
        return True
    return fault.status in _REFUSALS and bool(fault.payload)


def not_there_yet(fault: GatewayError) -> bool:
    """Whether the gateway does not know the request: the one answer after which another try is right."""
    return fault.status == 404 and fault.code == "not_found" and bool(fault.payload)


def listed(client: "Client", request_id: str) -> list[FeedbackRow]:
    """The feedback of one request, the newest first, at most `MOST_LISTED`. Raises GatewayError."""
    query = {"request_id": request_id, "limit": str(MOST_LISTED)}
    rows = object_of(client.get("/feedback", query)).get("data")
    if not isinstance(rows, list):
        raise errors.Garbled()
    return [_row(row) for row in rows[:MOST_LISTED]]


def _row(value: Value) -> FeedbackRow:
    row = value if isinstance(value, dict) else {}
    tags, metadata = row.get("reason_tags"), row.get("metadata")
    mark = metadata.get(MARK) if isinstance(metadata, dict) else None
    score = row.get("score")
    return FeedbackRow(
        *(_text(row.get("id"), 100), _text(row.get("rating"), 60)),
        score="" if score is None or isinstance(score, dict | list) else str(score)[:20],
        reason=_text(row.get("reason"), 200),
        tags=tuple(_text(tag, 200) for tag in tags[:MOST_TAGS]) if isinstance(tags, list) else (),
        comment=_text(row.get("comment"), 4096),
        source=_text(row.get("source"), 40),
        created_at=timestamps.read(row.get("created_at")),
        mark=_text(mark, 60),
    )


def _text(value: Value, longest: int) -> str:
    return str(value)[:longest] if is_text(value) else ""
