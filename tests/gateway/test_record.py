import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number, loads
from generations.gateway.record import FIELDS, Oddity, Record

# public reference: generation lookup, GenerationResponse
DOCUMENTED = [
    "created_at", "request_id", "team_id", "app_id", "endpoint", "model_id", "provider",
    "native_response_id", "stream", "byok", "status_code", "success", "error_code", "error_message",
    "latency_ms", "generation_ms", "usage", "cost_nanos", "currency", "pricing_lines", "key_id",
    "throughput", "replay_supported", "replay_request",
]  # fmt: skip
# contract: "The generation record", core columns
COLUMNS = [
    "id", "workspace_id", "requested_model_id", "routed_model_id", "api_model_id", "canonical_model_id",
    "error_payload", "pricing_plan", "auth_method", "oauth_client_id", "oauth_user_id", "location",
    "finish_reason", "end_user_id", "session_id", "is_free_variant", "realtime_session_id", "trace_data",
    "provider_attempts", "detail_metadata", "provider_ttft_ms", "gateway_ttft_ms", "tpot_ms", "itl_ms",
    "output_speed_tps", "phaseo_overhead_ms", "client_source_id", "client_source_name",
    "client_source_kind", "client_source_version", "client_source_detection", "io_log",
    "usage_normalized_at",
]  # fmt: skip

SCOPED: dict[str, Any] = {
    "id": "0d7a1c1e-6a7f-4a3a-9a55-2f0f5f9f7d01",
    "created_at": "2026-08-22T17:26:36.123456+00:00",
    "workspace_id": "7c2d6d0e",
    "request_id": "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
    "endpoint": "chat.completions",
    "model_id": "openai/gpt-5-nano",
    "provider": "openai",
    "stream": True,
    "byok": False,
    "status_code": 200,
    "success": True,
    "error_message": None,
    "latency_ms": 412,
    "output_speed_tps": 90.267983074753,
    "usage": {"input_tokens": 42},
    "cost_nanos": 53300,
    "currency": "USD",
    "pricing_lines": [{"dimension": "input_text_tokens", "line_nanos": 2100}],
    "provider_attempts": [{"attempt_number": 1}],
    "detail_metadata": {"stage": "after"},
    "usage_total_tokens": 170,
    "usage_image_megapixels": 0.5,
    "usage_normalized_at": "2026-08-22T17:26:36.2+00:00",
    "new_column": {"kept": 1},
    "replay_supported": True,
    "replay_request": {"model": "openai/gpt-5-nano", "n": 1},
    "io_log": {
        "status": "stored",
        "bytes": 1893,
        "payload": {"request_payload": {"model": "m"}, "gateway_response": {"id": "G-1"}},
    },
}
LEGACY: dict[str, Any] = {
    "created_at": "2026-05-06T05:31:56Z",
    "request_id": "G-01KQXWAW8GC2W5QAV9YJQW3Q7B",
    "team_id": "5f6c",
    "endpoint": "chat/completions",
    "usage": {"prompt_tokens": 12},
    "throughput": 27.2,
    "replay_supported": True,
    "replay_request": {"model": "m"},
}


def record(fields: Any, asked_id: str | None = None) -> Record:
    return Record.read(json.dumps(fields, indent=2).encode(), asked_id=asked_id)


@pytest.mark.parametrize("name", DOCUMENTED + COLUMNS)
def test_every_field_has_a_reading(name: str) -> None:
    assert name == "replay_request" or hasattr(Record, name)
    assert name not in record({name: None}).unknown


def test_a_record_of_today() -> None:
    read = record(SCOPED)
    assert (read.unreadable, read.oddities, read.era, read.wrong_id) == (None, [], "scoped", False)
    assert read.created_at == datetime(2026, 8, 22, 17, 26, 36, 123456, UTC)
    assert (read.workspace_id, read.team_id) == ("7c2d6d0e", "7c2d6d0e")
    assert (read.status_code, read.success, read.stream, read.byok) == (200, True, True, False)
    assert (read.latency_ms, read.output_speed_tps, read.cost_nanos) == (
        412,
        Decimal("90.267983074753"),
        53300,
    )
    assert (read.error_message, read.generation_ms, read.finish_reason) == (None, None, None)
    assert read.usage == {"input_tokens": Number("42")}
    columns = (read.value("usage_total_tokens"), read.value("usage_image_megapixels"))
    assert columns == (Number("170"), Number("0.5"))
    assert [line["dimension"] for line in read.pricing_lines] == ["input_text_tokens"]
    assert (read.provider_attempts, read.detail_metadata) == ([{"attempt_number": "1"}], {"stage": "after"})
    assert (read.io_status, read.io_log) == ("stored", {"status": "stored", "bytes": "1893"})
    assert read.unknown == {"new_column": {"kept": "1"}}
    assert list(read.fields) == list(SCOPED)


