"""What happened, whose fault it is, what to do, and whether a replay can help. The words are those of the catalogue in
`gateway.error_catalogue`; replays are explained by the same functions as records.
"""

from generations.gateway import endpoints
from generations.gateway.error_bodies import ORIGINS, entry_of
from generations.gateway.error_catalogue import (
    CONNECTIONS,
    FAULTS,
    HELPS,
    CatalogueEntry,
    Whose,
    by_status,
    likely_cause,
)
from generations.gateway.rawjson.values import Value
from generations.reading.diagnosis.error_facts import (
    Fields,
    attempt_said,
    error_code,
    failed_before,
    failed_providers,
    failed_statuses,
    failed_tries,
    message,
    payload_of,
)
from generations.reading.diagnosis.quotes import quotes
from generations.reading.figures import costs, formatting
from generations.reading.figures.recorded_times import is_open
from generations.reading.page_types.base import Fact
from generations.reading.page_types.outline import Verdict
from generations.reading.text import box, inside, items, short, snippet, whole, words

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
    "error": (CONNECTIONS["error_finish"].title, "Replay it; the answer may be incomplete."),
    "cancel": ("The answer was cancelled.", "The client or the gateway ended it before the model was done."),
    "cancelled": (
        "The answer was cancelled.",
        "The client or the gateway ended it before the model was done.",
    ),
    "model_context_window_exceeded": (
        "The model's context window was full.",
        "Send less, or choose a model with a larger context window.",
    ),
}

BODY = 8000  # characters of an error's JSON on its card
# Named, but the providers' own statuses say more.
VAGUE = ("upstream_error", "all_candidates_failed")

LABELS = {
    "replay": "Replay",
    "replay_other_provider": "Replay on another provider",
}
OWN_KEYS = ("credentials_invalid_or_forbidden", "credentials_not_configured")
BROKEN = ("upstream_stream_failure", "upstream_empty_response", "google_empty_response")


def read(fields: Fields) -> Verdict:
    """The verdict of a record."""
    if is_open(fields):
        return _session(fields)
    worked = succeeded(fields)
    if worked is None:
        return Verdict("none", "Unknown", "The record does not say how the request ended.")
    return _succeeded(fields) if worked else _failed(fields)


def succeeded(fields: Fields) -> bool | None:
    """Whether the request succeeded, by `success`, else by the status, else by an error; None when none of them says."""
    success, status = fields.get("success"), whole(fields.get("status_code"))
    if is_open(fields):
        return None
    if isinstance(success, bool):
        return success
    if status is not None and 200 <= status < 600:
        return status < 300
    return False if error_code(fields) else None


def _session(fields: Fields) -> Verdict:
    explanation = "The realtime session was still open when the gateway wrote this record."
    return Verdict("run", "Open session", explanation, advice="Look it up again after the session ends.")


# -- success -----------------------------------------------------------------------------------------------


def _succeeded(fields: Fields) -> Verdict:
    finish = words(fields.get("finish_reason")) or ""
    title, advice = FINISHES.get(finish.lower(), ("", ""))
    if title:
        return Verdict(
            "warn", "Succeeded", title, advice=advice, rule=f"finish:{finish[:40]}", quotes=_fallback(fields)
        )
    if fields.get("cost_nanos") is None and endpoints.is_job(words(fields.get("endpoint"))):
        explanation = "The job was accepted. Its result and cost follow when it finishes."
        return Verdict(
            "run",
            "Accepted",
            explanation,
            advice="Look it up again later; until it finishes, Retake also checks by itself.",
        )
    guard = inside(fields.get("error_payload"), "guardrail_enforcement")
    if guard is not None:
        said = [Fact("guardrail", short(guard, 300))]
        return Verdict(
            "good", "Succeeded", "A guardrail changed this request.", rule="guardrail", quotes=said
        )
    return Verdict("good", "Succeeded", quotes=_fallback(fields))


def _fallback(fields: Fields) -> list[Fact]:
    """Providers that failed before it answered."""
    failed = failed_tries(fields)[:5] if failed_before(fields) else []
    return [Fact("before that", "; ".join(attempt_said(attempt) for attempt in failed))] if failed else []


# -- failure -----------------------------------------------------------------------------------------------


def _failed(fields: Fields) -> Verdict:
    said = quotes(fields)
    explanation = " ".join(filter(None, [story(fields), _charged(fields)]))
    return explained(fields, explanation, said, body=fields.get("error_payload"))


