"""Rows that no client should fall over: wrong types, odd characters, huge numbers, deep nesting, not a record
at all.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from generations.gateway.demo.replies.errors import DB_ERROR, HTML_502
from generations.gateway.demo.shapes import Json, Reply, Story
from generations.gateway.demo.stories.ways import DAY, HOUR, chat, user

GROUP = "Damaged rows"
JSON_TYPE = "application/json"
Answer = tuple[int, str, bytes]


def _plain(name: str, title: str, ago: float, text: str, **more: object) -> Story:
    model = "openai/gpt-5-nano"
    story = chat(
        name, title, GROUP, ago=ago, model=model, messages=[user(text)], reply=Reply("It is a quiet town.")
    )
    return _with(story, more)


def _with(story: Story, more: dict[str, object]) -> Story:
    return replace(story, **more)  # type: ignore[arg-type]


def _raw(name: str, title: str, ago: float, answer: Callable[[str], Answer]) -> Story:
    return _plain(name, title, ago, name, raw=answer)


def _record(request_id: str, **more: object) -> str:
    row: Json = {
        "created_at": "2026-11-20T10:00:00.123456+00:00",
        "request_id": request_id,
        "endpoint": "chat.completions",
    }
    body: Json = {"model": "openai/gpt-5-nano", "messages": [user("Where is Ulm?")]}
    row |= {
        "model_id": "openai/gpt-5-nano",
        "provider": "openai",
        "stream": False,
        "status_code": 200,
        "success": True,
    }
    tail = {"replay_supported": True, "replay_request": body, "io_log": None}
    return json.dumps(row | more | tail, indent=2)


def _marked(request_id: str, text: str) -> Answer:
    return 200, JSON_TYPE, _record(request_id, error_message="@@").replace('"@@"', text).encode()


def _odd_text(request_id: str) -> Answer:
    return _marked(request_id, '"NUL \\u0000, a lone \\ud83d, a swapped \\udc00\\ud800, bell \\u0007"')


def _huge(request_id: str) -> Answer:
    return 200, JSON_TYPE, _record(request_id, cost_nanos="@@").replace('"@@"', "9" * 5000).encode()


def _numbers(request_id: str) -> Answer:
    text = _record(request_id, usage={"input_tokens": 1})
    odd = '"temperature": 1.0, "top_p": 0.10, "seed": 12345678901234567890, "n": 1e0, "big": 1E2, "model":'
    return 200, JSON_TYPE, text.replace('"model":', odd).encode()


def _deep(request_id: str, levels: int = 100_000) -> Answer:
    return _marked(request_id, "[" * levels + "]" * levels)


def _other(request_id: str) -> Answer:
    return 200, JSON_TYPE, _record("G-01M0N8538GZZZZZZZZZZZZZZZZ").encode()


def _cut(request_id: str) -> Answer:
    return 200, JSON_TYPE, _record(request_id)[:-90].encode()


def _doubled(request_id: str) -> Answer:
    text = _record(request_id, usage={"input_tokens": 1})
    return (
        200,
        JSON_TYPE,
        text.replace('"status_code": 200', '"status_code": 500,\n  "status_code": 200').encode(),
    )


def _bytes(request_id: str) -> Answer:
    return 200, JSON_TYPE, _record(request_id, error_message="@@").encode().replace(b"@@", b"caf\xe9")


def _said(status: int, kind: str, body: bytes, request_id: str) -> Answer:
    return status, kind, body


_WRONG: Json = {
    "status_code": "two hundred",
    "success": "yes",
    "latency_ms": {"ms": 12},
    "generation_ms": "1830",
    "throughput": [],
    "usage": "170 tokens",
    "cost_nanos": "53300",
    "pricing_lines": {"input": 1},
    "provider_attempts": "none",
    "detail_metadata": [1, 2],
    "created_at": 1795000000,
    "stream": 1,
    "model_id": ["openai", "gpt-5-nano"],
    "finish_reason": 7,
}
_NULLS = (
    *(
        "provider",
        "native_response_id",
        "status_code",
        "error_code",
        "error_message",
        "latency_ms",
        "generation_ms",
    ),
    *("throughput", "usage", "cost_nanos", "currency", "pricing_lines", "key_id", "auth_method", "location"),
    *(
        "finish_reason",
        "session_id",
        "provider_attempts",
        "detail_metadata",
        "stream",
        "byok",
        "success",
        "model_id",
    ),
    *("endpoint", "created_at", "workspace_id", "provider_ttft_ms", "gateway_ttft_ms", "output_speed_tps"),
)

STORIES: list[Story] = [
    _plain("wrong-types", "Every type is wrong", 1 * DAY, "Where is Trento?", row=_WRONG),
    _plain("all-null", "Null everywhere", 1.1 * DAY, "Where is Graz?", row=dict.fromkeys(_NULLS)),
    _plain(
        "odd-lines",
        "Pricing lines that make no sense",
        1.2 * DAY,
        "Where is Lviv?",
        row={
            "pricing_lines": [None, "free", {"dimension": None, "line_nanos": "12"}, {"quantity": 3.5}],
            "provider_attempts": [None, 3, {"provider": None, "status": "ok", "duration_ms": -5}],
        },
    ),
    _plain(
        "emoji",
        "Emoji, right-to-left text and markup",
        1.3 * DAY,
        "<script>alert('Ulm')</script> שלום 👩‍👩‍👧‍👦 مرحبا <b>bold</b> & \"quotes\" {{ 7*7 }}",
    ),
    _raw("odd-characters", "NUL, lone surrogates, a bell", 1.4 * DAY, _odd_text),
    _raw("huge-number", "A cost with 5,000 digits", 1.5 * DAY, _huge),
    _raw("number-text", "Numbers that a careless client would rewrite", 1.55 * DAY, _numbers),
    _raw("deep", "Nested 100,000 levels deep", 1.6 * DAY, _deep),
    _raw("other-record", "A record with another id", 1.7 * DAY, _other),
    _raw("cut-json", "JSON that ends in the middle", 1.8 * DAY, _cut),
    _raw("duplicate-keys", "A key twice", 1.9 * DAY, _doubled),
    _raw("latin-1", "Bytes that are not UTF-8", 2.0 * DAY, _bytes),
    _raw(
        "not-an-object", "A list instead of a record", 2.1 * DAY, partial(_said, 200, JSON_TYPE, b"[1, 2, 3]")
    ),
    _raw(
        "two-rows",
        "The database found two rows: 500",
        2.2 * DAY,
        partial(_said, 500, JSON_TYPE, json.dumps(DB_ERROR, indent=2).encode()),
    ),
    _raw(
        "plain-500",
        "The gateway crashed: plain text 500",
        2.3 * DAY,
        partial(_said, 500, "text/plain;charset=UTF-8", b"Internal Server Error"),
    ),
    _raw(
        "html",
        "A proxy in front answered with HTML",
        2.4 * HOUR,
        partial(_said, 502, "text/html; charset=UTF-8", HTML_502),
    ),
]
