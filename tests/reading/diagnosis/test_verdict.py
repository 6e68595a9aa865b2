"""One test for each rule: what it takes to reach it, and that it says everything it must."""

import json
from typing import Any

import pytest

from generations.gateway.error_catalogue import (
    CATEGORIES,
    CODES,
    FAULTS,
    HELPS,
    REASONS,
    STATUSES,
    CatalogueEntry,
)
from generations.gateway.rawjson.values import Value, loads
from generations.reading.diagnosis import error_facts, verdict
from generations.reading.page_types.outline import Verdict


def fields(**members: Any) -> dict[str, Value]:
    made = loads(json.dumps({"success": False, "model_id": "openai/gpt-5-nano", "provider": None, **members}))
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize("category", CATEGORIES)
def test_categories(category: str) -> None:
    payload = {"error": "upstream_error", "provider_failure_diagnostics": {"category": category}}
    found = verdict.read(fields(status_code=502, error_code="upstream:upstream_error", error_payload=payload))
    check(found, CATEGORIES[category])


@pytest.mark.parametrize("reason", REASONS)
def test_reasons(reason: str) -> None:
    found = verdict.read(fields(status_code=401, error_payload={"error": "unauthorised", "reason": reason}))
    check(found, REASONS[reason])


@pytest.mark.parametrize("code", CODES)
def test_codes(code: str) -> None:
    details = {"details": [{"path": ["n"], "message": "x"}]}
    for payload in ({"error": code}, {"error": {"code": code}}):
        check(verdict.read(fields(status_code=418, error_payload={**payload, **details})), CODES[code])
    check(
        verdict.read(fields(status_code=418, error_code=f"user:{code}", error_payload=details)), CODES[code]
    )


@pytest.mark.parametrize("status", STATUSES)
def test_statuses(status: str) -> None:
    check(verdict.read(fields(status_code=int(status), error_code="new:new_code")), STATUSES[status])


def check(found: Verdict, rule: CatalogueEntry) -> None:
    assert (found.tone, found.word, found.rule) == ("bad", "Failed", rule.key)
    assert (found.title, found.advice) == rule.words({"model": "openai/gpt-5-nano"})
    assert (found.fault, found.replay, found.action) == (FAULTS[rule.fault], HELPS[rule.helps], rule.action)


@pytest.mark.parametrize(
    ("status", "rule"), [(418, "400"), (599, "500"), (None, "generic:None"), (700, "generic:700")]
)
def test_unknown_codes_get_an_honest_answer(status: int | None, rule: str) -> None:
    found = verdict.read(fields(status_code=status, error_code="gateway:never_heard_of"))
    assert found.rule == rule
    assert found.title


@pytest.mark.parametrize(
    ("statuses", "rule"),
    [
        ([403], "provider_access_missing"),
        ([401, 401], "credentials_invalid_or_forbidden"),
        ([429, 429], "rate_limited"),
        ([500, 503], "server_error"),
        ([400, 422], "provider_rejected"),
        ([429, 500], "all_candidates_failed"),
        ([], "all_candidates_failed"),
    ],
)
def test_without_a_category_the_statuses_speak(statuses: list[int], rule: str) -> None:
    payload = {"error": "upstream_error", "reason": "all_candidates_failed", "failed_statuses": statuses}
    found = verdict.read(fields(status_code=502, error_code="upstream:upstream_error", error_payload=payload))
    assert found.rule == rule
    assert found.title.startswith("Most likely: ") is (rule != "all_candidates_failed")


