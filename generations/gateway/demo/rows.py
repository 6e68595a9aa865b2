"""From a story to the row of the audit table: 99 columns, in the gateway's order, and the replay tail."""

import hashlib
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from . import ulid
from .errors import flat
from .keys import HOLDERS, PLAIN_KEY, WORKSPACE
from .prices import MODELS, Model, bill, total
from .shapes import Json, Reply, Story, Timing, Usage
from .tokens import measure, stored, usual_timing
from .wire import Told, native_id, whole_answer

_MEDIA = ("text", "image", "audio", "video")
_QUADS = ("input", "output", "total", "text", "rerank", "embedding", "moderation", "ocr")
NORMALISED = (
    *(f"usage_{name}_tokens" for name in ("total", "input", "output", "reasoning")),
    *(f"usage_{way}_{kind}_tokens" for way in ("input", "output") for kind in _MEDIA),
    *(f"usage_{kind}_{way}" for kind in _MEDIA[1:] for way in ("inputs", "outputs")),
    *(f"usage_cached_{way}_tokens" for way in ("read", "write")),
    *(f"usage_cached_{way}_{kind}_tokens" for way in ("read", "write") for kind in _MEDIA),
    "usage_cached_write_text_tokens_5m",
    "usage_cached_write_text_tokens_1h",
    *(f"usage_{name}_quad_tokens" for name in _QUADS),
    "usage_embedding_tokens",
    *(
        f"usage_{name}"
        for name in ("image_megapixels", "audio_seconds", "video_seconds", "video_pixel_seconds")
    ),
    *(f"usage_{name}_characters" for name in ("input", "output", "total")),
)
_CLIENT = ("python-httpx", "HTTPX", "http_client", "0.28", "user_agent")


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
        """Whether a stream broke midway.

        contract: such rows are 502 and their bill is suppressed: 0, no lines.
        """
        return self.story.failure is not None and self.story.failure.code == "upstream_stream_failure"

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
    def told(self) -> Told:
        story = self.story
        provider = story.provider or ""
        native = native_id(story.endpoint, provider, self.request_id[-16:])
        created = self.start_ms // 1000
        reply = story.reply or Reply()
        return Told(self.request_id, native, story.model, provider, created, self.usage, self.lines, reply)

    @property
    def created(self) -> datetime:
        """contract: the row is inserted at the END of the request; microseconds make it look real."""
        spent = self.timing.total + self.timing.overhead if self.answered else self.timing.first
        micros = int(hashlib.sha256(self.request_id.encode()).hexdigest()[:4], 16) % 1000
        return datetime.fromtimestamp(self.start_ms / 1000, UTC) + timedelta(
            milliseconds=spent, microseconds=micros
        )

    def answer(self) -> Json:
        """The body that the client got; for streams a reassembled final object."""
        if self.story.failure is not None and self.story.reply is None:
            return flat(self.story.failure, self.request_id)
        return whole_answer(self.story.endpoint, self.told)

    def payload(self) -> Json:
        """What was stored as the request: the body, or what multipart left of it."""
        return self.story.stored() if self.story.stored else self.body

    def row(self) -> Json:
        """The 99 columns."""
        made = self._identity() | self._outcome() | self._times() | self._money() | self._who()
        made |= self._attempts() | self._client() | self._normalised() | self.story.row
        made |= {} if self.settled else _UNSETTLED
        return {name: value for name, value in made.items() if name not in self.story.without}

    def _identity(self) -> Json:
        story = self.story
        native = self.told.native_id if self.answered and story.provider else None
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, self.request_id)),
            "created_at": self.created.isoformat(timespec="microseconds"),
            "workspace_id": WORKSPACE,
            "request_id": self.request_id,
            "app_id": None,
            "endpoint": story.endpoint,
            "model_id": story.model,
            "canonical_model_id": self.body.get("model", story.model),
            "requested_model_id": None,
            "routed_model_id": None,
            "api_model_id": None,
            "provider": story.provider,
            "native_response_id": native,
            "stream": self.body.get("stream") is True,
            "byok": False,
        }

    def _outcome(self) -> Json:
        failure = self.story.failure
        if failure is None:
            return {
                "status_code": 200,
                "success": True,
                "error_code": None,
                "error_message": None,
                "error_payload": None,
            }
        return {
            "status_code": failure.status,
            "success": False,
            "error_code": f"{failure.origin}:{failure.code or failure.error}",
            "error_message": failure.description,
            "error_payload": flat(failure, self.request_id),
        }

    def _times(self) -> Json:
        first, spent, out = self.timing.first, self.timing.total, self.usage.output
        if not self.answered:
            return dict.fromkeys(_TIMES) | {"latency_ms": first, "phaseo_overhead_ms": self.timing.overhead}
        streamed = self.body.get("stream") is True
        writing = max(spent - first, 1)
        measured: Json = {"latency_ms": first if streamed else None, "generation_ms": spent}
        measured |= {"provider_ttft_ms": first, "gateway_ttft_ms": first + self.timing.overhead - 5}
        measured |= {"output_speed_tps": out / (writing / 1000), "tpot_ms": writing / out if out else None}
        measured |= {"itl_ms": round(writing / out * 1.011, 1) if out and streamed else None}
        return measured | {"phaseo_overhead_ms": self.timing.overhead, "throughput": out / (spent / 1000)}

    def _money(self) -> Json:
        lines = self.lines
        usage = stored(self.usage) if self.answered else {}
        return {
            "usage": usage,
            "cost_nanos": total(lines) if self.answered else 0 if self.broke else None,
            "currency": "USD",
            "pricing_lines": lines,
        }

    def _who(self) -> Json:
        failure, reply = self.story.failure, self.story.reply
        return {
            "key_id": HOLDERS[PLAIN_KEY].key_id,
            "auth_method": "api_key",
            "oauth_client_id": None,
            "oauth_user_id": None,
            "location": "LHR",
            "finish_reason": "error" if self.broke else reply.finish if reply and failure is None else None,
            "end_user_id": self.body.get("user"),
            "session_id": self.body.get("session_id"),
            "trace_data": self.body.get("trace"),
        }

    def _attempts(self) -> Json:
        story = self.story
        attempts = story.attempts
        if attempts is None:
            attempts = (self.attempt(),) if story.provider and self.answered else ()
        started = self.start_ms + self.timing.overhead // 2
        stamped = []
        for number, item in enumerate(attempts, 1):
            stamped.append({"attempt_number": number, "started_at_unix_ms": started} | self._common() | item)
            started += int(item.get("duration_ms", 0)) + int(item.get("retry_delay_ms") or 0)
        return {"provider_attempts": stamped, "detail_metadata": self._detail(stamped)}

    def _common(self) -> Json:
        return {"endpoint": self.story.endpoint, "model": self.story.model}

    def attempt(self) -> Json:
        """The one attempt of a request that went well at once."""
        streamed = self.body.get("stream") is True
        return {
            "provider": self.story.provider,
            "outcome": "success",
            "status": 200,
            "duration_ms": max(self.timing.first - 32, 1) if streamed else self.timing.total,
            "key_source": "gateway",
            "credential_phase": "gateway",
            "response_kind": "stream" if streamed else "completed",
        }

    def _detail(self, attempts: list[Json]) -> Json:
        ranked = [item.get("provider") for item in attempts] or list(self.model.providers)
        snapshot = [
            {
                "rank": rank,
                "provider": name,
                "provider_id": name,
                "breaker": "closed",
                "score": round(0.97 - rank / 9, 3),
            }
            for rank, name in enumerate(dict.fromkeys([*ranked, *self.model.providers]), 1)
        ]
        finish = self.story.reply.finish if self.story.reply else None
        detail: Json = {"stage": "after" if self.answered else "execute", "finish_reason": finish}
        detail |= {"routing_snapshot": snapshot, "replay_supported": self.story.io == "stored"}
        return detail | {"request": {"user_agent": self.story.agent}}

    def _client(self) -> Json:
        names = ("id", "name", "kind", "version", "detection")
        source = {f"client_source_{name}": value for name, value in zip(names, _CLIENT, strict=True)}
        free = self.story.model.endswith(":free")
        return source | {"is_free_variant": free, "pricing_plan": None, "realtime_session_id": None}

    def _normalised(self) -> Json:
        usage = self.usage if self.answered else Usage()
        known = {"total": usage.input + usage.output, "input": usage.input, "output": usage.output}
        known |= {"reasoning": usage.reasoning, "input_text": usage.input, "output_text": usage.output}
        known |= {"cached_read": usage.cached, "cached_write": usage.cache_write}
        columns: Json = dict.fromkeys(NORMALISED, 0)
        columns |= {f"usage_{name}_tokens": value for name, value in known.items()}
        moment = (self.created + timedelta(milliseconds=77)).isoformat(timespec="milliseconds")
        return columns | {"usage_normalized_at": moment}


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


