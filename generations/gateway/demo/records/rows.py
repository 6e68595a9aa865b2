"""From a story to the row of the audit table: 99 columns in the order of the table, as PostgreSQL gives them back."""

import hashlib
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property

from generations.gateway.demo import ulid
from generations.gateway.demo.javascript import jsonb
from generations.gateway.demo.keys import HOLDERS, PLAIN_KEY, WORKSPACE
from generations.gateway.demo.prices import MODELS, Model, bill, total
from generations.gateway.demo.records import recorded, upstream
from generations.gateway.demo.records.columns import COLUMNS, JSONB, normalised
from generations.gateway.demo.records.metadata import detail
from generations.gateway.demo.replies import diagnostics
from generations.gateway.demo.replies.errors import failed_body
from generations.gateway.demo.replies.served_reply import ServedReply, native_id
from generations.gateway.demo.replies.wire import whole_answer
from generations.gateway.demo.server.bodies import client
from generations.gateway.demo.shapes import Json, Reply, Story, Timing, Usage
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
    def usage(self) -> Usage:
        """The story's own figures, or counted ones."""
        return self.story.usage or measure(self.body, self.story.reply)

    @cached_property
    def timing(self) -> Timing:
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

    def row(self) -> Json:
        """The 99 columns, and those that only older rows have."""
        made = self._identity() | self._outcome() | self._times() | self._money() | self._who()
        said = "" if self.streamed or not self.story.reply or not self.answered else self.story.reply.text
        shown = normalised(recorded.spent(self), self.body, said)
        moment = self.created + timedelta(milliseconds=77)
        made |= shown | {"usage_normalized_at": timestamp(moment, "milliseconds")} | self._client()
        made |= {"provider_attempts": self.attempts, "detail_metadata": detail(self)}
        made = {name: jsonb(made[name]) if name in JSONB else made[name] for name in COLUMNS}
        made |= self.story.row | ({} if self.settled else _UNSETTLED)
        return {name: value for name, value in made.items() if name not in self.story.without}

    def _identity(self) -> Json:
        story = self.story
        tells = self.answered and story.provider and not self.streamed
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, self.request_id)),
            "created_at": timestamp(self.created),
            "workspace_id": WORKSPACE,
            "request_id": self.request_id,
            "app_id": None,
            "endpoint": story.endpoint,
            "model_id": story.model,
            "canonical_model_id": self.body.get("model", story.model),
            "requested_model_id": None,
            "routed_model_id": None,
            "api_model_id": None,
            "provider": self.provider,
            "native_response_id": self.served.native_id if tells else None,
            "stream": self.streamed,
            "byok": False,
        }

    def _outcome(self) -> Json:
        failure = self.story.failure
        if failure is None:
            names = ("error_code", "error_message", "error_payload")
            return {"status_code": 200, "success": True} | dict.fromkeys(names)
        return {
            "status_code": failure.status,
            "success": False,
            "error_code": f"{failure.origin}:{failure.code or failure.error}",
            "error_message": failure.description,
            "error_payload": self.logged_error(),
        }

    def _times(self) -> Json:
        first, spent, out = self.timing.first, self.timing.total, self.usage.output
        made: Json = dict.fromkeys(_TIMES) | {"latency_ms": first}
        if self.broke or self.empty:
            return made | {"generation_ms": max(spent, first)}
        if not self.answered:
            tried = [item for item in self.attempts if item.get("status") is not None]
            return made | {"generation_ms": int(tried[-1]["duration_ms"]) if tried else None}
        made |= {"generation_ms": spent, "throughput": out / (spent / 1000)}
        return made | (self._stream_times(first, spent, out) if self.streamed else {})

    def _stream_times(self, first: int, spent: int, out: int) -> Json:
        """What only a stream can measure. Without a word there was no first token."""
        reply = self.story.reply
        if reply and not (reply.text or reply.calls or reply.refusal or reply.reasoning or reply.whole):
            return {"latency_ms": None, "phaseo_overhead_ms": self.overhead}
        after, writing = max(out - 1, 0), max(spent - first, 1)
        made: Json = {"provider_ttft_ms": first, "gateway_ttft_ms": first + self.overhead}
        made |= {"phaseo_overhead_ms": self.overhead, "itl_ms": None}
        if not after:
            return made
        speed, each = round(after / writing * 1000, 12), round(writing / after, 12)
        return made | {"output_speed_tps": speed, "tpot_ms": each, "itl_ms": round(each * 1.011, 7)}

    def _money(self) -> Json:
        failed = self.refused
        lines = self.lines
        return {
            "usage": {} if failed else recorded.usage(self),
            "cost_nanos": total(lines) if self.answered else None,
            "currency": None if failed else "USD",
            "pricing_lines": lines,
        }

    def _who(self) -> Json:
        reply = self.story.reply if self.answered else None
        finish = reply.finish if reply else None
        if finish and self.streamed and self.story.endpoint == "messages":
            finish = "stop"  # recorded so, whatever the last frame says
        return {
            "key_id": HOLDERS[PLAIN_KEY].key_id,
            "auth_method": "api_key",
            "oauth_client_id": None,
            "oauth_user_id": None,
            "location": "LHR",
            "finish_reason": finish,
            "end_user_id": self.body.get("user"),
            "session_id": self.body.get("session_id"),
            "trace_data": self.body.get("trace"),
            "is_free_variant": self.story.model.endswith(":free"),
            "pricing_plan": None,
            "realtime_session_id": None,
        }

    def _client(self) -> Json:
        known = not self.refused  # of other failures nothing is written
        return {
            f"client_source_{name}": value if known else None
            for name, value in client(self.story.agent).items()
        }


def timestamp(moment: datetime, unit: str = "microseconds") -> str:
    """ISO 8601 as PostgreSQL writes it: zeros at the end of a second's fraction are cut."""
    shown, _, zone = moment.isoformat(timespec=unit).rpartition("+")
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown}+{zone}"


# contract: usage, cost, lines and generation time of an async job are written when it finishes.
_UNSETTLED: Json = {
    "usage": {},
    "cost_nanos": None,
    "pricing_lines": [],
    "generation_ms": None,
    "throughput": None,
}
_TIMES = (
    *("latency_ms", "generation_ms", "provider_ttft_ms", "gateway_ttft_ms"),
    *("output_speed_tps", "tpot_ms", "itl_ms", "phaseo_overhead_ms", "throughput"),
)
