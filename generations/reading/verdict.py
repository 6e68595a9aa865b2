"""What happened, whose fault it is, what to do, and whether a replay can help. The rules are in
`verdict_rules`.
"""

from generations.gateway.jsontext import Value
from generations.reading import numbers
from generations.reading.shapes import Fact, Verdict
from generations.reading.text import box, inside, items, short, whole, words
from generations.reading.verdict_reasons import REASONS
from generations.reading.verdict_rules import (
    CATEGORIES,
    CODES,
    FAULTS,
    GENERIC,
    HELPS,
    REJECTED,
    STATUSES,
    Rule,
)

Fields = dict[str, Value]

# Which category the statuses of failed providers speak for, when the record names none.
LIKELY: dict[int, str] = {
    401: "credentials_invalid_or_forbidden",
    403: "provider_access_missing",
    404: "model_unavailable_for_endpoint",
    408: "server_error",
    429: "rate_limited",
    **dict.fromkeys((500, 502, 503, 504, 529), "server_error"),
}

# Why the model stopped: title and advice. Reasons that need no word have none.
FINISHES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("length", "max_tokens", "max_output_tokens", "incomplete"),
        (
            "The answer was cut off at its length limit.",
            "Raise the output limit, or ask for a shorter answer.",
        ),
    ),
    **dict.fromkeys(
        ("content_filter", "safety", "recitation", "refusal"),
        (
            "The provider's filter stopped the answer.",
            "Change the prompt, or choose another model or provider.",
        ),
    ),
    "error": ("The answer ended with an error.", "Replay it; the answer may be incomplete."),
    "cancel": ("The answer was cancelled.", "The client or the gateway ended it before the model was done."),
    "cancelled": (
        "The answer was cancelled.",
        "The client or the gateway ended it before the model was done.",
    ),
    "model_context_window_exceeded": (
        "The model's context was full.",
        "Send less, or choose a model with more context.",
    ),
}

LABELS = {
    "replay": "Replay",
    "replay_other_provider": "Replay on another provider",
}
OWN_KEYS = ("credentials_invalid_or_forbidden", "credentials_not_configured")
BROKEN = ("upstream_stream_failure", "upstream_empty_response", "google_empty_response")


def read(fields: Fields) -> Verdict:
    """The verdict of a record."""
    status = whole(fields.get("status_code"))
    if status == 102:
        return _session(fields)
    worked = succeeded(fields)
    if worked is None:
        return Verdict("none", "Unknown", "The record does not say how the request ended.")
    return _succeeded(fields) if worked else _failed(fields)


def succeeded(fields: Fields) -> bool | None:
    """Whether the request succeeded, by `success`, else by the status, else by an error; None when none tells."""
    told, status = fields.get("success"), whole(fields.get("status_code"))
    if isinstance(told, bool):
        return told
    if status is not None and 200 <= status < 600:
        return status < 300
    return False if error_code(fields) else None


def _session(fields: Fields) -> Verdict:
    told = "This is a realtime session that was not closed when the gateway wrote its record."
    return Verdict("run", "Open session", told, advice="Look it up again once the session is over.")


# -- success -----------------------------------------------------------------------------------------------


def _succeeded(fields: Fields) -> Verdict:
    finish = words(fields.get("finish_reason")) or ""
    title, advice = FINISHES.get(finish.lower(), ("", ""))
    if title:
        return Verdict(
            "warn", "Succeeded", title, advice=advice, rule=f"finish:{finish[:40]}", quotes=_fallback(fields)
        )
    if fields.get("cost_nanos") is None and words(fields.get("endpoint")) in ("video.generation", "batch"):
        told = "The job was accepted. Its result and cost come when it is finished."
        return Verdict(
            "run",
            "Accepted",
            told,
            advice="Look it up again later; Retake does so by itself while it may change.",
        )
    guard = inside(fields.get("error_payload"), "guardrail_enforcement")
    if guard is not None:
        said = [Fact("guardrail", short(guard, 300))]
        return Verdict(
            "good", "Succeeded", "A guardrail changed this request.", rule="guardrail", quotes=said
        )
    return Verdict("good", "Succeeded", quotes=_fallback(fields))


