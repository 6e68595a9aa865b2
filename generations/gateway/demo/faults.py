"""Everything that can go wrong on a POST, by name.

A fault is met by the model `demo/<name>`, the header `x-demo-fault: <name>`, the setting `fault`, or by
replaying a record whose story has it.
"""

from dataclasses import dataclass

from generations.gateway.demo.shapes import FlatError, Json


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: a flat error, or something that happens to the answer (`acts`), explained in `says`."""

    says: str
    failure: FlatError | None = None
    acts: str = ""
    forms: str | None = None


def _stream(says: str, acts: str) -> Fault:
    return Fault(says, acts=acts)


def _form(says: str, forms: str) -> Fault:
    return Fault(says, forms=forms)


def _candidates(status: int, category: str, hint: str, code: str, message: str) -> Json:
    sample = {"provider": "openai", "type": "upstream_non_2xx", "status": status, "upstream_error_code": code}
    preview = f'{{"error":{{"code":"{code}"}}}}'
    return {
        "reason": "all_candidates_failed",
        "attempt_count": 1,
        "failed_providers": ["openai"],
        "failed_statuses": [status],
        "provider_failure_diagnostics": {"category": category, "hint": hint, "provider": "openai"},
        "upstream_error": {"code": code, "message": message, "description": None, "param": None},
        "failure_sample": [sample | {"upstream_payload_preview": preview, "retryable": status >= 429}],
    }


NO_FUNDS = FlatError(
    402, "insufficient_funds", "Your balance is below $1.00. Add credit or use a :free model.", "user"
)
NO_PRICE = FlatError(
    402,
    "pricing_not_configured",
    "No price is configured for this model at any provider.",
    "gateway",
    {"missing_pricing_providers": ["novitaai"]},
)
KEY_LIMIT = FlatError(
    429,
    "key_limit_exceeded",
    "This key has reached its daily limit of $5.00. It resets at 00:00 UTC.",
    "user",
)
GUARDRAIL = FlatError(
    403,
    "guardrail_blocked",
    'The guardrail "No payment card numbers" blocked this request.',
    "user",
    {
        "guardrail": {
            "id": "gr_cards",
            "name": "No payment card numbers",
            "action": "block",
            "matched": ["card_number"],
        }
    },
)
REGION = FlatError(
    403, "model_region_unavailable", "No provider of this model runs in the required region eu.", "user"
)


def problem(message: str, name: str, keyword: str) -> Json:
    """One detail of a validation error. contract §0.2: in the style of zod, `params` stays empty."""
    return {"message": message, "path": [name], "keyword": keyword, "params": {}}


def invalid(problems: list[Json]) -> FlatError:
    """A body that does not fit, with what is wrong in it."""
    text = f"The request body is not valid: {len(problems)} problem{'s' * (len(problems) > 1)}."
    return FlatError(400, "validation_error", text, "user", {"details": problems})


VALIDATION = invalid(
    [
        problem("Too big: expected number to be <=2", "temperature", "too_big"),
        problem("Invalid input: expected array, received string", "messages", "invalid_type"),
    ]
)
BROKEN_STREAM = FlatError(
    502, "upstream_stream_failure", "The upstream stream failed before successful completion.", bare=True
)
EMPTY = FlatError(
    502,
    "google_empty_response",
    "The provider returned a successful response without any visible output.",
    "gateway",
)
UPSTREAM = FlatError(
    502,
    "upstream_error",
    'Provider "openai" failed with HTTP 503 for endpoint "chat.completions".',
    more=_candidates(
        503,
        "server_error",
        "The provider has trouble. Try again or allow fallbacks.",
        "overloaded",
        "Overloaded.",
    ),
)
RATE_LIMITED = FlatError(
    502,
    "upstream_error",
    'Provider "openai" failed with HTTP 429 for endpoint "chat.completions".',
    more=_candidates(
        429,
        "rate_limited",
        "The provider limits this account. Wait, or allow fallbacks.",
        "rate_limit_exceeded",
        "Rate limit reached.",
    ),
)
PAYMENT = FlatError(
    502,
    "provider_payment_required",
    "The provider refused the call because its account has no credit left.",
    more={
        "provider_payment_required_provider": "deepinfra",
        "provider_payment_required_support_notice": "Support has been told.",
    },
)
GATEWAY = FlatError(500, "gateway_error", "Something went wrong inside the gateway.", "gateway")
PIPELINE = FlatError(
    500, "pipeline_execution_error", "The pipeline stopped while it handled the answer.", "gateway"
)
UNSUPPORTED = FlatError(
    400,
    "unsupported_model_or_endpoint",
    "This model is not available at this endpoint.",
    "user",
    {"provider_candidate_diagnostics": {"candidateCount": 0, "supportsEndpoint": False}},
)
NOT_YET = FlatError(501, "not_implemented_yet", "This is not implemented yet.", "gateway")
MODEL_REQUIRED = FlatError(400, "model_required", "The body names no model.", "user")
INVALID_JSON = FlatError(400, "invalid_json", "The body is not valid JSON.", "user")
TOO_LARGE = FlatError(413, "payload_too_large", "The body is larger than 16 MiB.", "user")
NOT_READY = FlatError(409, "not_ready", "The result is not ready yet.", "gateway")
NOT_SUPPORTED = FlatError(400, "not_supported", "This parameter is not supported here.", "user")
MODALITIES = FlatError(400, "unsupported_modalities", "This model cannot take images.", "user")
ROUTING = FlatError(
    400, "unsupported_routing_filter", "data_collection is not a supported routing filter.", "user"
)
CONFLICT = invalid(
    [
        problem(
            "A provider-qualified model excludes provider.only and ignore.",
            "provider",
            "provider_qualified_model_conflict",
        )
    ]
)
NO_MATCH = invalid(
    [
        problem(
            "No provider of this model is left by the filters of the request.",
            "provider",
            "request_provider_filter_no_match",
        )
    ]
)
DATA_POLICY = FlatError(
    403,
    "guardrail_blocked",
    "No provider of this model keeps to the data policy of the workspace.",
    "user",
    {"error_operational_kind": "data_handling_policy_no_routes"},
)

FAULTS: dict[str, Fault] = {
    "insufficient-funds": Fault("402, balance under $1", NO_FUNDS),
    "pricing-missing": Fault("402, pricing_not_configured", NO_PRICE),
    "key-limit": Fault("429, limit of the key", KEY_LIMIT),
    "guardrail": Fault("403, guardrail_blocked", GUARDRAIL),
    "data-policy": Fault("403, guardrail_blocked: no provider keeps the data policy", DATA_POLICY),
    "no-match": Fault("400, validation_error: provider filters leave nobody", NO_MATCH),
    "region": Fault("403, model_region_unavailable", REGION),
    "validation": Fault("400, validation_error with details", VALIDATION),
    "unsupported": Fault("400, unsupported_model_or_endpoint", UNSUPPORTED),
    "not-supported": Fault("400, not_supported", NOT_SUPPORTED),
    "modalities": Fault("400, unsupported_modalities", MODALITIES),
    "too-large": Fault("413, payload_too_large", TOO_LARGE),
    "not-ready": Fault("409, not_ready", NOT_READY),
    "not-implemented": Fault("501, not_implemented_yet", NOT_YET),
    "upstream": Fault("502, all candidates failed with 503", UPSTREAM),
    "rate-limited": Fault("502, all candidates failed with 429", RATE_LIMITED),
    "empty": Fault("502, google_empty_response", EMPTY),
    "payment": Fault("502, provider_payment_required", PAYMENT),
    "gateway-error": Fault("500, gateway_error", GATEWAY),
    "pipeline-error": Fault("500, pipeline_execution_error", PIPELINE),
    "normalization": _stream("502 in the form {requestId, error, message, upstreamStatus}", "normalization"),
    "html-502": _stream("502 with an HTML page, as a proxy in front sends it", "html-502"),
    "html-200": _stream("200 with an HTML page", "html-200"),
    "bad-json": _stream("200 with JSON that ends in the middle", "bad-json"),
    "redirect": _stream("307 to another path; must not be followed", "redirect"),
    "no-answer": _stream("the connection is closed before any answer", "no-answer"),
    "mid-stream-error": _stream(
        "an error object after half of the text; status stays 200", "mid-stream-error"
    ),
    "truncated": _stream(
        "the stream ends properly after half of the text: no finish, no [DONE]", "truncated"
    ),
    "broken": _stream("the connection ends inside the chunked body", "broken"),
    "reset": _stream("the connection is reset (RST) after half of the text", "reset"),
    "stall": _stream("silence after half of the text, for an hour", "stall"),
    "silence": _stream("`silence_ms` (two minutes) until the first byte", "silence"),
    "slow-first-byte": _stream("eight seconds until the first byte", "slow-first-byte"),
    "long": _stream("a stream of 20,000 words", "long"),
    "endless": _stream("a stream of a million words", "endless"),
    "burst": _stream("the whole stream at once, without pauses", "burst"),
    "split-utf8": _stream("chunks of three bytes, through characters and lines", "split-utf8"),
    "big-frame": _stream("one frame of 4 MiB", "big-frame"),
    "no-done": _form("chat: finish and usage, no [DONE]", "usage,finish"),
    "done": _form("chat: finish, usage and [DONE]", "done,usage,finish,blocks,typed"),
    "snapshot": _form("chat: finish, usage, final snapshot, [DONE]", "done,usage,finish,snapshot"),
    "snapshot-only": _form("chat: no finish and no usage frame, only the snapshot", "snapshot"),
    "cumulative-tools": _form(
        "tool arguments repeat all so far; snapshot at the end", "done,usage,finish,snapshot,cumulative,typed"
    ),
    "cumulative-bare": _form("tool arguments repeat all so far; no snapshot", "done,usage,finish,cumulative"),
    "true-tools": _form("tool arguments are true deltas", "done,usage,finish,blocks,typed"),
    "two-completed": _form("responses: two response.completed, no type", "twice"),
    "untyped": _form("responses: no data.type", "usage"),
    "reencoded": _form(
        "messages: no content blocks around text, stop and usage apart, native id", "split,native_id"
    ),
    "crlf": _form("CR LF line ends and comments", "done,usage,finish,blocks,typed,crlf"),
}


def fault_of(model: str) -> str | None:
    """The fault a model name asks for: `demo/<fault>`, with or without a provider in front."""
    name = model.rpartition(":")[2] if ":demo/" in model else model
    return name.removeprefix("demo/") if name.startswith("demo/") and name[5:] in FAULTS else None
