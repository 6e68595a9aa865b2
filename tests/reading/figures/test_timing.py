"""What the two times of a record mean, era by era, and the picture of it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generations.gateway.rawjson.values import Value, loads
from generations.reading.figures import attempts, tiles, timing
from generations.reading.figures import recorded_times as readings
from generations.reading.page_types.figures import BarSegment
from tests.reading.samples import TIME_LABELS

NOW, MAY, DECEMBER = (datetime(*day, tzinfo=UTC) for day in ((2026, 8, 22), (2026, 5, 6), (2025, 12, 21)))


def fields(**members: Any) -> dict[str, Value]:
    made = loads(json.dumps(members))
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize(
    ("members", "made", "meaning"),
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
def test_the_meaning_follows_the_era(members: dict[str, Any], made: datetime | None, meaning: str) -> None:
    assert readings.meaning(fields(**members), made) == meaning


def test_the_first_token_is_part_of_the_generation() -> None:
    found = timing.read(fields(latency_ms=412, generation_ms=1830, phaseo_overhead_ms=48, stream=True), NOW)
    assert [bar.segments for bar in found.main] == [
        [
            BarSegment("gate", "0.00", "2.56", "", "gateway: 48 ms"),
            BarSegment("wait", "2.56", "21.94", "first token 412 ms", "first token: 412 ms"),
            BarSegment("gen", "24.49", "75.51", "generating 1.42 s", "generating: 1,418 ms"),
        ]
    ]
    assert found.scale == ["0", "470 ms", "939 ms", "1.41 s", "1.88 s"]


def test_older_times_are_not_added_up() -> None:
    found = timing.read(fields(latency_ms=640, generation_ms=410, stream=True), MAY)
    assert [bar.label for bar in found.main] == ["first token: 640 ms", "after the first token: 410 ms"]
    assert found.scale[-1] == "640 ms"
    assert "not added up" in found.reading


def test_a_failure_has_one_time() -> None:
    found = timing.read(fields(latency_ms=655, generation_ms=None, success=False), NOW)
    assert [bar.segments for bar in found.main] == [
        [BarSegment("fail", "0.00", "100.00", "until it failed 655 ms", "until it failed: 655 ms")]
    ]


def test_a_record_without_times_has_no_picture() -> None:
    found = timing.read(fields(latency_ms=None, generation_ms=None, success=True), NOW)
    assert (found.main, found.scale) == ([], [])


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
    found = timing.read(fields(provider_attempts=tries), NOW)
    assert [(bar.label, bar.note, bar.tone) for bar in found.attempts] == [
        ("1. anthropic", "answered with an error, HTTP 529, 300 ms", "bad"),
        ("2. bedrock", "answered, HTTP 200, 600 ms", "good"),
    ]
    assert [
        (bar.segments[0].kind, bar.segments[0].start, bar.segments[0].width) for bar in found.attempts
    ] == [
        ("fail", "0.00", "30.00"),
        ("gen", "40.00", "60.00"),
    ]


def test_attempts_without_a_start_are_drawn_one_after_another() -> None:
    tries = [{"outcome": "error", "duration_ms": 100}, {"outcome": "success", "duration_ms": 200}]
    found = timing.read(fields(provider_attempts=tries), NOW)
    assert [bar.segments[0].start for bar in found.attempts] == ["0.00", "33.33"]
    assert found.attempts_note == (
        "The record does not say when the attempts started, so they are drawn one after another."
    )


@pytest.mark.parametrize("outcome", [*attempts.OUTCOMES, "new_outcome", None])
def test_every_outcome_has_words(outcome: str | None) -> None:
    made = attempts.attempt(fields(outcome=outcome), 1)
    said = attempts.OUTCOMES.get(str(outcome), ("", f"outcome {outcome or 'unknown'}"))[1]
    assert made.bar.note == f"{said}, unknown"


# --- failures ---------------------------------------------------------------------------------------------------


def tried(*outcomes: str) -> list[dict[str, Any]]:
    """Attempts of 10 ms each with these outcomes, 15 ms apart."""
    return [
        {
            "provider": f"p{number}",
            "outcome": outcome,
            "duration_ms": 10,
            "started_at_unix_ms": 1_795_818_474_000 + 15 * number,
        }
        for number, outcome in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("times", "outcomes", "meaning"),
    [
        ({"latency_ms": 22, "generation_ms": 10}, ["upstream_non_2xx"], "failed"),
        ({"latency_ms": 5, "generation_ms": 10}, ["upstream_non_2xx"], "failed"),
        ({"latency_ms": 22, "generation_ms": 22}, ["error", "upstream_non_2xx"], "failed"),
        (
            {"latency_ms": 9, "generation_ms": 26},
            ["success"],
            "whole",
        ),  # the stream broke after its first token
        ({"latency_ms": 5, "generation_ms": 8}, ["upstream_non_2xx", "success"], "whole"),
        ({"latency_ms": 30, "generation_ms": 12}, [], "failed"),
        ({"latency_ms": 9, "generation_ms": 26}, [], "whole"),
        ({"latency_ms": 405}, ["success"], "failed"),
    ],
)
def test_a_failure_that_a_provider_answered_has_the_times_of_an_answer(
    times: dict[str, int], outcomes: list[str], meaning: str
) -> None:
    record = fields(success=False, status_code=502, provider_attempts=tried(*outcomes), **times)
    assert readings.meaning(record, NOW) == meaning


def test_the_wait_for_a_failure_holds_its_attempts() -> None:
    record = fields(
        success=False,
        latency_ms=52,
        generation_ms=30,
        provider_attempts=tried("upstream_non_2xx", "error"),
    )
    made = timing.read(record, NOW)
    assert [bar.label for bar in made.main] == [
        "gateway: 27 ms; p0 failed: 10 ms; gateway: 5 ms; p1 failed: 10 ms",
    ]
    assert [bar.segments[0].start for bar in made.attempts] == ["51.92", "80.77"]


def test_attempts_in_vain_are_part_of_the_wait_for_an_answer() -> None:
    tries = tried("upstream_non_2xx", "error", "success")
    record = fields(
        stream=True, latency_ms=40, generation_ms=100, phaseo_overhead_ms=60, provider_attempts=tries
    )
    assert [bar.label for bar in timing.read(record, NOW).main] == [
        "gateway: 30 ms; p0 failed: 10 ms; gateway: 5 ms; p1 failed: 10 ms; gateway: 5 ms; "
        "first token: 40 ms; generating: 60 ms",
    ]
    unmeasured = timing.read({**record, "phaseo_overhead_ms": None}, NOW)
    assert [bar.label for bar in unmeasured.main] == [
        "p0 failed: 10 ms; between attempts: 5 ms; p1 failed: 10 ms; between attempts: 5 ms; "
        "first token: 40 ms; generating: 60 ms",
    ]
    assert unmeasured.scale[-1] == "130 ms"
    assert "the time before it is not recorded" in unmeasured.reading


def test_an_open_session_has_not_failed() -> None:
    record = fields(
        status_code=102, success=False, endpoint="audio.realtime", latency_ms=409, generation_ms=909
    )
    made = timing.read(record, NOW)
    assert readings.meaning(record, NOW) == "open"
    assert made.main == []
    assert "failed" not in made.reading


@pytest.mark.parametrize("day", [datetime(1, 1, 1, tzinfo=UTC), datetime(2017, 1, 1, tzinfo=UTC)])
def test_a_day_before_the_gateway_was_there_tells_no_era(day: datetime) -> None:
    assert readings.meaning(fields(latency_ms=412, generation_ms=1830), day) == "unknown"
    assert readings.meaning(fields(latency_ms=412, generation_ms=1830), datetime(9999, 1, 1, tzinfo=UTC)) == (
        "unknown"
    )


def test_times_of_unclear_meaning_are_not_called_anything() -> None:
    found = timing.read(fields(latency_ms=2500, generation_ms=900, provider_ttft_ms=44), NOW)
    assert [bar.label for bar in found.main] == ["latency_ms: 2,500 ms", "generation_ms: 900 ms"]


def test_a_figure_that_is_none_is_shown_as_recorded() -> None:
    found = timing.read(fields(latency_ms="soon", generation_ms=-5), NOW)
    assert [(fact.value, fact.title) for fact in found.facts] == [
        ("unreadable: soon", ""),
        ("-5 ms", "-5 ms"),
    ]
    assert found.main == []


# --- one axis ---------------------------------------------------------------------------------------------------

MS = st.none() | st.integers(-5, 400) | st.integers(0, 4000).map(lambda ms: ms / 8)
TRIES = st.lists(
    st.fixed_dictionaries(
        {"outcome": st.sampled_from([*attempts.OUTCOMES, "new"]), "duration_ms": MS},
        optional={"started_at_unix_ms": st.integers(1_795_818_474_000, 1_795_818_474_500)},
    ),
    max_size=4,
)
TIMED = st.fixed_dictionaries(
    {"latency_ms": MS, "generation_ms": MS, "provider_attempts": TRIES},
    optional={
        "success": st.booleans(),
        "stream": st.booleans(),
        "phaseo_overhead_ms": MS,
        "provider_ttft_ms": MS,
        "status_code": st.sampled_from([102, 200, 502]),
    },
)


@given(TIMED, st.sampled_from([NOW, MAY, DECEMBER, None]))
@example({"latency_ms": None, "generation_ms": None, "provider_attempts": [], "stream": False}, MAY)
def test_tiles_bar_and_attempts_agree(members: dict[str, Any], made: datetime | None) -> None:
    record = fields(**members)
    known, drawn, _ = timing.lay_out(record, made)
    for row in drawn.rows:
        ends = [Decimal(0), *(span.end for span in row)]
        assert all(span.start == end for span, end in zip(row, ends, strict=False)), "no gap, no overlap"
        assert all(span.end > span.start for span in row)
    places = [place for place in drawn.attempts if place]
    assert all(0 <= place.start <= place.end <= drawn.width for place in places)
    assert 0 <= drawn.failed <= drawn.width
    [tile] = [tile for tile in tiles.tiles(record, made) if tile.label in TIME_LABELS]
    shown_ms = Decimal(tile.title.removesuffix(" ms").replace(",", "") or 0)
    if tile.label == "Total wait" or (known.meaning == "failed" and drawn.failed):
        assert shown_ms == drawn.width
    assert shown_ms <= drawn.width or not drawn.rows
    assert known.meaning not in ("unknown", "open") or known.first is None