def _fallback(fields: Fields) -> list[Fact]:
    """Providers that failed before one answered."""
    failed = _failed_tries(fields)[:5] if failed_before(fields) else []
    return [Fact("before that", "; ".join(_said(one) for one in failed))] if failed else []


def _failed_tries(fields: Fields) -> list[Fields]:
    tries = [box(one) for one in items(fields.get("provider_attempts"))]
    return [one for one in tries if words(one.get("outcome")) not in (None, "success", "blocked")]


def failed_before(fields: Fields) -> int:
    """How many attempts failed before one succeeded; 0 when none did."""
    failed = len(_failed_tries(fields))
    return failed if failed < len(items(fields.get("provider_attempts"))) else 0


def _said(attempt: Fields) -> str:
    name = short(attempt.get("provider") or "unknown provider", 60)
    status = whole(attempt.get("status"))
    code = words(attempt.get("upstream_error_code"))
    told = " ".join(
        filter(None, [str(status) if status is not None else "", short(code, 80) if code else ""])
    )
    return f"{name} answered {told}" if told else f"{name}: {short(attempt.get('outcome') or 'unknown', 60)}"


# -- failure -----------------------------------------------------------------------------------------------


def error_code(fields: Fields) -> str:
    """The error code without its attribution. contract: stored as `<attribution>:<code>`."""
    payload = box(fields.get("error_payload"))
    error = payload.get("error")
    if isinstance(error, dict):
        error = error.get("code") or error.get("type")
    stored = (words(fields.get("error_code")) or "").rpartition(":")[2]
    return stored or words(error) or ""


def _failed(fields: Fields) -> Verdict:
    rule, sure = find(fields)
    names = _names(fields)
    status = whole(fields.get("status_code"))
    return Verdict(
        tone="bad",
        word="Failed",
        title=_title(rule.title.format_map(names), sure=sure),
        story=" ".join(filter(None, [story(fields), _charged(fields)])),
        fault=FAULTS["account" if rule.key in OWN_KEYS and _own_keys(fields) else rule.fault],
        advice=rule.advice.format_map(names),
        replay=HELPS[rule.helps],
        action=rule.action,
        action_label=LABELS.get(rule.action, ""),
        rule=rule.key or f"generic:{status}",
        quotes=quotes(fields),
    )


def _own_keys(fields: Fields) -> bool:
    """Whether every provider that refused was asked with the customer's own key. contract: `key_source`."""
    failed = _failed_tries(fields)
    return bool(failed) and all(words(one.get("key_source")) == "byok" for one in failed)


def _title(title: str, *, sure: bool) -> str:
    return (
        title
        if sure
        else "Most likely: " + title.replace("The ", "the ", 1 if title.startswith("The ") else 0)
    )


def find(fields: Fields) -> tuple[Rule, bool]:
    """The rule that explains a failure best, and whether the record proves it: category, reason, code, then
    status.
    """
    payload = box(fields.get("error_payload"))
    category = words(inside(payload, "provider_failure_diagnostics", "category"))
    if category in CATEGORIES:
        return CATEGORIES[category], True
    code, reason = error_code(fields), words(payload.get("reason"))
    if code in ("upstream_error", "") or reason == "all_candidates_failed":
        likely = _likely(fields, payload)
        if likely is not None:
            return likely, False
    if reason in REASONS:
        return REASONS[reason], True
    if code in CODES:
        return CODES[code], True
    return _by_status(whole(fields.get("status_code")))


def _by_status(status: int | None) -> tuple[Rule, bool]:
    known = STATUSES.get(str(status))
    if known is None and status is not None and 400 <= status < 600:
        known = STATUSES["400" if status < 500 else "500"]
    return (known, True) if known else (GENERIC, True)


def failed_statuses(fields: Fields, payload: Fields) -> set[int]:
    """The HTTP statuses that providers answered with."""
    told = {whole(one) for one in items(payload.get("failed_statuses"))}
    tries = [box(one) for one in items(fields.get("provider_attempts"))]
    told |= {whole(one.get("status")) for one in tries if words(one.get("outcome")) != "success"}
    return {status for status in told if status is not None and status >= 400}


