"""The I/O log of a record, the replay tail, and the record in both forms."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from generations.gateway.demo.javascript import parsed
from generations.gateway.demo.keys import WORKSPACE
from generations.gateway.demo.legs import native
from generations.gateway.demo.prices import bill
from generations.gateway.demo.records import metadata, upstream
from generations.gateway.demo.records.audit_row import audit_row, timestamp
from generations.gateway.demo.records.recorded import TEXT
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.replies.errors import upstream_answer
from generations.gateway.demo.replies.response_bodies import is_incomplete, responses_snapshot
from generations.gateway.demo.replies.streams import failed
from generations.gateway.demo.replies.wire import chat_snapshot, logged_answer, logged_meta, stop_reason
from generations.gateway.demo.shapes import Json


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
    raw = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace") if payload else b""
    made = rows.created
    key = f"workspaces/{WORKSPACE}/{made:%Y/%m/%d}/{rows.request_id}.json"
    return {
        "status": rows.story.io,
        "storage_provider": "cloudflare_r2" if kept else None,
        "bucket": "phaseo-gateway-io-logs" if kept else None,
        "object_key": key if kept else None,
        "bytes": len(raw) or _LOG_BYTES.get(rows.story.io),
        "sha256": hashlib.sha256(raw).hexdigest() if raw else None,
        "content_type": "application/json" if kept else None,
        "retention_until": timestamp(made + timedelta(days=90), "milliseconds") if kept else None,
        "error": _LOG_ERRORS.get(rows.story.io),
        "payload": payload,
    }


_LOG_BYTES = {"too_large": 7_340_512, "deleted": 2_211}
# contract §0.2: a log is deleted only where paid retention was suspended; ordinary expiry sets nothing.
_LOG_ERRORS = {
    "error": "put_failed: R2 answered 500",
    "missing_bucket": "GATEWAY_IO_LOGS_BUCKET is not bound",
    "deleted": "extended_retention_suspended",
}


def _payload(rows: Rows) -> Json:
    story, row = rows.story, audit_row(rows)
    captured = rows.created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    until = (rows.created + timedelta(days=90)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    copied = ("app_id", "key_id", "endpoint", "model_id", "provider", "status_code", "success")
    return {
        "schema_version": 1,
        "captured_at": captured,
        "request_id": rows.request_id,
        "workspace_id": WORKSPACE,
        **{name: row.get(name) for name in copied},
        "retention_until": until,
        "request_payload": parsed(rows.payload()),
        "gateway_response": kept_answer(rows),
        "provider_request": _sent(rows),
        "provider_response": _said(rows),
        "metadata": metadata.logged(rows),
    } | story.log


def kept_answer(rows: Rows) -> Json | None:
    """contract §0.2: the whole answer of non-streams, of Responses streams and of re-encoded chat streams; of all
    other streams only the last frame, without the text.
    """
    story, served = rows.story, rows.served
    if not rows.answered:
        return rows.logged_error()
    if story.reply is None:
        return None
    if not rows.streamed or story.endpoint not in TEXT or story.reply.whole is not None:
        return logged_answer(served, logged_meta(served, rows.timing.first, rows.timing.total))
    if story.endpoint == "responses":
        return responses_snapshot(served)
    if story.endpoint == "messages":
        usage = {"input_tokens": served.usage.input, "output_tokens": served.usage.output}
        delta = {"stop_reason": stop_reason(served.reply), "stop_sequence": None}
        return {"type": "message_delta", "delta": delta, "usage": usage}
    if not native(story.endpoint, served.provider):
        return chat_snapshot(served)
    return {
        "id": served.native_id,
        "created": served.created,
        "model": served.slug,
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {}, "finish_reason": served.reply.finish}],
    }


def _reached(rows: Rows) -> bool:
    """Whether a provider took the request, whatever became of it."""
    return bool(rows.provider) and (rows.answered or rows.broke or rows.empty)


def _sent(rows: Rows) -> str | None:
    return upstream.request(rows.served, parsed(rows.payload())) if _reached(rows) else None


def _said(rows: Rows) -> Json | None:
    """contract §0.2: kept of non-streams, and of Responses streams that ended badly."""
    served, story = rows.served, rows.story
    if rows.empty:
        return upstream.empty(served)
    if rows.broke:
        return _broken_end(rows) if native("responses", served.provider) else None
    if not rows.answered:
        refused = story.failure and story.failure.more.get("reason") == "all_candidates_failed"
        return upstream_answer(rows.error(), story.model, story.endpoint) if refused else None
    return upstream.answer(served) if not rows.streamed and story.provider and story.reply else None


def _broken_end(rows: Rows) -> Json | None:
    """The last `response` object that came."""
    served = replace(rows.served, lines=bill(rows.story.model, rows.usage, rows.start_ms))
    if served.endpoint != "responses":
        return None
    if is_incomplete(served.reply):
        return responses_snapshot(served)
    if rows.story.again == "mid-stream-error":
        return failed(served, "The provider closed the stream.")
    return responses_snapshot(served) | {"status": "in_progress", "output": [], "usage": None}


def scoped(rows: Rows, *, replay: bool) -> Json:
    """The record as the gateway of August 2026 answers it; `replay`: the credential has generations:read."""
    if not replay:
        return audit_row(rows) | {"replay_supported": False, "replay_request": None, "io_log": None}
    log = io_log(rows)
    payload: Any = log["payload"]["request_payload"] if log and log["payload"] else None
    request = payload if isinstance(payload, dict) and payload else None
    return audit_row(rows) | {
        "replay_supported": request is not None,
        "replay_request": request,
        "io_log": log,
    }


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
    row = audit_row(rows)
    payload = parsed(rows.payload()) if rows.story.io == "stored" else None
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
