"""The rules of the verdict, as data. contract: "Authentication and errors".

Each rule says what happened, whose fault it is, what to do, and whether a replay can help. `{provider}`,
`{model}`, `{endpoint}` and `{status}` are filled in from the record.
"""

from dataclasses import dataclass
from typing import Literal

Fault = Literal["you", "account", "gateway", "provider", "unknown"]
Help = Literal["no", "same", "other", "later", "unsure"]
Action = Literal["none", "replay", "replay_other_provider"]

FAULTS: dict[Fault, str] = {
    "you": "The request",
    "account": "The gateway account or its key",
    "gateway": "The gateway",
    "provider": "The provider",
    "unknown": "Unknown",
}
HELPS: dict[Help, str] = {
    "no": "A replay of the same request will fail the same way.",
    "same": "A replay may well succeed: the cause was most likely temporary.",
    "other": "The same provider will most likely refuse again; another one may answer.",
    "later": "A replay can succeed once that is done.",
    "unsure": "A replay may help. Mind that the failed request may have been charged.",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One cause. `key` is the code, reason, category or status that it explains."""

    key: str
    title: str
    fault: Fault
    advice: str
    helps: Help = "no"
    action: Action = "none"


def table(*rules: Rule) -> dict[str, Rule]:
    return {rule.key: rule for rule in rules}


# contract: the categories of `provider_failure_diagnostics`
CATEGORIES = table(
    Rule(
        "credentials_not_configured",
        "The gateway has no credentials for {provider}.",
        "gateway",
        "Replay on another provider, or tell the gateway's support. Check your own key, if it was one.",
        "other",
        "replay_other_provider",
    ),
    Rule(
        "credentials_invalid_or_forbidden",
        "{provider} refused the credentials.",
        "gateway",
        "If the key is your own, renew it at the provider; if it is the gateway's, tell its support.",
        "other",
        "replay_other_provider",
    ),
    Rule(
        "provider_access_missing",
        "The provider refused the gateway's access.",
        "gateway",
        "Replay on another provider. Access to {model} at {provider} has to be granted first.",
        "other",
        "replay_other_provider",
    ),
    Rule(
        "region_or_project_restriction",
        "{provider} does not serve this model in that region or project.",
        "provider",
        "Replay on another provider, or ask for another region in `provider`.",
        "other",
        "replay_other_provider",
    ),
    Rule(
        "model_unavailable_for_endpoint",
        "{provider} does not offer {model} at this endpoint.",
        "gateway",
        "Replay on another provider or with another model.",
        "other",
        "replay_other_provider",
    ),
    Rule(
        "rate_limited",
        "{provider} had too many requests.",
        "provider",
        "Wait a little, or replay on another provider. Allowing fallbacks avoids this.",
        "same",
        "replay",
    ),
    Rule(
        "server_error",
        "{provider} had a fault of its own.",
        "provider",
        "Replay it; if it fails again, take another provider.",
        "same",
        "replay",
    ),
)

# contract: `error` of the flat error body, and what the record adds after its attribution.
CODES = table(
    Rule(
        "invalid_json", "The request body was not valid JSON.", "you", "Mend the JSON that the client sends."
    ),
    Rule(
        "validation_error",
        "The request did not pass the gateway's checks.",
        "you",
        "Change the members named below.",
    ),
    Rule("model_required", "The request named no model.", "you", "Add `model` to the request."),
    Rule("missing_id", "The lookup named no ID.", "you", "Add `id` to the address."),
    Rule(
        "not_supported", "The gateway does not support what was asked for.", "you", "Leave that option out."
    ),
    Rule(
        "unsupported_model_or_endpoint",
        "No provider offers {model} at this endpoint.",
        "you",
        "Check the model's name, or use an endpoint that it supports.",
    ),
    Rule(
        "unsupported_modalities",
        "{model} cannot take or make that kind of content.",
        "you",
        "Choose a model that can, or leave the content out.",
    ),
    Rule(
        "provider_qualified_model_conflict",
        "The model names a provider, and so does `provider`.",
        "you",
        "Name the provider in one place only.",
    ),
    Rule(
        "unsupported_routing_filter",
        "The request uses a routing filter that the gateway does not know.",
        "you",
        "Remove data_collection, enforce_distillable_text or quantizations from `provider`.",
    ),
    Rule(
        "unauthorised",
        "The gateway refused the key.",
        "account",
        "Check the key that the client sends.",
        "later",
    ),
    Rule(
        "insufficient_scope",
        "The credential lacks a scope.",
        "account",
        "Grant the scope that the message names.",
        "later",
    ),
    Rule(
        "insufficient_funds",
        "The gateway account has too little credit.",
        "account",
        "Top up the account: the gateway wants at least $1, except for `:free` models.",
        "later",
    ),
    Rule(
        "pricing_not_configured",
        "The gateway has no price for this model at any provider.",
        "gateway",
        "Choose another model or provider, and tell the gateway's support.",
        "other",
        "replay_other_provider",
    ),
    Rule(
        "guardrail_blocked",
        "A guardrail of your workspace blocked the request.",
        "account",
        "Change the request, or the guardrail in the gateway.",
    ),
    Rule(
        "model_region_unavailable",
        "{model} is not available in the region that was asked for.",
        "you",
        "Ask for another region or another model.",
    ),
    Rule(
        "not_found",
        "What the request refers to does not exist.",
        "you",
        "Check IDs and names in the request.",
    ),
    Rule("not_ready", "The result was not ready yet.", "gateway", "Ask again in a while.", "later", "replay"),
    Rule(
        "payload_too_large",
        "The request was too large.",
        "you",
        "Send less: the limit is 16 MiB for JSON and 32 MiB for uploads.",
    ),
    Rule(
        "key_limit_exceeded",
        "The key has reached its spending or request limit.",
        "account",
        "Raise the key's limit in the gateway, wait until it resets, or use another key.",
        "later",
    ),
    Rule(
        "gateway_error",
        "The gateway failed.",
        "gateway",
        "Replay it; if it fails again, give the request ID to the gateway's support.",
        "unsure",
        "replay",
    ),
    Rule(
        "pipeline_execution_error",
        "The gateway failed while it worked on the request.",
        "gateway",
        "Replay it; if it fails again, give the request ID to the gateway's support.",
        "unsure",
        "replay",
    ),
    Rule(
        "not_implemented_yet", "The gateway cannot do this yet.", "gateway", "Use another endpoint or model."
    ),
    Rule("not_implemented", "The gateway cannot do this.", "gateway", "Use another endpoint or model."),
    Rule(
        "upstream_error",
        "The provider failed.",
        "provider",
        "Replay it, or choose another provider.",
        "unsure",
        "replay",
    ),
    Rule(
        "provider_payment_required",
        "The provider wants to be paid before it answers.",
        "gateway",
        "If the provider key is your own, settle the provider's bill; otherwise tell the gateway's support.",
        "other",
        "replay_other_provider",
    ),
    Rule(
        "google_empty_response",
        "The provider answered without any content.",
        "provider",
        "Replay it. If it stays empty, the provider most likely filters this prompt.",
        "unsure",
        "replay",
    ),
    Rule(
        "upstream_empty_response",
        "The provider answered without any content.",
        "provider",
        "Replay it. If it stays empty, the provider most likely filters this prompt.",
        "unsure",
        "replay",
    ),
    Rule(
        "upstream_stream_failure",
        "The answer broke off in the middle of the stream.",
        "provider",
        "Replay it; another provider may hold out longer.",
        "same",
        "replay",
    ),
    Rule(
        "normalization_failed",
        "The gateway could not read what the provider answered.",
        "gateway",
        "Replay on another provider, and give the request ID to the gateway's support.",
        "unsure",
        "replay_other_provider",
    ),
    Rule(
        "authentication_error",
        "The key was refused.",
        "account",
        "Check the key that the client sends.",
        "later",
    ),
    Rule("permission_error", "The key may not do this.", "account", "Use a key that has the right.", "later"),
    Rule(
        "invalid_request_error",
        "The request was refused as invalid.",
        "you",
        "Change what the message names.",
    ),
    Rule(
        "rate_limit_error",
        "There were too many requests.",
        "account",
        "Wait a little, then replay it.",
        "same",
        "replay",
    ),
    Rule(
        "overloaded_error",
        "The provider was overloaded.",
        "provider",
        "Wait a little, then replay it.",
        "same",
        "replay",
    ),
    Rule(
        "timeout",
        "The provider took too long.",
        "provider",
        "Replay it, or ask for less.",
        "unsure",
        "replay",
    ),
)

STATUSES = table(
    Rule("400", "The request was refused as invalid.", "you", "Change what the message names."),
    Rule("401", "The gateway refused the key.", "account", "Check the key that the client sends.", "later"),
    Rule("402", "Payment is required.", "account", "Top up the gateway account.", "later"),
    Rule("403", "The request was forbidden.", "account", "Check what the key and the workspace allow."),
    Rule("404", "What the request refers to does not exist.", "you", "Check IDs and names in the request."),
    Rule("408", "The request took too long.", "unknown", "Replay it, or ask for less.", "unsure", "replay"),
    Rule("409", "The result was not ready yet.", "gateway", "Ask again in a while.", "later", "replay"),
    Rule(
        "413",
        "The request was too large.",
        "you",
        "Send less: the limit is 16 MiB for JSON, 32 MiB for uploads.",
    ),
    Rule("422", "The request was refused as invalid.", "you", "Change what the message names."),
    Rule(
        "429",
        "There were too many requests, or a limit was reached.",
        "account",
        "Wait, then replay it.",
        "same",
        "replay",
    ),
    Rule(
        "499",
        "The client closed the connection.",
        "you",
        "Look for a time limit in the client.",
        "unsure",
        "replay",
    ),
    Rule(
        "500", "The gateway failed.", "gateway", "Replay it; report it if it fails again.", "unsure", "replay"
    ),
    Rule("501", "The gateway cannot do this.", "gateway", "Use another endpoint or model."),
    Rule(
        "502",
        "The provider failed.",
        "provider",
        "Replay it, or choose another provider.",
        "unsure",
        "replay",
    ),
    Rule(
        "503", "The service was not available.", "gateway", "Wait a little, then replay it.", "same", "replay"
    ),
    Rule("504", "The provider took too long.", "provider", "Replay it, or ask for less.", "unsure", "replay"),
    Rule(
        "529", "The provider was overloaded.", "provider", "Wait a little, then replay it.", "same", "replay"
    ),
)
GENERIC = Rule(
    "",
    "The request failed, and Retake does not know this code.",
    "unknown",
    "Read what the gateway said below. The full error is in the record.",
    "unsure",
    "replay",
)

REJECTED = Rule(
    "provider_rejected",
    "{provider} refused the request as invalid.",
    "you",
    "Change what the provider's message names; other providers may be less strict.",
    "other",
    "replay_other_provider",
)