def _likely(fields: Fields, payload: Fields) -> Rule | None:
    """What the statuses of the providers speak for, when all say the same."""
    statuses = failed_statuses(fields, payload)
    found = {LIKELY.get(status, "rejected" if status in (400, 422) else "") for status in statuses}
    if len(found) != 1:
        return None
    category = found.pop()
    return REJECTED if category == "rejected" else CATEGORIES.get(category)


class _Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return numbers.UNKNOWN


def _names(fields: Fields) -> _Names:
    providers = failed_providers(fields)
    provider = short(fields.get("provider") or (providers[0] if len(providers) == 1 else "The provider"), 60)
    model = short(fields.get("model_id") or "the model", 120)
    return _Names(provider=provider, model="the model" if model == "unknown" else model)


def failed_providers(fields: Fields) -> list[str]:
    """The providers that were tried without success, in order."""
    told = items(inside(fields.get("error_payload"), "failed_providers"))
    told = told or [inside(one, "provider") for one in items(fields.get("provider_attempts"))]
    return list(dict.fromkeys(short(one, 60) for one in told if words(one)))


def story(fields: Fields) -> str:
    """What each provider answered, or that none was asked; and what the client saw."""
    tries = [box(one) for one in items(fields.get("provider_attempts"))]
    if tries:
        told = "; ".join(_said(one) for one in tries[:5])
        more = f"; and {len(tries) - 5} more" if len(tries) > 5 else ""
        left = (
            "; no other provider was left to try"
            if words(inside(fields.get("error_payload"), "reason"))
            else ""
        )
        return f"{told}{more}{left}." + _client_saw(fields)
    if fields.get("provider") is None and "provider" in fields:
        return "No provider was asked: it failed before routing." + _client_saw(fields)
    return _client_saw(fields).strip()


def _client_saw(fields: Fields) -> str:
    """contract: streams that broke are stored as 502 although the client saw 200."""
    broken = fields.get("stream") is True and whole(fields.get("status_code")) == 502
    return (
        " The client saw HTTP 200, because the stream had begun."
        if broken and error_code(fields) in BROKEN[:1]
        else ""
    )


def _charged(fields: Fields) -> str:
    nanos = whole(fields.get("cost_nanos"))
    if nanos is None:
        return "No charge is recorded."
    return "Nothing was charged." if nanos == 0 else f"{numbers.exact_dollars(nanos)} was charged."


def quotes(fields: Fields) -> list[Fact]:
    """What gateway and provider said in their own words."""
    payload = box(fields.get("error_payload"))
    error = box(payload.get("error"))
    upstream = box(payload.get("upstream_error"))
    said = [
        (
            "the gateway said",
            fields.get("error_message")
            or payload.get("description")
            or payload.get("message")
            or error.get("message"),
        ),
        ("hint", inside(payload, "provider_failure_diagnostics", "hint")),
        ("the provider said", upstream.get("message") or upstream.get("description")),
        ("provider's code", upstream.get("code")),
        ("about", upstream.get("param") or error.get("param")),
        ("note", payload.get("provider_payment_required_support_notice")),
        ("guardrail", payload.get("guardrail") or payload.get("guardrail_enforcement")),
        ("without a price", payload.get("missing_pricing_providers")),
    ]
    told = [
        Fact(label, short(value, 600), note=_note(value))
        for label, value in said
        if value not in (None, "", [], {})
    ]
    return told + [_detail(one) for one in items(payload.get("details"))[:20]]


def _note(value: Value) -> str:
    return "replaced by the gateway's sanitiser" if value == "[redacted]" else ""


def _detail(value: Value) -> Fact:
    """One finding of the gateway's validation."""
    told = box(value)
    path = told.get("path")
    place = (
        ".".join(short(step, 40) for step in path)
        if isinstance(path, list)
        else short(path or "request", 120)
    )
    return Fact(place or "request", short(told.get("message") or value, 300))