def explained(
    fields: Fields,
    explanation: str,
    said: list[Fact],
    known: CatalogueEntry | None = None,
    body: Value = None,
    *,
    sure: bool = True,
) -> Verdict:
    """The verdict of a failure: `fields` as in a record, `explanation` the story, `said` the words of gateway and provider.

    known: the cause where something other than the error shows it, for `sure` or not; body: the error as it came.
    """
    entry, sure = (known, sure) if known else find(fields)
    names = _names(fields)
    title, advice = entry.words(names)
    return Verdict(
        tone="bad",
        word="Failed",
        title=_title(title, names.get("provider", ""), sure=sure),
        story=explanation,
        fault=FAULTS[_fault(fields, entry)],
        advice=_advice(entry, advice, fields),
        replay=HELPS[entry.helps],
        action=entry.action,
        action_label=LABELS.get(entry.action, ""),
        rule=entry.key or f"generic:{whole(fields.get('status_code'))}",
        quotes=said,
        body=snippet(body, BODY) if body is not None else "",
    )


def _advice(entry: CatalogueEntry, advice: str, fields: Fields) -> str:
    """ "The fields below" only where some are listed."""
    if entry.key != "validation_error" or payload_of(fields).get("details"):
        return advice
    return (
        "Fix what the message describes."
        if message(fields)
        else "The gateway did not list the fields: compare the request with its API reference."
    )


def _fault(fields: Fields, entry: CatalogueEntry) -> Whose:
    """Whose fault: the customer's account where its own key was refused, and the gateway's word for unknown codes."""
    if entry.key in OWN_KEYS and _own_keys(fields):
        return "account"
    origin = ORIGINS.get(words(payload_of(fields).get("error_origin")) or "")
    unknown = entry.key.isdigit() or not entry.key
    return origin if origin and unknown and entry.fault != "account" else entry.fault


def _own_keys(fields: Fields) -> bool:
    """Whether every provider that refused was asked with the customer's own key. contract: `key_source`."""
    failed = failed_tries(fields)
    return bool(failed) and all(words(attempt.get("key_source")) == "byok" for attempt in failed)


def _title(title: str, provider: str, *, sure: bool) -> str:
    if sure:
        return title
    named = title.startswith("The ") and not (provider and title.startswith(provider))
    return f"Most likely: {title.replace('The ', 'the ', 1) if named else title}"


def find(fields: Fields) -> tuple[CatalogueEntry, bool]:
    """What explains a failure best, and whether that is certain: what the error names, else the providers' statuses,
    else the HTTP status.
    """
    payload = payload_of(fields)
    code = error_code(fields)
    named = entry_of({**payload, "error": code or None})
    if named is not None and named.key not in VAGUE:
        return named, True
    if named is not None or not code or code.isdigit():
        guess = likely_cause(failed_statuses(fields, payload))
        if guess is not None:
            return guess, False
    return (named, True) if named is not None else (by_status(whole(fields.get("status_code"))), True)


def _names(fields: Fields) -> dict[str, str]:
    """Provider and model as the sentences name them, without what is not known."""
    providers = failed_providers(fields)
    provider = words(fields.get("provider")) or (providers[0] if len(providers) == 1 else "")
    model = words(fields.get("model_id")) or ""
    names = {"provider": short(provider, 60), "model": "" if model == "unknown" else short(model, 120)}
    return {key: name for key, name in names.items() if name}


def story(fields: Fields) -> str:
    """What each provider answered, or that none was asked; and what the client saw."""
    tries = [box(attempt) for attempt in items(fields.get("provider_attempts"))]
    if tries:
        answers = "; ".join(attempt_said(attempt) for attempt in tries[:5])
        more = f"; and {len(tries) - 5} more" if len(tries) > 5 else ""
        left = (
            "; no other provider was left to try"
            if payload_of(fields).get("reason") == "all_candidates_failed"
            else ""
        )
        return f"{answers}{more}{left}." + _client_saw(fields)
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
    cost = costs.charged(fields)
    if cost is None:
        return "No charge is recorded." if costs.as_recorded(fields) == formatting.UNKNOWN else ""
    shown = formatting.exact_dollars(cost, costs.currency_of(fields))
    return "Nothing was charged." if cost == 0 else f"{shown} was charged."