def io_log(rows: Rows) -> Json | None:
    """contract: null, or the log's row; `payload` is there only when stored."""
    status = rows.story.io
    if status == "none":
        return None
    if status != "stored":
        return _io_row(rows, None)
    return _io_row(rows, _payload(rows))


def _io_row(rows: Rows, payload: Json | None) -> Json:
    kept = payload is not None or rows.story.io == "deleted"
    raw = json.dumps(payload).encode() if payload else b""
    made = rows.created
    key = f"workspaces/{WORKSPACE}/{made:%Y/%m/%d}/{rows.request_id}.json"
    return {
        "status": rows.story.io,
        "storage_provider": "cloudflare_r2" if kept else None,
        "bucket": "gateway-io-logs" if kept else None,
        "object_key": key if kept else None,
        "bytes": len(raw) or _LOG_BYTES.get(rows.story.io),
        "sha256": hashlib.sha256(raw).hexdigest() if raw else None,
        "content_type": "application/json" if kept else None,
        "retention_until": (made + timedelta(days=90)).isoformat(timespec="seconds") if kept else None,
        "error": _LOG_ERRORS.get(rows.story.io),
        "payload": payload,
    }


_LOG_BYTES = {"too_large": 7_340_512, "deleted": 2_211}
_LOG_ERRORS = {
    "error": "put_failed: R2 answered 500",
    "missing_bucket": "GATEWAY_IO_LOGS_BUCKET is not bound",
}


