"""The catalogue, pinned line by line: whose fault, may a replay help, which action. A change here must be meant."""

import re
from pathlib import Path

import pytest

from generations.gateway import error_catalogue
from generations.gateway.error_catalogue import (
    FAULTS,
    HELPS,
    OF_KEYS,
    RETRIES,
    CatalogueEntry,
    everything,
    likely_cause,
)
from generations.gateway.error_mapping import all_errors

PINNED = [
    ("category", "credentials_not_configured", "gateway", "other", "replay_other_provider"),
    ("category", "credentials_invalid_or_forbidden", "gateway", "other", "replay_other_provider"),
    ("category", "provider_access_missing", "gateway", "other", "replay_other_provider"),
    ("category", "region_or_project_restriction", "provider", "other", "replay_other_provider"),
    ("category", "model_unavailable_for_endpoint", "gateway", "other", "replay_other_provider"),
    ("category", "rate_limited", "provider", "same", "replay"),
    ("category", "server_error", "provider", "same", "replay"),
    ("code", "invalid_json", "you", "no", "none"),
    ("code", "validation_error", "you", "no", "none"),
    ("code", "model_required", "you", "no", "none"),
    ("code", "missing_id", "you", "no", "none"),
    ("code", "invalid_id", "you", "no", "none"),
    ("code", "not_supported", "you", "no", "none"),
    ("code", "unsupported_model_or_endpoint", "you", "no", "none"),
    ("code", "unsupported_modalities", "you", "no", "none"),
    ("code", "provider_qualified_model_conflict", "you", "no", "none"),
    ("code", "request_provider_filter_no_match", "you", "no", "none"),
    ("code", "unsupported_routing_filter", "you", "no", "none"),
    ("code", "unauthorised", "account", "later", "none"),
    ("code", "auth_unavailable", "gateway", "same", "replay"),
    ("code", "authentication_error", "account", "later", "none"),
    ("code", "permission_error", "account", "later", "none"),
    ("code", "insufficient_scope", "account", "later", "none"),
    ("code", "insufficient_funds", "account", "later", "none"),
    ("code", "pricing_not_configured", "gateway", "other", "replay_other_provider"),
    ("code", "guardrail_blocked", "account", "no", "none"),
    ("code", "model_region_unavailable", "you", "no", "none"),
    ("code", "not_found", "you", "no", "none"),
    ("code", "record_not_found", "you", "later", "none"),
    ("code", "not_ready", "gateway", "later", "replay"),
    ("code", "payload_too_large", "you", "no", "none"),
    ("code", "key_limit_exceeded", "account", "later", "none"),
    ("code", "rate_limit_error", "account", "same", "replay"),
    ("code", "invalid_request_error", "you", "no", "none"),
    ("code", "gateway_error", "gateway", "unsure", "replay"),
    ("code", "pipeline_execution_error", "gateway", "unsure", "replay"),
    ("code", "not_implemented", "gateway", "no", "none"),
    ("code", "not_implemented_yet", "gateway", "no", "none"),
    ("code", "upstream_error", "provider", "unsure", "replay"),
    ("code", "provider_payment_required", "gateway", "other", "replay_other_provider"),
    ("code", "google_empty_response", "provider", "unsure", "replay"),
    ("code", "upstream_empty_response", "provider", "unsure", "replay"),
    ("code", "upstream_stream_failure", "provider", "same", "replay"),
    ("code", "normalization_failed", "gateway", "unsure", "replay_other_provider"),
    ("code", "overloaded_error", "provider", "same", "replay"),
    ("code", "timeout", "provider", "unsure", "replay"),
    ("code", "client_closed_request", "you", "unsure", "replay"),
    ("connection", "not_reached", "network", "later", "none"),
    ("connection", "unresolved", "network", "later", "none"),
    ("connection", "connect_failed", "network", "later", "none"),
    ("connection", "connect_timeout", "network", "later", "none"),
    ("connection", "tls_failed", "network", "no", "none"),
    ("connection", "read_timeout", "network", "later", "none"),
    ("connection", "overdue", "network", "later", "none"),
    ("connection", "connection_lost", "network", "unsure", "replay"),
    ("connection", "not_sent", "retake", "no", "none"),
    ("connection", "stopped", "retake", "no", "none"),
    ("connection", "not_gateway", "gateway", "later", "replay"),
    ("connection", "html_answer", "gateway", "later", "replay"),
    ("connection", "redirected", "you", "no", "none"),
    ("connection", "wrong_path", "you", "no", "none"),
    ("connection", "crashed", "gateway", "unsure", "replay"),
    ("connection", "error_finish", "unknown", "unsure", "replay"),
    ("connection", "no_answer", "gateway", "unsure", "replay"),
    ("connection", "garbled", "gateway", "later", "replay"),
    ("connection", "undecodable", "gateway", "no", "none"),
    ("connection", "head_too_large", "gateway", "no", "none"),
    ("connection", "head_too_slow", "gateway", "unsure", "replay"),
    ("connection", "record_too_large", "retake", "no", "none"),
    ("reason", "all_candidates_failed", "provider", "unsure", "replay"),
    ("reason", "feature_temporarily_disabled", "gateway", "no", "none"),
    ("reason", "data_handling_policy_no_routes", "account", "later", "none"),
    ("reason", "missing_or_invalid_authorization_header", "you", "later", "none"),
    ("reason", "invalid_key_format", "you", "later", "none"),
    ("reason", "legacy_key_prefix_retired", "account", "later", "none"),
    ("reason", "management_key_not_valid_for_gateway", "account", "later", "none"),
    ("reason", "key_not_found_or_revoked", "account", "later", "none"),
    ("reason", "key_expired", "account", "later", "none"),
    ("reason", "invalid_secret", "you", "later", "none"),
    ("reason", "oauth_managed_key_invalid", "account", "later", "none"),
    ("reason", "oauth_authorization_revoked", "account", "later", "none"),
    ("reason", "oauth_gateway_scope_required", "account", "later", "none"),
    ("reason", "oauth_resource_token_not_valid_for_api", "you", "later", "none"),
    ("reason", "oauth_not_configured", "gateway", "later", "none"),
    ("reason", "invalid_jwt_format", "you", "later", "none"),
    ("reason", "invalid_oauth_token", "account", "later", "none"),
    ("reason", "oauth_authentication_failed", "account", "later", "none"),
    ("reason", "oauth_delegated_key_required", "account", "later", "none"),
    ("reason", "management_key_required", "account", "later", "none"),
    ("reason", "management_key_scopes_required", "account", "later", "none"),
    ("reason", "key_soft_blocked", "account", "later", "none"),
    ("reason", "requires_internal_token", "you", "same", "replay"),
    ("reason", "db_error", "gateway", "same", "replay"),
    ("reason", "server_misconfig_missing_pepper", "gateway", "same", "replay"),
    ("reason", "oauth_jwks_unavailable", "gateway", "same", "replay"),
    ("status", "400", "you", "no", "none"),
    ("status", "401", "account", "later", "none"),
    ("status", "402", "account", "later", "none"),
    ("status", "403", "account", "later", "none"),
    ("status", "404", "you", "no", "none"),
    ("status", "408", "unknown", "unsure", "replay"),
    ("status", "409", "gateway", "later", "replay"),
    ("status", "413", "you", "no", "none"),
    ("status", "422", "you", "no", "none"),
    ("status", "429", "account", "same", "replay"),
    ("status", "499", "you", "unsure", "replay"),
    ("status", "500", "gateway", "unsure", "replay"),
    ("status", "501", "gateway", "no", "none"),
    ("status", "502", "provider", "unsure", "replay"),
    ("status", "503", "gateway", "same", "replay"),
    ("status", "504", "provider", "unsure", "replay"),
    ("status", "529", "provider", "same", "replay"),
    ("rejected", "provider_rejected", "you", "other", "replay_other_provider"),
    ("generic", "", "unknown", "unsure", "replay"),
]


