"""What the server remembers: the requests it received and the records that came of them."""

import base64
import time
from collections import deque
from dataclasses import dataclass, field

from generations.gateway.demo import stories, ulid
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.shapes import Json, Story

KEPT_REQUESTS = 2000
KEPT_BYTES = 64 * 2**20
KEPT_RECORDS = 5000


@dataclass(slots=True)
class Seen:
    """One POST as it arrived. The key is never kept. Times are milliseconds since 1970."""

    order: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    received_ms: float
    first_byte_ms: float | None = None
    done_ms: float | None = None
    request_id: str | None = None
    status: int | None = None
    outcome: str = "open"

    def shown(self) -> Json:
        """For the control API; the body in base64."""
        names = (
            "order",
            "method",
            "path",
            "headers",
            "received_ms",
            "first_byte_ms",
            "done_ms",
            "request_id",
        )
        made: Json = {name: getattr(self, name) for name in (*names, "status", "outcome")}
        return made | {"body": base64.b64encode(self.body).decode(), "body_bytes": len(self.body)}


@dataclass(slots=True)
class Store:
    """Live state. `epoch_ms`: the moment to which the stories are relative."""

    epoch_ms: int
    seen: deque[Seen] = field(default_factory=deque)
    live: dict[str, tuple[float, Story]] = field(default_factory=dict)
    received: int = 0
    _bytes: int = 0

    def note(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Seen:
        """Remembers a POST; the oldest bodies are forgotten when there are too many."""
        self.received += 1
        kept = {name: value for name, value in headers.items() if name != "authorization"}
        seen = Seen(self.received, method, path, kept, body, time.time() * 1000)
        self.seen.append(seen)
        self._bytes += len(body)
        while len(self.seen) > KEPT_REQUESTS or (self._bytes > KEPT_BYTES and len(self.seen) > 1):
            self._bytes -= len(self.seen.popleft().body)
        return seen

    def keep(self, request_id: str, story: Story, late_ms: float) -> None:
        """Writes a record that can be seen only `late_ms` from now. contract: written after the response."""
        self.live[request_id] = (time.time() * 1000 + late_ms, story)
        while len(self.live) > KEPT_RECORDS:
            del self.live[next(iter(self.live))]

    def find(self, request_id: str) -> Story | None:
        """The story behind an id, or None while its record is not written."""
        if request_id in self.live:
            due, story = self.live[request_id]
            return story if time.time() * 1000 >= due else None
        return stories.find(request_id)

    def rows(self) -> list[Rows]:
        """Every record that can be seen, the newest first."""
        now = time.time() * 1000
        made = [Rows(story, name) for name, (due, story) in self.live.items() if due <= now]
        made += [
            Rows(story, stories.id_of(story, self.epoch_ms)) for story in stories.STORIES if story.raw is None
        ]
        return sorted(made, key=lambda rows: rows.created, reverse=True)

    def reset(self) -> None:
        """Forgets everything that was received and every live record."""
        self.seen.clear()
        self.live.clear()
        self.received = self._bytes = 0


def new_id() -> str:
    """A fresh request id, made now."""
    return ulid.request_id(round(time.time() * 1000), ulid.new_suffix())
