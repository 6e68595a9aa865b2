"""The codes: `error` of the gateway's flat error body, and what a record adds after its attribution.

contract: "Authentication and errors"; the `*_error` names are the public documentation's.
"""

from generations.gateway.error_catalogue.entry import Entry, table

_SUPPORT = "Replay it; if it fails again, send the request ID to the gateway's support."
_EMPTY = "Replay it. If it stays empty, the provider most likely filters this prompt."
_CHECK = "Check the key that was sent."

CODES = table(
    Entry("invalid_json", "The request body was not valid JSON.", "you", "Fix the JSON your client sends."),
    Entry(
        "validation_error",
        "The request failed the gateway's validation.",
        "you",
        "Fix the fields listed below.",
    ),
    Entry("model_required", "The request did not name a model.", "you", "Add `model` to the request."),
    Entry("missing_id", "The lookup had no ID.", "you", "Add `id` to the URL."),
    Entry(
        "invalid_id",
        "This is not a valid request ID.",
        "you",
        "A request ID has no spaces and at most 256 characters, for example G- and 26 letters and digits.",
    ),
    Entry(
        "not_supported", "The gateway does not support this request.", "you", "Remove the unsupported option."
    ),
    Entry(
        "unsupported_model_or_endpoint",
        "No provider offers {model} at this endpoint.",
        "you",
        "Check the model's name, or use an endpoint that it supports.",
    ),
    Entry(
        "unsupported_modalities",
        "{model} cannot read or produce this kind of content.",
        "you",
        "Choose a model that can, or remove that content.",
    ),
    Entry(
        "provider_qualified_model_conflict",
        "The model names a provider, and `provider` names a different one.",
        "you",
        "Name the provider in one place only.",
    ),
    Entry(
        "request_provider_filter_no_match",
        "No provider matches the request's `provider` filter.",
        "you",
        "Loosen `only` and `ignore` in `provider`, or choose a model that these providers offer.",
    ),
    Entry(
        "unsupported_routing_filter",
        "The request uses a routing filter that the gateway does not support.",
        "you",
        "Remove data_collection, enforce_distillable_text or quantizations from `provider`.",
    ),
    Entry("unauthorised", "The gateway refused the key.", "account", _CHECK, "later"),
    Entry(
        "auth_unavailable",
        "The gateway could not check the key.",
        "gateway",
        "Try again later.",
        "same",
        "replay",
    ),
    Entry("authentication_error", "The gateway refused the key.", "account", _CHECK, "later"),
    Entry(
        "permission_error", "The key may not do this.", "account", "Use a key that has this right.", "later"
    ),
    Entry(
        "insufficient_scope",
        "The key lacks a scope.",
        "account",
        "Grant the scope that the message names.",
        "later",
    ),
    Entry(
        "insufficient_funds",
        "The gateway account has too little credit.",
        "account",
        "Top up the account: the gateway requires a balance of at least $1, except for :free models.",
        "later",
    ),
    Entry(
        "pricing_not_configured",
        "The gateway has no price for this model at any provider.",
        "gateway",
        "Choose another model or provider, and contact the gateway's support.",
        "other",
        "replay_other_provider",
    ),
    Entry(
        "guardrail_blocked",
        "A guardrail of your workspace blocked the request.",
        "account",
        "Change the request, or the guardrail in the gateway.",
    ),
    Entry(
        "model_region_unavailable",
        "{model} is not available in the requested region.",
        "you",
        "Choose another region or another model.",
    ),
    Entry(
        "not_found",
        "Something the request refers to does not exist.",
        "you",
        "Check the IDs and names in the request.",
    ),
    Entry(
        "record_not_found",
        "The gateway has no record of this ID in this key's workspace.",
        "you",
        "A new record appears a few seconds after its answer. Otherwise check the ID and the workspace.",
        "later",
    ),
    Entry("not_ready", "The result was not ready yet.", "gateway", "Try again later.", "later", "replay"),
    Entry(
        "payload_too_large",
        "The request was too large.",
        "you",
        "Send less: the limit is 16 MiB for JSON and 32 MiB for uploads.",
    ),
    Entry(
        "key_limit_exceeded",
        "The key has reached its spending or request limit.",
        "account",
        "Raise the key's limit in the gateway, wait until it resets, or use another key.",
        "later",
    ),
    Entry(
        "rate_limit_error",
        "Too many requests were sent.",
        "account",
        "Wait a moment, then replay it.",
        "same",
        "replay",
    ),
    Entry(
        "invalid_request_error",
        "The request was rejected as invalid.",
        "you",
        "Fix what the message describes.",
    ),
    Entry("gateway_error", "The gateway failed.", "gateway", _SUPPORT, "unsure", "replay"),
    Entry(
        "pipeline_execution_error",
        "The gateway failed while processing the request.",
        "gateway",
        _SUPPORT,
        "unsure",
        "replay",
    ),
    Entry("not_implemented", "The gateway does not offer this.", "gateway", "Use another endpoint or model."),
    Entry(
        "not_implemented_yet",
        "The gateway does not offer this yet.",
        "gateway",
        "Use another endpoint or model.",
    ),
    Entry(
        "upstream_error",
        "The provider failed.",
        "provider",
        "Replay it, or choose another provider.",
        "unsure",
        "replay",
    ),
    Entry(
        "provider_payment_required",
        "The provider requires payment before it answers.",
        "gateway",
        "If the provider key is your own, settle the provider's bill; otherwise contact the gateway's support.",
        "other",
        "replay_other_provider",
    ),
    Entry(
        "google_empty_response",
        "The provider returned an empty answer.",
        "provider",
        _EMPTY,
        "unsure",
        "replay",
    ),
    Entry(
        "upstream_empty_response",
        "The provider returned an empty answer.",
        "provider",
        _EMPTY,
        "unsure",
        "replay",
    ),
    Entry(
        "upstream_stream_failure",
        "The answer broke off mid-stream.",
        "provider",
        "Replay it; another provider may finish the answer.",
        "same",
        "replay",
    ),
    Entry(
        "normalization_failed",
        "The gateway could not read the provider's answer.",
        "gateway",
        "Replay on another provider, and send the request ID to the gateway's support.",
        "unsure",
        "replay_other_provider",
    ),
    Entry(
        "overloaded_error",
        "The provider was overloaded.",
        "provider",
        "Wait a moment, then replay it.",
        "same",
        "replay",
    ),
    Entry(
        "timeout",
        "The provider took too long.",
        "provider",
        "Replay it, or ask for less.",
        "unsure",
        "replay",
    ),
    Entry(
        "client_closed_request",
        "The client closed the connection.",
        "you",
        "Look for a timeout in the client.",
        "unsure",
        "replay",
    ),
)