def test_fault_replay_and_action_of_every_code_are_pinned() -> None:
    assert [
        (name, entry.key, entry.fault, entry.helps, entry.action) for name, entry in everything()
    ] == PINNED


ENTRIES = [entry for _, entry in everything()]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_every_entry_speaks_in_sentences(entry: CatalogueEntry) -> None:
    for text in entry.words():
        assert text.endswith(".")
        assert text[0].isupper() or text[0] in "`"
        assert "{" not in text
    assert entry.fault in FAULTS
    assert entry.retry == RETRIES[entry.helps]
    assert entry.helps in HELPS


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_names_stand_where_they_are_known(entry: CatalogueEntry) -> None:
    words = " ".join(entry.words({"provider": "azure", "model": "openai/o3"}))
    assert ("azure" in words) is ("{provider}" in entry.title + entry.advice)
    assert ("openai/o3" in words) is ("{model}" in entry.title + entry.advice)


def test_no_two_tables_word_the_same_key() -> None:
    keys = [entry.key for name, entry in everything() if name in ("code", "reason", "connection")]
    assert sorted(keys) == sorted(set(keys))


def test_the_words_stand_in_the_catalogue_alone() -> None:
    """No other module repeats a title."""
    package = Path(error_catalogue.__file__).parent
    titles = [entry.title for entry in ENTRIES if "{" not in entry.title and len(entry.title) > 30]
    root = package.parents[1]
    others = [path for path in root.rglob("*.py") if package not in path.parents and "demo" not in path.parts]
    found = [(path.name, title) for path in others for title in titles if title in path.read_text()]
    assert found == []


def test_each_error_of_a_call_has_the_catalogues_words() -> None:
    words = {entry.words() for entry in ENTRIES}
    assert [kind.__name__ for kind in all_errors()[1:] if (kind.title, kind.advice) not in words] == []


STUMBLES = re.compile(
    r"\b(mend|mind that|wants|fault of its own|members? named|hold out|take another|pays? it|authoris|sanitis)",
    re.I,
)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_the_words_are_native(entry: CatalogueEntry) -> None:
    assert not STUMBLES.search(" ".join([entry.title, entry.advice, *HELPS.values()]))


def test_reasons_of_a_401_are_all_there() -> None:
    assert sorted(OF_KEYS) == [
        "db_error", "invalid_jwt_format", "invalid_key_format", "invalid_oauth_token", "invalid_secret",
        "key_expired", "key_not_found_or_revoked", "key_soft_blocked", "legacy_key_prefix_retired",
        "management_key_not_valid_for_gateway", "management_key_required", "management_key_scopes_required",
        "missing_or_invalid_authorization_header", "oauth_authentication_failed", "oauth_authorization_revoked",
        "oauth_delegated_key_required", "oauth_gateway_scope_required", "oauth_jwks_unavailable",
        "oauth_managed_key_invalid", "oauth_not_configured", "oauth_resource_token_not_valid_for_api",
        "requires_internal_token", "server_misconfig_missing_pepper",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "key"),
    [
        ([], None), ([403], "provider_access_missing"), ([401, 401], "credentials_invalid_or_forbidden"),
        ([429], "rate_limited"), ([500, 503], "server_error"), ([400, 422], "provider_rejected"),
        ([429, 500], None), ([418], None),
    ],
)  # fmt: skip
def test_what_the_statuses_of_providers_speak_for(statuses: list[int], key: str | None) -> None:
    found = likely_cause(statuses)
    assert (found.key if found else None) == key
