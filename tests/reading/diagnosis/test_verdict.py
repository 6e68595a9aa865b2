"""One test for each rule: what it takes to reach it, and that it says everything it must."""

import json
from typing import Any

import pytest

from generations.gateway.error_catalogue import CATEGORIES, CODES, FAULTS, HELPS, REASONS, STATUSES, Entry
from generations.gateway.rawjson.values import Value, loads
from generations.reading.diagnosis import verdict
from generations.reading.page_types import Verdict


def fields(**told: Any) -> dict[str, Value]:
    made = loads(json.dumps({"success": False, "model_id": "openai/gpt-5-nano", "provider": None, **told}))
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize("category", CATEGORIES)
def test_categories(category: str) -> None:
    payload = {"error": "upstream_error", "provider_failure_diagnostics": {"category": category}}
    told = verdict.read(fields(status_code=502, error_code="upstream:upstream_error", error_payload=payload))
    check(told, CATEGORIES[category])


@pytest.mark.parametrize("reason", REASONS)
def test_reasons(reason: str) -> None:
    told = verdict.read(fields(status_code=401, error_payload={"error": "unauthorised", "reason": reason}))
    check(told, REASONS[reason])


@pytest.mark.parametrize("code", CODES)
def test_codes(code: str) -> None:
    details = {"details": [{"path": ["n"], "message": "x"}]}
    for told in ({"error": code}, {"error": {"code": code}}):
        check(verdict.read(fields(status_code=418, error_payload={**told, **details})), CODES[code])
    check(
        verdict.read(fields(status_code=418, error_code=f"user:{code}", error_payload=details)), CODES[code]
    )


@pytest.mark.parametrize("status", STATUSES)
def test_statuses(status: str) -> None:
    check(verdict.read(fields(status_code=int(status), error_code="new:new_code")), STATUSES[status])


def check(told: Verdict, rule: Entry) -> None:
    assert (told.tone, told.word, told.rule) == ("bad", "Failed", rule.key)
    assert (told.title, told.advice) == rule.words({"model": "openai/gpt-5-nano"})
    assert (told.fault, told.replay, told.action) == (FAULTS[rule.fault], HELPS[rule.helps], rule.action)


@pytest.mark.parametrize(
    ("status", "rule"), [(418, "400"), (599, "500"), (None, "generic:None"), (700, "generic:700")]
)
def test_unknown_codes_get_an_honest_answer(status: int | None, rule: str) -> None:
    told = verdict.read(fields(status_code=status, error_code="gateway:never_heard_of"))
    assert told.rule == rule
    assert told.title


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
    told = verdict.read(fields(status_code=502, error_code="upstream:upstream_error", error_payload=payload))
    assert told.rule == rule
    assert told.title.startswith("Most likely: ") is (rule != "all_candidates_failed")


def test_the_story_names_who_answered_what() -> None:
    told = verdict.read(
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
    assert told.title == "Most likely: google-ai-studio refused the gateway's access."
    assert told.story == (
        "google-ai-studio answered 403 PERMISSION_DENIED; no other provider was left to try. No charge is recorded."
    )
    assert [(fact.label, fact.value) for fact in told.quotes] == [
        ("the gateway said", "All failed."),
        ("code", "upstream_error"),
        ("reason", "all_candidates_failed"),
        ("the provider said", "The caller does not have permission."),
    ]


def test_what_failed_before_routing_says_so() -> None:
    told = verdict.read(fields(status_code=400, error_code="user:validation_error"))
    assert told.story == "No provider was asked: it failed before routing. No charge is recorded."


def test_validation_names_each_member() -> None:
    details = [{"message": "must be <= 2", "path": ["temperature"], "keyword": "maximum"}]
    told = verdict.read(
        fields(status_code=400, error_code="user:validation_error", error_payload={"details": details})
    )
    assert [(fact.label, fact.value, fact.note) for fact in told.quotes] == [
        ("code", "validation_error", ""),
        ("temperature", "must be <= 2", "maximum"),
    ]


def test_a_broken_stream_looked_like_200() -> None:
    told = verdict.read(
        fields(
            status_code=502,
            stream=True,
            error_code="upstream:upstream_stream_failure",
            provider="openai",
            cost_nanos=0,
        )
    )
    assert told.story == "The client saw HTTP 200, because the stream had begun. Nothing was charged."


@pytest.mark.parametrize("finish", verdict.FINISHES)
def test_finishes_that_need_a_word(finish: str) -> None:
    told = verdict.read(fields(success=True, status_code=200, finish_reason=finish))
    assert (told.tone, told.word, told.title) == ("warn", "Succeeded", verdict.FINISHES[finish][0])


@pytest.mark.parametrize(
    ("told", "word"),
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
def test_what_is_no_failure(told: dict[str, Any], word: str) -> None:
    assert verdict.read(fields(**told)).word == word
    assert verdict.read(fields(**told)).tone != "bad"


def test_a_provider_that_stepped_in_is_told() -> None:
    tries = [
        {"provider": "anthropic", "outcome": "upstream_non_2xx", "status": 529},
        {"provider": "aws", "outcome": "success"},
    ]
    told = verdict.read(fields(success=True, status_code=200, provider_attempts=tries))
    assert [(fact.label, fact.value) for fact in told.quotes] == [("before that", "anthropic answered 529")]
    assert verdict.failed_before(fields(provider_attempts=tries)) == 1


@pytest.mark.parametrize(("sources", "fault"), [(["byok"], "account"), (["byok", "gateway"], "gateway")])
def test_a_refused_key_of_their_own_is_the_accounts_fault(sources: list[str], fault: Any) -> None:
    tries = [{"provider": "azure", "outcome": "error", "status": 401, "key_source": one} for one in sources]
    told = verdict.read(
        fields(success=False, status_code=401, error_code="upstream_error", provider_attempts=tries)
    )
    assert told.fault == FAULTS[fault]


def test_a_provider_that_was_never_asked_did_not_fail() -> None:
    tries = [{"provider": "azure", "outcome": "blocked"}, {"provider": "openai", "outcome": "success"}]
    assert verdict.failed_before(fields(success=True, provider_attempts=tries)) == 0
