"""The row of the audit table: 99 columns in the order of the table, as PostgreSQL gives them back."""

import uuid
from datetime import datetime, timedelta

from generations.gateway.demo.javascript import jsonb
from generations.gateway.demo.keys import HOLDERS, PLAIN_KEY, WORKSPACE
from generations.gateway.demo.prices import total
from generations.gateway.demo.records import recorded
from generations.gateway.demo.records.clients import client
from generations.gateway.demo.records.columns import COLUMNS, JSONB, normalised
from generations.gateway.demo.records.metadata import detail
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.shapes import Json

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


def audit_row(rows: Rows) -> Json:
    """The 99 columns, and those that only older rows have."""
    made = _identity(rows) | _outcome(rows) | _times(rows) | _money(rows) | _who(rows)
    said = "" if rows.streamed or not rows.story.reply or not rows.answered else rows.story.reply.text
    shown = normalised(recorded.spent(rows), rows.body, said)
    moment = rows.created + timedelta(milliseconds=77)
    made |= shown | {"usage_normalized_at": timestamp(moment, "milliseconds")} | _client(rows)
    made |= {"provider_attempts": rows.attempts, "detail_metadata": detail(rows)}
    made = {name: jsonb(made[name]) if name in JSONB else made[name] for name in COLUMNS}
    made |= rows.story.row | ({} if rows.settled else _UNSETTLED)
    return {name: value for name, value in made.items() if name not in rows.story.without}


def _identity(rows: Rows) -> Json:
    story = rows.story
    tells = rows.answered and story.provider and not rows.streamed
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, rows.request_id)),
        "created_at": timestamp(rows.created),
        "workspace_id": WORKSPACE,
        "request_id": rows.request_id,
        "app_id": None,
        "endpoint": story.endpoint,
        "model_id": story.model,
        "canonical_model_id": rows.body.get("model", story.model),
        "requested_model_id": None,
        "routed_model_id": None,
        "api_model_id": None,
        "provider": rows.provider,
        "native_response_id": rows.served.native_id if tells else None,
        "stream": rows.streamed,
        "byok": False,
    }


def _outcome(rows: Rows) -> Json:
    failure = rows.story.failure
    if failure is None:
        names = ("error_code", "error_message", "error_payload")
        return {"status_code": 200, "success": True} | dict.fromkeys(names)
    return {
        "status_code": failure.status,
        "success": False,
        "error_code": f"{failure.origin}:{failure.code or failure.error}",
        "error_message": failure.description,
        "error_payload": rows.logged_error(),
    }


def _times(rows: Rows) -> Json:
    first, spent, out = rows.timing.first, rows.timing.total, rows.usage.output
    made: Json = dict.fromkeys(_TIMES) | {"latency_ms": first}
    if rows.broke or rows.empty:
        return made | {"generation_ms": max(spent, first)}
    if not rows.answered:
        tried = [item for item in rows.attempts if item.get("status") is not None]
        return made | {"generation_ms": int(tried[-1]["duration_ms"]) if tried else None}
    made |= {"generation_ms": spent, "throughput": out / (spent / 1000)}
    return made | (_stream_times(rows, first, spent, out) if rows.streamed else {})


def _stream_times(rows: Rows, first: int, spent: int, out: int) -> Json:
    """What only a stream can measure. Without a word there was no first token."""
    reply = rows.story.reply
    if reply and not (reply.text or reply.calls or reply.refusal or reply.reasoning or reply.whole):
        return {"latency_ms": None, "phaseo_overhead_ms": rows.overhead}
    after, writing = max(out - 1, 0), max(spent - first, 1)
    made: Json = {"provider_ttft_ms": first, "gateway_ttft_ms": first + rows.overhead}
    made |= {"phaseo_overhead_ms": rows.overhead, "itl_ms": None}
    if not after:
        return made
    speed, each = round(after / writing * 1000, 12), round(writing / after, 12)
    return made | {"output_speed_tps": speed, "tpot_ms": each, "itl_ms": round(each * 1.011, 7)}


def _money(rows: Rows) -> Json:
    failed = rows.refused
    lines = rows.lines
    return {
        "usage": {} if failed else recorded.usage(rows),
        "cost_nanos": total(lines) if rows.answered else None,
        "currency": None if failed else "USD",
        "pricing_lines": lines,
    }


def _who(rows: Rows) -> Json:
    reply = rows.story.reply if rows.answered else None
    finish = reply.finish if reply else None
    if finish and rows.streamed and rows.story.endpoint == "messages":
        finish = "stop"  # recorded so, whatever the last frame says
    return {
        "key_id": HOLDERS[PLAIN_KEY].key_id,
        "auth_method": "api_key",
        "oauth_client_id": None,
        "oauth_user_id": None,
        "location": "LHR",
        "finish_reason": finish,
        "end_user_id": rows.body.get("user"),
        "session_id": rows.body.get("session_id"),
        "trace_data": rows.body.get("trace"),
        "is_free_variant": rows.story.model.endswith(":free"),
        "pricing_plan": None,
        "realtime_session_id": None,
    }


def _client(rows: Rows) -> Json:
    known = not rows.refused  # of other failures nothing is written
    return {
        f"client_source_{name}": value if known else None for name, value in client(rows.story.agent).items()
    }


def timestamp(moment: datetime, unit: str = "microseconds") -> str:
    """ISO 8601 as PostgreSQL writes it: zeros at the end of a second's fraction are cut."""
    shown, _, zone = moment.isoformat(timespec=unit).rpartition("+")
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown}+{zone}"