def _payload(rows: Rows) -> Json:
    story, row = rows.story, rows.row()
    moment = rows.created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    copied = ("app_id", "key_id", "endpoint", "model_id", "provider", "status_code", "success")
    return {
        "schema_version": 1,
        "captured_at": moment,
        "request_id": rows.request_id,
        "workspace_id": WORKSPACE,
        **{name: row.get(name) for name in copied},
        "retention_until": (rows.created + timedelta(days=90))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "request_payload": rows.payload(),
        "gateway_response": None if story.reply is None and story.failure is None else rows.answer(),
        "provider_request": None,
        "provider_response": None,
        "metadata": {"stage": "after" if rows.answered else "execute"},
    }


def scoped(rows: Rows, *, replay: bool) -> Json:
    """The record as the gateway of August 2026 answers it; `replay`: the credential has generations:read."""
    if not replay:
        return rows.row() | {"replay_supported": False, "replay_request": None, "io_log": None}
    log = io_log(rows)
    payload: Any = log["payload"]["request_payload"] if log and log["payload"] else None
    request = payload if isinstance(payload, dict) and payload else None
    return rows.row() | {"replay_supported": request is not None, "replay_request": request, "io_log": log}


_AUGUST_ONLY = (
    "provider_ttft_ms",
    "gateway_ttft_ms",
    "tpot_ms",
    "itl_ms",
    "output_speed_tps",
    "phaseo_overhead_ms",
)


def legacy(rows: Rows) -> Json:
    """The record as the reference page of May 2026 shows it: team_id, prompt_tokens, replay for any key, no
    io_log.
    """
    row = rows.row()
    payload = rows.payload() if rows.story.io == "stored" else None
    shown: Json = {}
    for name, value in row.items():
        if name.startswith(("client_source", "usage_")) or name in _AUGUST_ONLY:
            continue
        shown["team_id" if name == "workspace_id" else name] = _may_usage(value) if name == "usage" else value
    return shown | {"replay_supported": bool(payload), "replay_request": payload or None}


def _may_usage(usage: Any) -> Any:
    if not isinstance(usage, dict):
        return usage
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    return {names.get(name, name): value for name, value in usage.items() if not name.endswith("_details")}
