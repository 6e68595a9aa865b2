"""Error bodies in the shapes that gateways, providers and proxies send: code, words, and what is wrong where."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.error_bodies import entry_of, flat, is_bare_error
from generations.gateway.rawjson.values import Value, loads

PLACED = [{"loc": ["body", "messages", 0], "msg": "field required", "type": "missing"}]

# body, code, words, findings
SHAPES: list[tuple[Any, str | None, str | None, list[tuple[Any, str]]]] = [
    ({"error": "validation_error", "description": "Too hot."}, "validation_error", "Too hot.", []),
    ({"error": {"message": "Too hot.", "type": "t", "code": "c"}}, "c", "Too hot.", []),
    ({"error": {"message": "Too hot.", "type": "overloaded_error"}, "type": "error"}, "overloaded_error", "Too hot.", []),
    ({"error": {"message": None, "type": "server_error", "code": 500}}, "server_error", None, []),
    ({"error": {"message": "x", "code": "c", "param": "temperature"}}, "c", "x", [("temperature", "x")]),
    ({"error": "model 'x' not found"}, None, "model 'x' not found", []),
    ({"error": '{"error":{"message":"inner","code":"c"}}'}, "c", "inner", []),
    ({"error": {"message": '{"detail":"inner"}', "code": "c"}}, "c", "inner", []),
    ({"message": '[{"message":"inner"}]'}, None, "inner", []),
    ([{"error": {"code": 429, "message": "Quota", "status": "EXHAUSTED"}}], "EXHAUSTED", "Quota", []),
    ({"errors": [{"code": 10013, "message": "Limit"}], "success": False}, "10013", "Limit", []),
    ({"errors": ["one", "two"]}, None, "one", [(None, "one"), (None, "two")]),
    ({"errors": {"model": ["bad"], "n": "many"}}, None, "bad", [("model", "bad"), ("n", "many")]),
    ({"detail": "Not loaded"}, None, "Not loaded", []),
    ({"detail": PLACED}, None, "field required", [(["body", "messages", "0"], "field required")]),
    ({"detail": {"error": {"message": "deep", "code": "c"}}}, "c", "deep", []),
    ({"message": "Denied", "code": "AccessDenied"}, "AccessDenied", "Denied", []),
    ({"__type": "ThrottlingException", "message": "Slow"}, "ThrottlingException", "Slow", []),
    ({"message": ["a", "b"], "error": "Bad Request"}, None, "Bad Request: a", [(None, "a"), (None, "b")]),
    ({"type": "https://x.test/y", "title": "No credit", "detail": "Balance 30"}, None, "Balance 30", []),
    ({"type": "response.failed", "response": {"error": {"code": "c", "message": "boom"}}}, "c", "boom", []),
    ({"object": "error", "message": "stream_error"}, None, "stream_error", []),
    ({"type": "error", "code": "rate_limit", "message": "Slow", "param": None}, "rate_limit", "Slow", []),
    ("only words", None, "only words", []),
    ('"{\\"error\\": \\"x y\\"}"', None, '"{\\"error\\": \\"x y\\"}"', []),
    ({"error": []}, None, None, []),
    ({}, None, None, []),
    (None, None, None, []),
    (5, None, None, []),
]  # fmt: skip


def flattened(body: Any) -> dict[str, Value]:
    return flat(loads(json.dumps(body)))


@pytest.mark.parametrize(("body", "code", "words", "found"), SHAPES, ids=range(len(SHAPES)))
def test_every_shape_is_read(
    body: Any, code: str | None, words: str | None, found: list[tuple[Any, str]]
) -> None:
    read = flattened(body)
    details: Any = read.get("details") or []
    assert (read.get("error"), read.get("description")) == (code, words)
    assert [(item.get("path"), item["message"]) for item in details] == found


def test_openrouters_metadata_holds_the_providers_words() -> None:
    metadata = {"raw": '{"error":{"message":"full","code":"busy"}}', "provider_name": "Z.AI"}
    read = flattened({"error": {"message": "Provider returned error", "code": 502, "metadata": metadata}})
    assert read["upstream_error"] == {"code": "busy", "message": "full"}
    assert (read["failed_providers"], read["failed_statuses"]) == (["Z.AI"], ["502"])
    plain = flattened({"error": {"message": "x", "metadata": {"raw": "worker limit"}}})
    assert plain["upstream_error"] == {"code": None, "message": "worker limit"}


def test_members_of_the_flat_form_stay() -> None:
    body = {
        "error": "upstream_error",
        "reason": "all_candidates_failed",
        "failed_statuses": [403],
        "debug": {"a": [1]},
    }
    assert flattened(body) == {**loads(json.dumps(body))}  # type: ignore[dict-item]


def finding(keyword: str) -> dict[str, Any]:
    details = [{"path": ["provider"], "message": "x", "keyword": keyword, "params": {}}]
    return {"error": "validation_error", "details": details}


# contract: "Measured on the real code": POST's 401, keywords of findings, a missing data policy
@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"error": "unauthorised", "description": "key_expired"}, "key_expired"),
        ({"error": "unauthorised", "description": "db_error"}, "db_error"),
        ({"error": "unauthorised", "reason": "invalid_secret", "description": "x"}, "invalid_secret"),
        (finding("request_provider_filter_no_match"), "request_provider_filter_no_match"),
        (finding("provider_qualified_model_conflict"), "provider_qualified_model_conflict"),
        (finding("timeout"), "validation_error"),
        (
            {"error": "guardrail_blocked", "error_operational_kind": "data_handling_policy_no_routes"},
            "data_handling_policy_no_routes",
        ),
        ({"error": "guardrail_blocked"}, "guardrail_blocked"),
        ({"error": "upstream_error", "provider_failure_diagnostics": {"category": "rate_limited"}}, "rate_limited"),
        ({"error": "new"}, None),
    ],
)  # fmt: skip
def test_what_an_error_names(body: Any, key: str | None) -> None:
    entry = entry_of(flattened(body))
    assert (entry.key if entry else None) == key


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.sampled_from(['{"error":"a"}', "[{}]", "["]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from("error errors detail details message code type metadata raw param response".split()),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
def test_no_shape_breaks_it(body: Any) -> None:
    read = flattened(body)
    for key in ("error", "description"):
        assert read.get(key) is None or isinstance(read[key], str)
    entry_of(read)


@pytest.mark.parametrize(
    ("body", "bare"),
    [
        ('{"detail": "engine off"}', True),
        ('{"detail": [{"loc": ["body"], "msg": "missing"}]}', True),
        ('{"errors": [{"message": "unknown field"}], "data": null}', True),
        ('{"success": false, "message": "not allowed"}', True),
        ('{"code": 20015, "message": "too long", "data": null}', True),
        ('{"code": "Throttled", "msg": "slower"}', True),
        ('{"base_resp": {"status_code": 1008, "status_msg": "no balance"}, "choices": null}', True),
        ('{"type": "https://a.example/plan", "title": "Plan", "detail": "Upgrade"}', True),
        ('{"code": 0, "message": "ok"}', False),
        ('{"code": 200, "msg": "success"}', False),
        ('{"status": "processing", "message": "in line"}', False),
        ('{"base_resp": {"status_code": 0, "status_msg": ""}}', False),
        ('{"choices": [{"index": 0}], "code": 7, "message": "x"}', False),
        ('{"type": "response.progress", "detail": "half done"}', False),
        ('{"text": "hello", "detail": "words"}', False),
        ("{}", False),
    ],
)
def test_an_error_without_the_member_error(body: str, *, bare: bool) -> None:
    fields = loads(body)
    assert isinstance(fields, dict)
    assert is_bare_error(fields) is bare
