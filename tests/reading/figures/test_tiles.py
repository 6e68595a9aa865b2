"""The big numbers: each endpoint in its own unit, and nothing that the record does not tell."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from generations.gateway.endpoints import ENDPOINTS
from generations.gateway.rawjson.values import Value, loads
from generations.reading.figures import output_counts, tiles
from generations.reading.page_types.figures import Tile
from tests.reading.samples import demo_records

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def tiles_of(request: Any = None, answer: Any = None, **fields: Any) -> dict[str, tuple[str, str]]:
    """Label -> the number with its units, and the note."""
    record, *bodies = (loads(json.dumps(value)) for value in (fields, request, answer))
    assert isinstance(record, dict)
    return {tile.label: (_number(tile), tile.note) for tile in tiles.tiles(record, NOW, *bodies)}


def _number(tile: Tile) -> str:
    return f"{tile.before}{tile.number} {tile.unit}".strip()


VECTOR = {"object": "embedding", "embedding": [0.5] * 1536}
PACKED = {"object": "embedding", "embedding": "AAAAPwAAAD8AAAA/"}  # three floats


@pytest.mark.parametrize(
    ("endpoint", "request_", "answer", "usage", "tile"),
    [
        (
            "embeddings",
            {"input": ["a", "b"]},
            {"data": [VECTOR, VECTOR]},
            {},
            ("Vectors", "2 × 1,536 dimensions", ""),
        ),
        ("embeddings", {}, {"data": [PACKED]}, {}, ("Vectors", "1 × 3 dimensions", "")),
        ("embeddings", {}, {"data": [PACKED, VECTOR]}, {}, ("Vectors", "2", "3 to 1,536 dimensions")),
        ("embeddings", {"input": ["a", "b"]}, None, {}, ("Vectors", "unknown", "2 inputs sent")),
        ("embeddings", {"input": [5, 9, 2]}, None, {}, ("Vectors", "unknown", "1 input sent")),
        (
            "moderations",
            {},
            {"results": [{"flagged": True}, {"flagged": False}, {"flagged": None}]},
            {},
            ("Flagged", "1 of 3 inputs", "1 without a verdict"),
        ),
        ("moderation", {}, {"results": [{"flagged": False}]}, {}, ("Flagged", "0 of 1 input", "")),
        (
            "rerank",
            {"documents": ["a", "b", "c"]},
            {"results": [{"index": 1}, {"index": 0}]},
            {},
            ("Documents", "2 ranked", "of 3 documents sent"),
        ),
        ("ocr", {}, {"pages": [{}, {}]}, {"pages": 3}, ("Pages", "2", "3 counted")),
        ("ocr", {}, None, {"input_pages": 3}, ("Pages", "3", "")),
        (
            "images.generations",
            {"size": "1024x1024"},
            {"data": [{}]},
            {"output_image": 1},
            ("Images", "1", "1024x1024"),
        ),
        ("images.edits", {"n": 4}, None, {}, ("Images", "unknown", "4 asked for")),
        ("audio.speech", {}, None, {"output_audio_seconds": 3.9}, ("Audio", "3.9 s", "")),
        ("audio.speech", {}, None, {"input_characters": 51}, ("Characters", "51", "")),
        ("audio.transcription", {}, {"duration": 6.25}, {}, ("Audio", "6.25 s", "")),
        ("audio.transcription", {}, None, {"input_audio_minutes": 1.5}, ("Audio", "90 s", "")),
        (
            "video.generation",
            {},
            None,
            {"output_video_seconds": 8, "resolution": "720p"},
            ("Video", "8 s", "720p"),
        ),
        ("music.generate", {}, None, {"output_audio_seconds": 12}, ("Audio", "12 s", "")),
        (
            "batch",
            {},
            {"request_counts": {"total": 5, "completed": 3, "failed": 1}},
            {},
            ("Requests", "3 of 5 done", "1 failed"),
        ),
        ("files.upload", {}, {"bytes": 1900}, {}, ("Size", "1.9 KB", "")),
    ],
)
def test_what_an_endpoint_makes_is_counted_in_its_unit(
    endpoint: str, request_: Any, answer: Any, usage: Any, tile: tuple[str, str, str]
) -> None:
    found = tiles_of(request_, answer, endpoint=endpoint, success=True, usage=usage)
    label, *rest = tile
    assert [label, *found[label]] == [label, *rest]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_only_texts_have_a_speed(endpoint: Any) -> None:
    usage = {"input_tokens": 57, "output_tokens": 0, "total_tokens": 57}
    found = tiles_of(
        endpoint=endpoint.name, success=True, usage=usage, generation_ms=131, throughput=2112000, stream=False
    )
    written = endpoint.wire in tiles.WRITTEN
    assert ("Speed" in found) == written
    assert written or not any("tok/s" in number or "→" in number for number, _ in found.values())
    assert written or found["Input tokens"] == ("57", "")
    assert written or endpoint.wire in output_counts.READERS, "every wire has a unit of its own"
    assert found["Cost"] == ("unknown", "none recorded")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize(
    "odd", [None, 3, "x", [], {}, {"data": 1, "results": {}, "pages": "x"}, {"data": [None, 1]}]
)
def test_any_body_has_tiles(endpoint: Any, odd: Any) -> None:
    found = tiles_of(odd, odd, endpoint=endpoint.name, success=False, usage=odd)
    assert found["Cost"] == ("unknown", "none recorded")


def test_a_failure_has_no_first_token_unless_a_stream_broke() -> None:
    failed = [{"outcome": "upstream_non_2xx", "duration_ms": 10}]
    common = {"endpoint": "chat.completions", "success": False, "status_code": 502, "stream": True}
    found = tiles_of(**common, latency_ms=22, generation_ms=10, provider_attempts=failed)
    assert found["First token"] == ("unknown", "failed before it")
    assert found["Until it failed"] == ("22 ms", "10 ms of it failed attempts")
    broke = [{"outcome": "success", "duration_ms": 3}]
    found = tiles_of(**common, latency_ms=9, generation_ms=26, provider_attempts=broke)
    assert found["First token"] == ("9 ms", "at the provider")
    assert found["Generation"] == ("26 ms", "from dispatch until it broke")


def test_failed_attempts_are_part_of_the_wait() -> None:
    tries = [{"outcome": "error", "duration_ms": 900}, {"outcome": "success", "duration_ms": 3}]
    found = tiles_of(
        endpoint="responses",
        success=True,
        stream=True,
        latency_ms=40,
        generation_ms=100,
        provider_attempts=tries,
    )
    assert found["Total wait"] == ("1.00 s", "900 ms of it failed attempts")


def test_counts_of_0_in_and_out_are_not_called_tokens() -> None:
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    found = tiles_of(endpoint="messages", success=True, usage=usage, throughput=0, cost_nanos=0)
    assert found["Tokens"] == ("unknown", "recorded as 0 → 0")
    assert found["Speed"] == ("unknown", "recorded as 0")


def test_two_first_tokens_that_differ_are_both_shown() -> None:
    found = tiles_of(success=True, stream=True, latency_ms=500, provider_ttft_ms=44, generation_ms=900)
    assert found["First token"] == ("44 ms", "latency_ms is 500 ms")


def test_what_was_not_streamed_has_no_first_token() -> None:
    may = datetime(2026, 5, 6, tzinfo=UTC)
    record = loads('{"stream": false, "success": true, "latency_ms": 320, "generation_ms": 1250}')
    assert isinstance(record, dict)
    first = tiles.tiles(record, may)[0]
    assert (first.number, first.note) == ("unknown", "not streamed")


def test_an_open_session_has_not_failed() -> None:
    found = tiles_of(endpoint="audio.realtime", status_code=102, success=False, latency_ms=409)
    assert found["Duration"] == ("unknown", "the session is still open")
    assert not any("failed" in text for pair in found.values() for text in pair)


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"cost_nanos": -53300}, ("-$0.0000533", "no lines")),
        ({"cost_nanos": "5.33e4"}, ("$0.0000533", "no lines")),
        ({"cost_nanos": "free"}, ("unreadable", "recorded as free")),
        (
            {"cost_nanos": 0, "pricing_lines": [{"line_nanos": 3000000}]},
            ("$0.00", "1 line, differs by $0.003"),
        ),
        ({"cost_nanos": 53300, "currency": "EUR"}, ("EUR 0.0000533", "no lines")),
        (
            {
                "cost_nanos": 0,
                "byok": True,
                "usage": {"cost_details": {"upstream_inference_cost": 0.0360795}},
            },
            ("$0.00", "your own provider key, $0.0360795 at the provider"),
        ),
    ],
)
def test_costs(fields: dict[str, Any], cost: tuple[str, str]) -> None:
    assert tiles_of(success=True, **fields)["Cost"] == cost


def test_no_tile_of_the_demo_shows_what_its_endpoint_does_not_make() -> None:
    for name, _, raw in demo_records():
        try:
            record = loads(raw)
        except ValueError:
            continue
        if not isinstance(record, dict) or tiles.wire_of(record) in tiles.WRITTEN:
            continue
        found = tiles.tiles(record, NOW, record.get("replay_request"), answer_of(record))
        assert not any(tile.unit == "tok/s" or tile.number.endswith("→ 0") for tile in found), name


def answer_of(record: dict[str, Value]) -> Value:
    log = record.get("io_log")
    payload = log.get("payload") if isinstance(log, dict) else None
    return payload.get("gateway_response") if isinstance(payload, dict) else None
