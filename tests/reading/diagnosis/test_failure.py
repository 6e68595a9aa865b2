"""Failures of records and replays: their cards, and whether one repeats the other."""

import json
from typing import Any

import pytest

from generations.gateway.rawjson.values import Value, loads
from generations.reading.diagnosis import failure
from generations.reading.diagnosis.failure import CauseDifference, Failure

UPSTREAM = {
    "generation_id": "G-1",
    "error": "upstream_error",
    "reason": "all_candidates_failed",
    "description": 'Provider "azure" failed with HTTP 429.',
    "failed_providers": ["azure"],
    "failed_statuses": [429],
    "upstream_error": {"code": "rate_limit_exceeded", "message": "Slow down"},
}


def answered(status: int, body: Any, content_type: str = "application/json", **more: Any) -> Failure:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failure.of_answer(status, content_type, raw, **more)


def recorded(status: int, code: str, payload: Any = None, **more: Any) -> Failure:
    members = loads(
        json.dumps(
            {"success": False, "status_code": status, "error_code": code, "error_payload": payload, **more}
        )
    )
    assert isinstance(members, dict)
    return failure.of_record(members)


# status, body, content type -> title, and words that stand on the card
CARDS: list[tuple[int, Any, str, str, list[str]]] = [
    (422, {"detail": [{"loc": ["body", "n"], "msg": "field required", "type": "missing"}]}, "application/json",
     "The request was rejected as invalid.", ["field required", "body.n"]),
    (503, {"detail": "Not loaded"}, "application/json", "The service was unavailable.", ["Not loaded"]),
    (400, {"error": "validation_error", "description": "Too hot.", "details": [
        {"message": "must be <= 2", "path": ["temperature"], "keyword": "too_big", "params": {"maximum": 2}}]},
     "application/json", "The request failed the gateway's validation.",
     ["Too hot.", "temperature", "must be <= 2", 'too_big {"maximum":2}']),
    (502, UPSTREAM, "application/json", "Most likely: azure rate-limited the request.",
     ["upstream_error", "all_candidates_failed", "Slow down", "rate_limit_exceeded"]),
    (504, b"upstream timeout", "text/plain", "Most likely: the provider took too long.", ["upstream timeout"]),
    (502, b"<html><title>502</title><script>x()</script><h1>Bad  gateway</h1></html>", "text/html",
     "A web page was returned instead of the gateway's answer.", ["502 \u00b7 Bad gateway"]),
    (404, b"404 Not Found", "text/plain", "There is no such path at this address.", ["404 Not Found"]),
    (301, b"", "", "The gateway's address redirects elsewhere. Retake does not follow redirects, so that no key leaks.", []),
    (204, b"", "", "The gateway sent no answer.", []),
    (200, b"null", "application/json", "The gateway sent no answer.", []),
    (500, b'"{\\"error\\": {\\"message\\": \\"inner\\"}}"', "application/json", "The gateway failed.", ["inner"]),
    (401, {"error": "unauthorised", "description": "db_error"}, "application/json",
     "The gateway's database failed.", ["db_error"]),
    (403, {"error": "guardrail_blocked", "guardrail": {"name": "no-pii"}}, "application/json",
     "A guardrail of your workspace blocked the request.", ["no-pii"]),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "title", "said"), CARDS, ids=range(len(CARDS)))
def test_the_card_shows_what_came_back(
    status: int, body: Any, kind: str, title: str, said: list[str]
) -> None:
    card = failure.card(answered(status, body, kind))
    shown = [text for fact in card.quotes for text in (fact.label, fact.value, fact.note)]
    assert (card.title, card.tone) == (title, "bad")
    assert f"HTTP {status}" in card.story
    assert [text for text in said if not any(text in part for part in shown)] == []
    assert (card.body != "") is isinstance(body, dict) or status == 500


def test_the_wait_that_was_asked_for_stands_on_the_card() -> None:
    card = failure.card(answered(429, {"error": {"message": "Slow"}}, retry_after=360))
    assert ("retry after", "6 min") in [(fact.label, fact.value) for fact in card.quotes]


def test_every_provider_that_failed_is_quoted() -> None:
    sample = [
        {"provider": name, "status": 500, "upstream_error_message": f"{name} broke"} for name in ("a", "b")
    ]
    card = failure.card(answered(502, {"error": "upstream_error", "failure_sample": sample}))
    assert ("a said", "a broke") in [(fact.label, fact.value) for fact in card.quotes]
    assert "a answered 500; b answered 500" in card.story


