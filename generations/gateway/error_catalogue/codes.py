"""The codes: `error` of the gateway's flat error body, and what a record adds after its attribution.

contract: "Authentication and errors"; the `*_error` names are the public documentation's.
"""

from generations.gateway.error_catalogue.entry import CatalogueEntry, table

_SUPPORT = "Replay it; if it fails again, send the request ID to the gateway's support."
_EMPTY = "Replay it. If it stays empty, the provider most likely filters this prompt."
_CHECK = "Check the key that was sent."

CODES = table(
    CatalogueEntry(
        "invalid_json", "The request body was not valid JSON.", "you", "Fix the JSON your client sends."
    ),
    CatalogueEntry(
        "validation_error",
        "The request failed the gateway's validation.",
        "you",
        "Fix the fields listed below.",
    ),
    CatalogueEntry(
        "model_required", "The request did not name a model.", "you", "Add `model` to the request."
    ),
    CatalogueEntry("missing_id", "The lookup had no ID.", "you", "Add `id` to the URL."),
    CatalogueEntry(
        "invalid_id",
        "This is not a valid request ID.",
        "you",
        "A request ID has no spaces and at most 256 characters, for example G- and 26 letters and digits.",
    ),
    CatalogueEntry(
        "not_supported", "The gateway does not support this request.", "you", "Remove the unsupported option."
    ),
    CatalogueEntry(
        "unsupported_model_or_endpoint",
        "No provider offers {model} at this endpoint.",
        "you",
        "Check the model's name, or use an endpoint that it supports.",
    ),
    CatalogueEntry(
        "unsupported_modalities",
        "{model} cannot read or produce this kind of content.",
        "you",
        "Choose a model that can, or remove that content.",
    ),
    CatalogueEntry(
        "provider_qualified_model_conflict",
        "The model names a provider, and `provider` names a different one.",
        "you",
        "Name the provider in one place only.",
    ),
    CatalogueEntry(
        "request_provider_filter_no_match",
        "No provider matches the request's `provider` filter.",
        "you",
        "Loosen `only` and `ignore` in `provider`, or choose a model that these providers offer.",
    ),
    CatalogueEntry(
        "unsupported_routing_filter",
        "The request uses a routing filter that the gateway does not support.",
        "you",
        "Remove data_collection, enforce_distillable_text or quantizations from `provider`.",
    ),
    CatalogueEntry("unauthorised", "The gateway refused the key.", "account", _CHECK, "later"),
    CatalogueEntry(
        "auth_unavailable",
        "The gateway could not check the key.",
        "gateway",
        "Try again later.",
        "same",
        "replay",
    ),
    CatalogueEntry("authentication_error", "The gateway refused the key.", "account", _CHECK, "later"),
    CatalogueEntry(
        "permission_error", "The key may not do this.", "account", "Use a key that has this right.", "later"
    ),
    CatalogueEntry(
        "insufficient_scope",
        "The key lacks a scope.",
        "account",
        "Grant the scope that the message names.",
        "later",
    ),
    CatalogueEntry(
        "insufficient_funds",
        "The gateway account has too little credit.",
        "account",
        "Top up the account: the gateway requires a balance of at least $1, except for :free models.",
        "later",
    ),
    CatalogueEntry(
        "pricing_not_configured",
        "The gateway has no price for this model at any provider.",
        "gateway",
        "Choose another model or provider, and contact the gateway's support.",
        "other",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "guardrail_blocked",
        "A guardrail of your workspace blocked the request.",
        "account",
        "Change the request, or the guardrail in the gateway.",
    ),
    CatalogueEntry(
        "model_region_unavailable",
        "{model} is not available in the requested region.",
        "you",
        "Choose another region or another model.",
    ),
    CatalogueEntry(
        "not_found",
        "Something the request refers to does not exist.",
        "you",
        "Check the IDs and names in the request.",
    ),
    CatalogueEntry(
        "record_not_found",
        "The gateway has no record of this ID in this key's workspace.",
        "you",
        "A new record appears a few seconds after its answer. Otherwise check the ID and the workspace.",
        "later",
    ),
    CatalogueEntry(
        "not_ready", "The result was not ready yet.", "gateway", "Try again later.", "later", "replay"
    ),
    CatalogueEntry(
        "payload_too_large",
        "The request was too large.",
        "you",
        "Send less: the limit is 16 MiB for JSON and 32 MiB for uploads.",
    ),
    CatalogueEntry(
        "key_limit_exceeded",
        "The key has reached its spending or request limit.",
        "account",
        "Raise the key's limit in the gateway, wait until it resets, or use another key.",
        "later",
    ),
    CatalogueEntry(
        "rate_limit_error",
        "Too many requests were sent.",
        "account",
        "Wait a moment, then replay it.",
        "same",
        "replay",
    ),
    CatalogueEntry(
        "invalid_request_error",
        "The request was rejected as invalid.",
        "you",
        "Fix what the message describes.",
    ),
    CatalogueEntry("gateway_error", "The gateway failed.", "gateway", _SUPPORT, "unsure", "replay"),
    CatalogueEntry(
        "pipeline_execution_error",
        "The gateway failed while processing the request.",
        "gateway",
        _SUPPORT,
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "not_implemented", "The gateway does not offer this.", "gateway", "Use another endpoint or model."
    ),
    CatalogueEntry(
        "not_implemented_yet",
        "The gateway does not offer this yet.",
        "gateway",
        "Use another endpoint or model.",
    ),
    CatalogueEntry(
        "upstream_error",
        "The provider failed.",
        "provider",
        "Replay it, or choose another provider.",
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "provider_payment_required",
        "The provider requires payment before it answers.",
        "gateway",
        "If the provider key is your own, settle the provider's bill; otherwise contact the gateway's support.",
        "other",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "google_empty_response",
        "The provider returned an empty answer.",
        "provider",
        _EMPTY,
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "upstream_empty_response",
        "The provider returned an empty answer.",
        "provider",
        _EMPTY,
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "upstream_stream_failure",
        "The answer broke off mid-stream.",
        "provider",
        "Replay it; another provider may finish the answer.",
        "same",
        "replay",
    ),
    CatalogueEntry(
        "normalization_failed",
        "The gateway could not read the provider's answer.",
        "gateway",
        "Replay on another provider, and send the request ID to the gateway's support.",
        "unsure",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "overloaded_error",
        "The provider was overloaded.",
        "provider",
        "Wait a moment, then replay it.",
        "same",
        "replay",
    ),
    CatalogueEntry(
        "timeout",
        "The provider took too long.",
        "provider",
        "Replay it, or ask for less.",
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "client_closed_request",
        "The client closed the connection.",
        "you",
        "Look for a timeout in the client.",
        "unsure",
        "replay",
    ),
)
