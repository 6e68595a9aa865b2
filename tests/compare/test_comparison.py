"""Two generations or replays side by side: figures clock by clock, answers, requests."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard.models import Team, User
from generations.compare.comparison import Comparison, _model, times
from generations.compare.sides import GenerationSide, ReplaySide, find
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.reading.diff.deltas import Delta
from generations.replay import derived_answer
from tests.support import people, rows

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def recorded(**columns: Any) -> GenerationSide:
    return GenerationSide(Generation(**{"success": True, "stream": True, "made_at": NOW, **columns}))


def rerun(recorded: Generation | None = None, **columns: Any) -> ReplaySide:
    return ReplaySide(Replay(generation=Generation(), new_generation=recorded, **columns))


# --- clocks -----------------------------------------------------------------------------------------------------


def test_the_gateways_times_stand_against_the_gateways() -> None:
    first, other = (
        recorded(latency_ms=Decimal(400), generation_ms=Decimal(1000)),
        recorded(latency_ms=Decimal(200), generation_ms=Decimal(1500)),
    )
    assert times(first, other) == [
        Delta("First token", "400 ms", "200 ms", "−200 ms", "−50%", "down"),
        Delta("Total", "1.00 s", "1.50 s", "+500 ms", "+50%", "up"),
    ]
    assert Comparison(first, other).clock == "both as the gateway recorded them"


def test_times_measured_here_stand_against_times_measured_here() -> None:
    first, other = rerun(first_token_ms=100, total_ms=1000), rerun(first_token_ms=100, total_ms=2000)
    assert times(first, other) == [
        Delta("First token", "100 ms", "100 ms", "", "same", "same", "measured here"),
        Delta("Total", "1.00 s", "2.00 s", "+1.00 s", "+100%", "up", "measured here"),
    ]
    assert Comparison(first, other).clock == "times measured here"


def test_two_clocks_are_not_compared() -> None:
    first, other = recorded(latency_ms=400, generation_ms=1000), rerun(first_token_ms=500, total_ms=2000)
    assert times(first, other) == [
        Delta("First token", "400 ms", "500 ms", note="measured here"),
        Delta("Total", "1.00 s", "2.00 s", note="measured here"),
    ]
    assert [delta.note for delta in times(other, first)] == ["the first one measured here"] * 2
    assert Comparison(first, other).clock == "two clocks: times are not compared"


def test_a_replay_with_its_record_is_compared_by_both_clocks() -> None:
    own = recorded(latency_ms=200, generation_ms=900).generation
    first, other = rerun(own, first_token_ms=250, total_ms=950), rerun(own, first_token_ms=250, total_ms=950)
    assert [(delta.label, delta.note) for delta in times(first, other)] == [
        ("First token", ""),
        ("Total", ""),
        ("First token", "measured here"),
        ("Total", "measured here"),
    ]
    original = recorded(latency_ms=400, generation_ms=1000)
    assert [delta.change for delta in times(original, first)] == ["−50%", "−10%"]


def test_times_of_another_meaning_are_not_compared() -> None:
    """Before 23 July 2026 the second time did not include the first."""
    before = recorded(latency_ms=400, generation_ms=1000, made_at=datetime(2026, 5, 1, tzinfo=UTC))
    after = recorded(latency_ms=400, generation_ms=1400)
    assert times(before, after) == [
        Delta("First token", "400 ms", "400 ms", "", "same", "same"),
        Delta("Total", "unknown", "1.40 s"),
        Delta("After the first token", "1.00 s", "unknown"),
    ]


def test_the_time_until_a_failure_is_no_faster_answer() -> None:
    failed = recorded(success=False, latency_ms=100)
    [total] = [delta for delta in times(recorded(generation_ms=1000), failed) if delta.label == "Total"]
    assert total == Delta("Total", "1.00 s", "100 ms")


def test_models_are_said_to_differ_when_one_source_names_both() -> None:
    first, other = recorded(model_id="openai/gpt-5-nano"), rerun(model_id="gpt-5-nano-2025-08-07")
    assert _model(first, other).change == ""
    assert _model(first, rerun(model_id="openai/gpt-5-nano")).change == "same"
    assert _model(first, recorded(model_id="openai/gpt-5")).change == "changed"
    assert _model(other, rerun(model_id="gpt-5")).change == "changed"


# --- answers and requests ---------------------------------------------------------------------------------------


def chat(content: str) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": content}}]}


@pytest.fixture
def kept(team: Team, ada: User) -> Generation:
    payload = {"gateway_response": chat("Hello you")}
    log = {"status": "stored", "payload": payload}
    return rows.generation(team, ada, people.connection(team), io_log=log)


def ended(of: Generation, ada: User, text: str, patch: str = "", **columns: Any) -> Replay:
    replay = rows.replay(of, ada, **{"state": State.SUCCEEDED, "patch": patch, **columns})
    wire = b'{"choices":[{"message":{"role":"assistant","content":"%b"}}]}' % text.encode()
    rows.answer(replay, wire)
    return replay


@pytest.mark.django_db
def test_what_was_asked_and_said(team: Team, ada: User, kept: Generation) -> None:
    patch = '[{"op": "add", "path": "/temperature", "value": 0.20}]'
    replay = ended(kept, ada, "Hello there", patch, content_type="application/json")
    a, b = find(team, kept.slug), find(team, str(replay.pk))
    assert a is not None
    assert b is not None
    assert [subject.said.facts.text for subject in (a, b) if subject.said] == ["Hello you", "Hello there"]
    comparison = Comparison(a, b)
    assert comparison.answers is not None
    assert [piece.text for piece in comparison.answers.passages[0].pieces] == ["Hello ", "you", "there"]
    assert comparison.requests is not None
    assert [line.change.text for line in comparison.requests.shown] == ["temperature added: 0.20"]
    assert comparison.offers == []


@pytest.mark.django_db
def test_the_same_request_has_no_differences(team: Team, ada: User, kept: Generation) -> None:
    a, b = ReplaySide(ended(kept, ada, "a")), GenerationSide(kept)
    comparison = Comparison(a, b)
    assert comparison.requests is not None
    assert comparison.requests.shown == []


@pytest.mark.django_db
def test_without_the_original_replays_are_offered(team: Team, ada: User) -> None:
    lost = rows.generation(team, ada, people.connection(team))
    first, second, _open = ended(lost, ada, "a"), ended(lost, ada, "b"), rows.replay(lost, ada)
    comparison = Comparison(GenerationSide(lost), ReplaySide(second))
    [offer] = comparison.offers
    assert comparison.answers is None
    assert offer.letter == "A"
    assert offer.why.startswith(
        "Its answer is not in the record. The record has no member for a stored answer."
    )
    assert offer.replays == [(first, f"a={first.pk}&b={second.pk}")]
    [other] = Comparison(ReplaySide(second), GenerationSide(lost)).offers
    assert [query for _, query in other.replays] == [f"a={second.pk}&b={first.pk}"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({}, "It has not ended yet."),
        ({"state": State.CANCELLED}, "It brought no answer."),
        ({"state": State.SUCCEEDED, "received_bytes": 5}, "Its answer is no longer stored."),
    ],
)
def test_a_replay_without_an_answer_says_why(
    ada: User, kept: Generation, columns: dict[str, Any], why: str
) -> None:
    side = ReplaySide(rows.replay(kept, ada, **columns))
    assert (side.said, side.why_silent) == (None, why)


@pytest.mark.django_db
def test_a_failed_generation_has_nothing_to_compare(team: Team, ada: User) -> None:
    failed = rows.generation(team, ada, people.connection(team), success=False, status_code=502)
    assert GenerationSide(failed).why_silent == "It failed, so there is no answer to compare."


@pytest.mark.django_db
def test_a_failed_generation_with_an_answer_is_compared(team: Team, ada: User) -> None:
    """A response that ended incomplete is recorded as failed, although the client got text."""
    body = {"object": "response", "status": "incomplete", "output_text": "Half", "output": []}
    log = {"status": "stored", "payload": {"gateway_response": body}}
    cut = rows.generation(
        team, ada, people.connection(team), endpoint="responses", success=False, status_code=502, io_log=log
    )
    found = GenerationSide(cut)
    assert (found.why_silent, found.said and found.said.facts.text) == ("", "Half")


@pytest.mark.django_db
def test_of_a_large_answer_the_beginning_of_its_texts_is_compared(
    team: Team, ada: User, kept: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derived_answer, "PARSED_UP_TO", 300_000)
    replay = ended(kept, ada, "Hello " * 100_000, content_type="application/json")
    said = ReplaySide(replay).said
    assert said is not None
    assert said.facts.text.startswith("Hello Hello ")
    assert len(said.facts.text) < 110_000
    assert said.unread == "500 KB of one answer were not read."
    found = Comparison(ReplaySide(replay), ReplaySide(replay)).answers
    assert found is not None
    assert (found.equal, found.headline) == (True, "No differences in what was compared")
    assert found.unread == ["a part of the answer"]


@pytest.mark.django_db
def test_of_a_large_stored_answer_too(team: Team, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_answer, "PARSED_UP_TO", 300_000)
    log = {"status": "stored", "payload": {"gateway_response": chat("Hello " * 100_000)}}
    said = GenerationSide(rows.generation(team, ada, people.connection(team), io_log=log)).said
    assert said is not None
    assert len(said.facts.text) < 110_000
    assert said.unread == "500 KB of one answer were not read."


@pytest.mark.django_db
def test_only_what_is_the_teams_is_found(team: Team, ada: User, kept: Generation) -> None:
    replay, other = ended(kept, ada, "a"), people.team()
    for key in (kept.slug, f"~{kept.pk}", str(replay.pk)):
        assert find(team, key) is not None
        assert find(other, key) is None
    for key in ("", "~", "nothing", "00000000-0000-0000-0000-000000000000", "a\0b", "x" * 600):
        assert find(team, key) is None
