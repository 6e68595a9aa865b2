"""What the two times of a record mean, era by era, and the picture of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from generations.gateway.jsontext import Value, loads
from generations.reading import timing
from generations.reading.shapes import Segment

NOW, MAY, DECEMBER = (datetime(*day, tzinfo=UTC) for day in ((2026, 8, 22), (2026, 5, 6), (2025, 12, 21)))


def fields(**told: Any) -> dict[str, Value]:
    made = loads(json.dumps(told))
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize(
    ("told", "made", "meaning"),
    [
        ({"latency_ms": 412, "generation_ms": 1830}, NOW, "whole"),
        ({"latency_ms": 320, "generation_ms": 1250}, MAY, "after"),
        ({"latency_ms": 320, "generation_ms": 1250}, DECEMBER, "end_to_end"),
        ({"latency_ms": 655, "generation_ms": None, "success": False}, NOW, "failed"),
        ({"latency_ms": 412, "generation_ms": 1830, "provider_ttft_ms": 412}, MAY, "whole"),
        ({"latency_ms": 412, "generation_ms": 1830}, None, "unknown"),
        ({"latency_ms": 900, "generation_ms": 300}, NOW, "unknown"),
    ],
)
def test_the_meaning_follows_the_era(told: dict[str, Any], made: datetime | None, meaning: str) -> None:
    assert timing.meaning(fields(**told), made) == meaning


def test_the_first_token_is_part_of_the_generation() -> None:
    told = timing.read(fields(latency_ms=412, generation_ms=1830, phaseo_overhead_ms=48, stream=True), NOW)
    assert [bar.segments for bar in told.main] == [
        [
            Segment("gate", "0.00", "2.56", "", "gateway: 48 ms"),
            Segment("wait", "2.56", "21.94", "first token 412 ms", "first token: 412 ms"),
            Segment("gen", "24.49", "75.51", "generating 1.42 s", "generating: 1,418 ms"),
        ]
    ]
    assert told.scale == ["0", "470 ms", "939 ms", "1.41 s", "1.88 s"]


def test_older_times_are_not_added_up() -> None:
    told = timing.read(fields(latency_ms=640, generation_ms=410, stream=True), MAY)
    assert [bar.label for bar in told.main] == ["first token: 640 ms", "after the first token: 410 ms"]
    assert told.scale[-1] == "640 ms"
    assert "not added up" in told.reading


def test_a_failure_has_one_time() -> None:
    told = timing.read(fields(latency_ms=655, generation_ms=None, success=False), NOW)
    assert [bar.segments for bar in told.main] == [
        [Segment("fail", "0.00", "100.00", "until it failed 655 ms", "until it failed: 655 ms")]
    ]


def test_a_record_without_times_has_no_picture() -> None:
    told = timing.read(fields(latency_ms=None, generation_ms=None, success=True), NOW)
    assert (told.main, told.scale) == ([], [])


def test_attempts_stand_where_they_began() -> None:
    tries = [
        {
            "provider": "anthropic",
            "outcome": "upstream_non_2xx",
            "status": 529,
            "duration_ms": 300,
            "started_at_unix_ms": 1000,
        },
        {
            "provider": "bedrock",
            "outcome": "success",
            "status": 200,
            "duration_ms": 600,
            "started_at_unix_ms": 1400,
        },
    ]
    told = timing.read(fields(provider_attempts=tries), NOW)
    assert [(bar.label, bar.note, bar.tone) for bar in told.attempts] == [
        ("1. anthropic", "answered with an error, HTTP 529, 300 ms", "bad"),
        ("2. bedrock", "answered, HTTP 200, 600 ms", "good"),
    ]
    assert [
        (bar.segments[0].kind, bar.segments[0].start, bar.segments[0].width) for bar in told.attempts
    ] == [
        ("fail", "0.00", "30.00"),
        ("gen", "40.00", "60.00"),
    ]


def test_attempts_without_a_start_all_begin_at_0() -> None:
    tries = [{"outcome": "error", "duration_ms": 100}, {"outcome": "success", "duration_ms": 200}]
    told = timing.read(fields(provider_attempts=tries), NOW)
    assert [bar.segments[0].start for bar in told.attempts] == ["0.00", "0.00"]
    assert told.attempts_note == "Each bar begins at 0: the record does not tell when the attempts started."


@pytest.mark.parametrize("outcome", [*timing.OUTCOMES, "new_outcome", None])
def test_every_outcome_has_words(outcome: str | None) -> None:
    made = timing.attempt(fields(outcome=outcome), 1)
    said = timing.OUTCOMES.get(str(outcome), ("", f"outcome {outcome or 'unknown'}"))[1]
    assert made.bar.note == f"{said}, unknown"