def test_the_story_names_who_answered_what() -> None:
    found = verdict.read(
        fields(
            status_code=502,
            error_code="upstream:upstream_error",
            error_message="All failed.",
            provider_attempts=[
                {
                    "provider": "google-ai-studio",
                    "outcome": "upstream_non_2xx",
                    "status": 403,
                    "upstream_error_code": "PERMISSION_DENIED",
                }
            ],
            error_payload={
                "reason": "all_candidates_failed",
                "upstream_error": {"message": "The caller does not have permission."},
            },
        )
    )
    assert found.title == "Most likely: google-ai-studio refused the gateway's access."
    assert found.story == (
        "google-ai-studio answered 403 PERMISSION_DENIED; no other provider was left to try. No charge is recorded."
    )
    assert [(fact.label, fact.value) for fact in found.quotes] == [
        ("the gateway said", "All failed."),
        ("code", "upstream_error"),
        ("reason", "all_candidates_failed"),
        ("the provider said", "The caller does not have permission."),
    ]


def test_what_failed_before_routing_says_so() -> None:
    found = verdict.read(fields(status_code=400, error_code="user:validation_error"))
    assert found.story == "No provider was asked: it failed before routing. No charge is recorded."


def test_validation_names_each_member() -> None:
    details = [{"message": "must be <= 2", "path": ["temperature"], "keyword": "maximum"}]
    found = verdict.read(
        fields(status_code=400, error_code="user:validation_error", error_payload={"details": details})
    )
    assert [(fact.label, fact.value, fact.note) for fact in found.quotes] == [
        ("code", "validation_error", ""),
        ("temperature", "must be <= 2", "maximum"),
    ]


def test_a_broken_stream_looked_like_200() -> None:
    found = verdict.read(
        fields(
            status_code=502,
            stream=True,
            error_code="upstream:upstream_stream_failure",
            provider="openai",
            cost_nanos=0,
        )
    )
    assert found.story == "The client saw HTTP 200, because the stream had begun. Nothing was charged."


@pytest.mark.parametrize("finish", verdict.FINISHES)
def test_finishes_that_need_a_word(finish: str) -> None:
    found = verdict.read(fields(success=True, status_code=200, finish_reason=finish))
    assert (found.tone, found.word, found.title) == ("warn", "Succeeded", verdict.FINISHES[finish][0])


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"success": True, "status_code": 200, "finish_reason": "stop"}, "Succeeded"),
        ({"success": None, "status_code": 200}, "Succeeded"),
        ({"success": None, "status_code": None}, "Unknown"),
        ({"success": "yes", "status_code": "fine"}, "Unknown"),
        ({"success": False, "status_code": 102}, "Open session"),
        (
            {"success": True, "status_code": 200, "endpoint": "video.generation", "cost_nanos": None},
            "Accepted",
        ),
    ],
)
def test_what_is_no_failure(members: dict[str, Any], word: str) -> None:
    assert verdict.read(fields(**members)).word == word
    assert verdict.read(fields(**members)).tone != "bad"


def test_a_provider_that_stepped_in_is_shown() -> None:
    tries = [
        {"provider": "anthropic", "outcome": "upstream_non_2xx", "status": 529},
        {"provider": "aws", "outcome": "success"},
    ]
    found = verdict.read(fields(success=True, status_code=200, provider_attempts=tries))
    assert [(fact.label, fact.value) for fact in found.quotes] == [("before that", "anthropic answered 529")]
    assert error_facts.failed_before(fields(provider_attempts=tries)) == 1


@pytest.mark.parametrize(("sources", "fault"), [(["byok"], "account"), (["byok", "gateway"], "gateway")])
def test_a_refused_key_of_their_own_is_the_accounts_fault(sources: list[str], fault: Any) -> None:
    tries = [
        {"provider": "azure", "outcome": "error", "status": 401, "key_source": source} for source in sources
    ]
    found = verdict.read(
        fields(success=False, status_code=401, error_code="upstream_error", provider_attempts=tries)
    )
    assert found.fault == FAULTS[fault]


def test_a_provider_that_was_never_asked_did_not_fail() -> None:
    tries = [{"provider": "azure", "outcome": "blocked"}, {"provider": "openai", "outcome": "success"}]
    assert error_facts.failed_before(fields(success=True, provider_attempts=tries)) == 0