def test_a_body_of_any_size_is_bounded() -> None:
    huge = answered(
        502, {"error": "x", "description": "w" * 10**6, "details": [{"path": ["p"], "message": "m"}] * 10**4}
    )
    card = failure.card(huge)
    assert len(card.body) <= 8000
    assert sum(len(fact.value) + len(fact.label) for fact in card.quotes) < 10_000
    page = failure.card(answered(502, b"<p>" * 10**6 + b"<b>end", "text/html"))
    assert sum(len(fact.value) for fact in page.quotes) < 1000


# before, after, differences, parts that one side does not tell
AGAIN: list[tuple[Failure, Failure, list[str], list[str]]] = [
    (recorded(502, "upstream:upstream_error", UPSTREAM), answered(502, UPSTREAM), [], []),
    (recorded(502, "upstream:upstream_error", UPSTREAM), answered(502, {**UPSTREAM, "generation_id": "G-2"}), [], []),
    (recorded(502, "upstream:upstream_error", UPSTREAM), answered(502, {**UPSTREAM, "failed_statuses": [500]}),
     ["provider's status"], []),
    (recorded(502, "upstream:upstream_error", UPSTREAM), answered(502, {**UPSTREAM, "failed_providers": ["aws"]}),
     ["provider"], []),
    (recorded(502, "upstream:upstream_error", UPSTREAM), answered(502, {**UPSTREAM, "reason": "other"}), ["reason"], []),
    (recorded(502, "upstream:upstream_error", UPSTREAM),
     answered(502, {**UPSTREAM, "upstream_error": {"code": "other"}}), ["provider's code"], []),
    (recorded(502, "upstream:upstream_error", UPSTREAM), answered(503, UPSTREAM), ["status"], []),
    (recorded(502, "upstream:upstream_error"), answered(502, {"error": "normalization_failed"}), ["code"], []),
    (recorded(502, "upstream:upstream_error"), answered(502, b"<html>502</html>", "text/html"), ["answer"], []),
    (recorded(502, "upstream:upstream_error"), answered(502, b"bad gateway", "text/plain"), ["answer"], []),
    (recorded(502, "upstream:upstream_error"), answered(502, UPSTREAM), [],
     ["reason", "provider", "provider's status", "provider's code"]),
    (recorded(402, "user:insufficient_funds"), answered(402, {"error": "insufficient_funds", "description": "x"}), [], []),
    (recorded(402, ""), answered(402, {"error": "insufficient_funds"}), [], ["code"]),
    (recorded(400, "user:validation_error", {"details": [{"path": ["n"], "message": "a", "keyword": "too_big"}]}),
     answered(400, {"error": "validation_error", "details": [{"path": ["m"], "message": "a", "keyword": "too_big"}]}),
     ["fields"], []),
    (recorded(400, "user:validation_error", None, error_message="messages[3] is empty"),
     answered(400, {"error": "validation_error", "description": "temperature must be at most 2"}), ["message"], []),
    (recorded(429, "user:key_limit_exceeded", None, error_message="Reset in 12 s, G-01ABC"),
     answered(429, {"error": "key_limit_exceeded", "description": "Reset in 7 s, G-01XYZ"}), [], []),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "differences", "unknown"), AGAIN, ids=range(len(AGAIN)))
def test_reproduced_needs_status_code_and_cause(
    before: Failure, after: Failure, differences: list[str], unknown: list[str]
) -> None:
    reproduction = failure.repeat(before, after)
    labels = [difference.label for difference in reproduction.differences]
    assert labels[:1] == differences
    assert reproduction.unknown == unknown
    assert reproduction.same is (not differences and not unknown)


def test_a_difference_names_both_sides() -> None:
    reproduction = failure.repeat(
        recorded(502, "upstream:upstream_error"), answered(502, {"error": "gateway_error"})
    )
    assert reproduction.differences == [CauseDifference("code", "upstream_error", "gateway_error")]


def test_an_error_inside_an_answer_is_read_like_any_other() -> None:
    value: Value = loads('{"message": null, "type": "server_error", "code": 500}')
    card = failure.card(failure.of_error(200, value, "Without words."))
    assert ("code", "server_error") in [(fact.label, fact.value) for fact in card.quotes]
    bare = failure.card(failure.of_error(200, None, "Only words."))
    assert ("the gateway said", "Only words.") in [(fact.label, fact.value) for fact in bare.quotes]