def test_the_older_eras() -> None:
    read = record(LEGACY)
    assert (read.era, read.team_id, read.workspace_id) == ("legacy", "5f6c", "5f6c")
    assert (read.created_at, read.throughput) == (
        datetime(2026, 5, 6, 5, 31, 56, tzinfo=UTC),
        Decimal("27.2"),
    )
    assert (read.replay_supported, read.replay_body) == (True, b'{\n    "model": "m"\n  }')
    assert (read.io_log, read.io_status, read.answer_body) == (None, None, None)
    oldest = record({"request_id": "G-1", "team_id": "5f6c"})
    assert (oldest.era, oldest.replay_supported, oldest.replay_body) == ("singular", False, None)


def test_everything_may_be_null() -> None:
    read = record(dict.fromkeys(DOCUMENTED + COLUMNS))
    assert [getattr(read, name) for name in FIELDS] == [None] * len(FIELDS)
    assert (read.usage, read.pricing_lines, read.provider_attempts, read.detail_metadata) == ({}, [], [], {})
    assert (read.replay_body, read.request_body, read.answer_body, read.io_log) == (None, None, None, None)
    assert (read.oddities, read.replay_supported) == ([], False)


# -- exact bytes


REPLAY = b'{ "n" : 1e2, "a":0.10,"b": "\\u00e9\\ud83d", "n":' + b"7" * 5000 + b', "deep" : [[{}]] }'


def test_the_replay_body_is_byte_for_byte_what_came() -> None:
    raw = b'{"request_id":"G-1",\r\n "replay_supported":true, "replay_request" : ' + REPLAY + b' ,"x":1}'
    read = Record.read(raw, asked_id="G-1")
    assert (read.replay_body, read.request_body, read.raw) == (REPLAY, REPLAY, raw)
    assert read.oddities == []


@pytest.mark.parametrize("body", [b"{}", b"{ \n }", b"[]", b"null", b'"text"', b"[1]", b"5"])
def test_only_an_object_that_holds_something_is_a_replay_body(body: bytes) -> None:
    assert Record.read(b'{"replay_request":' + body + b"}").replay_body is None


def test_bodies_from_the_io_log() -> None:
    payload = b'{"request_payload": {"a": 1.0}, "gateway_response": [1e1] }'
    raw = b'{"replay_request": null, "io_log": {"status": "stored", "payload": ' + payload + b"}}"
    read = Record.read(raw)
    assert (read.replay_body, read.request_body, read.answer_body) == (None, b'{"a": 1.0}', b"[1e1]")
    assert Record.read(raw.replace(b"[1e1]", b"null")).answer_body is None
    for status in ["not_enabled", "missing_bucket", "too_large", "error", "deleted"]:
        read = record({"io_log": {"status": status, "payload": None}})
        assert (read.io_status, read.request_body, read.answer_body) == (status, None, None)


# -- odd content


def test_wrong_types_are_none_and_shown() -> None:
    read = record(
        {
            "status_code": "200",
            "success": "yes",
            "latency_ms": [1],
            "cost_nanos": 1.5,
            "model_id": 7,
            "created_at": "yesterday",
            "usage": "none",
            "pricing_lines": {"a": 1},
            "provider_attempts": [{"attempt_number": 1}, "second", None],
            "io_log": [],
            "replay_supported": "true",
            "error_payload": "x" * 300,
        }
    )
    assert [
        getattr(read, name) for name in ("status_code", "success", "latency_ms", "cost_nanos", "model_id")
    ] == [None] * 5
    assert (read.usage, read.pricing_lines, read.io_log, read.replay_supported) == ({}, [], None, False)
    assert read.provider_attempts == [{"attempt_number": "1"}]
    assert read.oddities == [
        Oddity("status_code", '"200"'),
        Oddity("success", '"yes"'),
        Oddity("latency_ms", "[\n    1\n  ]"),
        Oddity("cost_nanos", "1.5"),
        Oddity("model_id", "7"),
        Oddity("created_at", '"yesterday"'),
        Oddity("usage", '"none"'),
        Oddity("pricing_lines", '{\n    "a": 1\n  }'),
        Oddity("provider_attempts[1]", '"second"'),
        Oddity("provider_attempts[2]", "null"),
        Oddity("io_log", "[]"),
        Oddity("replay_supported", '"true"'),
        Oddity("error_payload", '"' + "x" * 199 + "…"),
    ]


