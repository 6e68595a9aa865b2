"""What the server remembers: the requests it received and the records that came of them."""

import base64
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from generations.gateway.demo import stories, ulid
from generations.gateway.demo.records.audit_row import timestamp
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.server.log import ServedLogRow
from generations.gateway.demo.shapes import Json, Story
from generations.gateway.demo.stories import traffic

KEPT_REQUESTS = 2000
KEPT_BYTES = 64 * 2**20
KEPT_RECORDS = KEPT_ENTRIES = 5000


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
    arrived: dict[str, tuple[datetime, Story]] = field(default_factory=dict)
    feedback: list[Json] = field(default_factory=list)
    received: int = 0
    _bytes: int = 0
    _entries: dict[str, ServedLogRow] = field(default_factory=dict)

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

    def arrive(self, count: int, at: datetime, step_us: int) -> list[str]:
        """Rows that stand in the log from now on, the first at `at`, each `step_us` after the one before."""
        moments = [at + timedelta(microseconds=number * step_us) for number in range(count)]
        made = [
            traffic.arrived(moment, number, timestamp(moment)) for number, moment in enumerate(moments, 1)
        ]
        for moment, (request_id, story) in zip(moments, made, strict=True):
            self.arrived[request_id] = (moment, story)
        while len(self.arrived) > KEPT_RECORDS:
            del self.arrived[next(iter(self.arrived))]
        return [request_id for request_id, _ in made]

    def find(self, request_id: str, per_hour: float = 0) -> Story | None:
        """The story behind an id, or None while its record is not written. `per_hour`: see `traffic`."""
        if request_id in self.live:
            due, story = self.live[request_id]
            return story if time.time() * 1000 >= due else None
        if request_id in self.arrived:
            return self.arrived[request_id][1]
        return stories.find(request_id) or traffic.find(request_id, per_hour)

    def entries(self, now: datetime, per_hour: float = 0) -> list[ServedLogRow]:
        """Every row of the log. `per_hour`: how many rows an hour come on top of the stories."""
        now_ms = round(now.timestamp() * 1000)
        made = [self.entry(name, story) for name, (due, story) in self.live.items() if due <= now_ms]
        made += [self.entry(name, story) for name, (_, story) in self.arrived.items()]
        recorded = [
            (stories.id_of(story, self.epoch_ms), story) for story in stories.STORIES if story.raw is None
        ]
        made += [self.entry(name, story) for name, story in recorded]
        passing = [self._passing(number, name) for number, name in traffic.ticks(now_ms, per_hour)]
        return made + [entry for entry in passing if entry.created <= now]

    def _passing(self, number: int, request_id: str) -> ServedLogRow:
        return self._entries.get(request_id) or self.entry(request_id, traffic.story(number, request_id))

    def entry(self, request_id: str, story: Story) -> ServedLogRow:
        """The row of the log, made once."""
        known = self._entries.get(request_id)
        if known is None:
            rows = Rows(story, request_id)
            at, _ = self.arrived.get(request_id, (rows.created, story))
            known = self._entries[request_id] = ServedLogRow(at.astimezone(UTC), rows)
        while len(self._entries) > KEPT_ENTRIES:
            del self._entries[next(iter(self._entries))]
        return known

    def rows(self) -> list[Rows]:
        """Every record of a story or a replay, the newest first."""
        entries = self.entries(datetime.now(UTC))
        return [entry.rows for entry in sorted(entries, key=lambda entry: entry.created, reverse=True)]

    def reset(self) -> None:
        """Forgets everything that was received and every live record."""
        self.seen.clear()
        self.live.clear()
        self.arrived.clear()
        self.feedback.clear()
        self._entries.clear()
        self.received = self._bytes = 0


def new_id() -> str:
    """A fresh request id, made now."""
    return ulid.request_id(round(time.time() * 1000), ulid.new_suffix())
