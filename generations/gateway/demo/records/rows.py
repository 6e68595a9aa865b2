"""Everything that can be said about a story under one id."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from functools import cached_property

from generations.gateway.demo import ulid
from generations.gateway.demo.prices import MODELS, Model, bill
from generations.gateway.demo.records import upstream
from generations.gateway.demo.replies import diagnostics
from generations.gateway.demo.replies.errors import failed_body
from generations.gateway.demo.replies.served_reply import ServedReply, native_id
from generations.gateway.demo.replies.wire import whole_answer
from generations.gateway.demo.shapes import Json, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.tokens import measure, usual_timing


class Rows:
    """Turns one story, asked for under one id, into everything that can be said about it."""

    def __init__(self, story: Story, request_id: str, settled: bool = True) -> None:
        self.settled = settled or not story.settles
        self.story, self.request_id = story, request_id
        self.start_ms = ulid.made_at(request_id) or round(time.time() * 1000 - story.ago * 60_000)
        self.model = MODELS.get(story.model, Model(("demo",)))

    @cached_property
    def body(self) -> Json:
        """The body that the client sent; made when it is asked for, because some are large."""
        return self.story.make_body()

    @property
    def streamed(self) -> bool:
        return self.body.get("stream") is True

    @cached_property
    def usage(self) -> StoryUsage:
        """The story's own figures, or counted ones."""
        return self.story.usage or measure(self.body, self.story.reply)

    @cached_property
    def timing(self) -> StoryTiming:
        """The story's own times, or believable ones."""
        return self.story.timing or usual_timing(self.story.name, self.usage, self.model.speed)

    @property
    def answered(self) -> bool:
        return self.story.failure is None

    @property
    def broke(self) -> bool:
        """Whether a stream broke midway, or ended as `incomplete`.

        contract §0.2: such rows are 502, their bill is suppressed: cost null, no lines.
        """
        return self.story.failure is not None and self.story.failure.error == "upstream_stream_failure"

    @property
    def empty(self) -> bool:
        """Whether the provider answered 200 with nothing to show."""
        return self.story.failure is not None and self.story.failure.error == "google_empty_response"

    @property
    def refused(self) -> bool:
        """Whether nothing came of it: it failed before a provider, or every provider refused."""
        return not (self.answered or self.broke or self.empty)

    @cached_property
    def attempts(self) -> list[Json]:
        """Every attempt with all its members; those that failed are in the overhead of what came."""
        items = list(self._attempt_items())
        started = self.start_ms + self.timing.overhead // 2
        stamped = []
        for number, item in enumerate(items, 1):
            stamp: Json = {"attempt_number": number, "started_at_unix_ms": started}
            stamp |= {"request_build_ms": 0.426917, "upstream_headers_ms": 2.894488}
            stamp |= {"time_to_upstream_request_ms": started - self.start_ms}
            stamped.append(
                diagnostics.attempt(item, self.story.endpoint, self.story.model, self.streamed) | stamp
            )
            started += int(item.get("duration_ms", 0)) + int(item.get("retry_delay_ms") or 0)
        return stamped

    def _attempt_items(self) -> list[Json]:
        story = self.story
        if story.attempts is not None:
            return list(story.attempts)
        if sample := story.failure.more.get("failure_sample") if story.failure else None:
            spent = max(1, self.timing.first // len(sample))
            return [{"outcome": "upstream_non_2xx", "duration_ms": spent} | item for item in sample]
        if story.provider and (self.answered or self.broke or self.empty):
            return [self.attempt()]
        return []

    def attempt(self) -> Json:
        """The one attempt of a request that reached a provider at once."""
        return {
            "provider": self.story.provider,
            "outcome": "success",
            "status": 200,
            "duration_ms": max(self.timing.first - 32, 1) if self.streamed else self.timing.total,
        }

    @property
    def overhead(self) -> int:
        """End to end without the generation: the gateway's own time and the attempts that failed."""
        lost = [item for item in self.attempts if item.get("outcome") != "success"]
        return self.timing.overhead + sum(
            int(item.get("duration_ms") or 0) + int(item.get("retry_delay_ms") or 0) for item in lost
        )

    @property
    def lines(self) -> list[Json]:
        """The pricing lines: none for failures, the story's own, or list price."""
        if not self.answered:
            return []
        return list(
            bill(self.story.model, self.usage, self.start_ms)
            if self.story.lines is None
            else self.story.lines
        )

    @property
    def served(self) -> ServedReply:
        story = self.story
        provider = self.provider or ""
        native = native_id(story.endpoint, provider, self.request_id[-16:])
        return ServedReply(
            self.request_id,
            native,
            story.model,
            provider,
            self.start_ms // 1000,
            self.usage,
            self.lines,
            story.reply or Reply(),
            endpoint=story.endpoint,
        )

    @property
    def provider(self) -> str | None:
        """Who answered or refused last; None before routing."""
        tried = [item["provider"] for item in self._attempt_items() if item.get("status") is not None]
        return self.story.provider or (tried[-1] if tried and not self.answered else None)

    @property
    def created(self) -> datetime:
        """contract: the row is inserted at the END of the request; microseconds make it look real."""
        spent = self.timing.total + self.overhead if self.answered else self.timing.first
        micros = int(hashlib.sha256(self.request_id.encode()).hexdigest()[:4], 16) % 1000
        return datetime.fromtimestamp(self.start_ms / 1000, UTC) + timedelta(
            milliseconds=spent, microseconds=micros
        )

    def error(self) -> Json:
        """The error that the client got."""
        assert self.story.failure is not None
        story = self.story
        return failed_body(
            self.story.failure, self.request_id, story.endpoint, story.model, self.body, self.attempts
        )

    def logged_error(self) -> Json:
        """The same as it is kept: of an empty answer, what it consisted of."""
        error = self.error()
        if not self.empty:
            return error
        names = ("generation_id", "status_code", "error", "description")
        return {name: error[name] for name in names} | {"empty_response": upstream.empty(self.served)}

    def answer(self) -> Json:
        """The body that the client got; of streams the whole that it comes to."""
        return self.error() if not self.answered and self.story.reply is None else whole_answer(self.served)

    def payload(self) -> Json:
        """What was stored as the request: the body, or what multipart left of it."""
        return self.story.stored() if self.story.stored else self.body