def test_numbers_too_large_to_count_with_are_shown() -> None:
    read = Record.read(b'{"cost_nanos": ' + b"7" * 5000 + b', "latency_ms": 1e999999999, "status_code": 2e2}')
    assert (read.cost_nanos, read.latency_ms, read.status_code) == (None, None, 200)
    assert read.oddities == [Oddity("cost_nanos", "7" * 200 + "…"), Oddity("latency_ms", "1e999999999")]
    assert read.fields["cost_nanos"] == "7" * 5000


def test_one_damaged_value_does_not_spoil_the_others() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    raw = (
        b'{"request_id":"G-1","replay_request":{"a":'
        + deep
        + b'},"throughput":NaN,"provider":"a\xff","model_id":"m"}'
    )
    read = Record.read(raw)
    assert (read.unreadable, read.request_id, read.model_id, read.throughput, read.provider) == (
        None,
        "G-1",
        "m",
        None,
        '"a\ufffd"',
    )
    assert read.replay_body == b'{"a":' + deep + b"}"
    assert [(odd.path, odd.shown[:40]) for odd in read.oddities] == [
        ("replay_request", 'nested too deep: {"a":[[[[[[[[[[[[[[[[[['),
        ("throughput", "NaN is not JSON: NaN"),
        ("provider", 'not UTF-8 at byte 2: "a\ufffd"'),
    ]


def test_a_deep_payload_leaves_the_rest_of_the_io_log() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    read = Record.read(
        b'{"io_log":{"status":"stored","payload":{"gateway_response":'
        + deep
        + b',"request_payload":{"a":1}}}}'
    )
    assert (read.io_status, read.request_body, read.answer_body) == ("stored", b'{"a":1}', deep)


def test_text_is_made_visible_and_the_bytes_stay() -> None:
    raw = rb'{"request_id": "G-1", "error_message": "a\u0000b\ud83d"}'
    read = Record.read(raw)
    assert (read.error_message, read.fields["error_message"], read.raw) == (
        "a\u2400b\ufffd",
        "a\0b\ud83d",
        raw,
    )


@pytest.mark.parametrize(
    ("raw", "fields", "why"),
    [
        (b"", {}, "neither an object nor a list"),
        (b"<html>", {}, "neither an object nor a list"),
        (b'"text"', {}, "neither an object nor a list"),
        (b"[1, 2]", {}, "JSON, but not an object"),
        (b'{"a": 1, "b": "cut', {"a": "1"}, "the value at byte 14 never ends"),
        (b'{"a": 1, "b"', {"a": "1"}, "expected ':' at byte 12"),
        (b'{"a": 1,}', {"a": "1"}, "no key at byte 8"),
        (b'{"a": 1} x', {"a": "1"}, "text after the end of the object"),
        (b"{} x", {}, "text after the end of the object"),
    ],
)
def test_what_cannot_be_parsed_says_why(raw: bytes, fields: dict[str, Any], why: str) -> None:
    read = Record.read(raw)
    assert (read.fields, read.unreadable, read.raw) == (fields, why, raw)


def test_a_record_of_another_id() -> None:
    assert record({"request_id": "G-2"}, "G-1").wrong_id is True
    assert record({"request_id": "G-1"}, "G-1").wrong_id is False
    assert record({"request_id": "G-2"}).wrong_id is False
    assert record({}, "G-1").wrong_id is False


def test_a_record_shows_little_of_itself() -> None:
    assert repr(record({"request_id": "G-1", "secret": "x"})) == "<Record 'G-1', 42 bytes>"


TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from([*DOCUMENTED, *COLUMNS, "usage_total_tokens"]) | TEXT


@given(st.dictionaries(KEYS, ANY, max_size=12), st.booleans())
def test_any_json_object_is_a_record(fields: dict[str, Any], ascii_only: bool) -> None:
    raw = json.dumps(fields, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    read = Record.read(raw, asked_id="G-1")
    look_at_everything(read)
    assert (read.raw, list(read.fields), read.unreadable) == (raw, list(fields), None)
    if read.replay_body is not None and "replay_request" not in {oddity.path for oddity in read.oddities}:
        assert loads(read.replay_body) == read.fields["replay_request"]


def test_a_body_with_an_infinite_number_is_kept_and_reported() -> None:
    read = Record.read(b'{"replay_request": {"": Infinity}}', asked_id="G-1")
    assert read.replay_body == b'{"": Infinity}'
    assert [oddity.path for oddity in read.oddities] == ["replay_request"]


@given(st.binary(max_size=60) | st.text('{}[]",:\\ 1aeN', max_size=60).map(str.encode))
def test_any_bytes_are_a_record(raw: bytes) -> None:
    look_at_everything(Record.read(raw, asked_id="G-1"))


def look_at_everything(read: Record) -> None:
    for name in dir(Record):
        if not name.startswith("_") and name != "read":
            getattr(read, name)
    for oddity in read.oddities:
        assert oddity.shown == visible(oddity.shown)
