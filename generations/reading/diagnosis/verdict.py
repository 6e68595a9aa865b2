"""What happened, whose fault it is, what to do, and whether a replay can help. The words are those of the catalogue in
`gateway.error_catalogue`; replays are explained by the same functions as records.
"""

from generations.gateway import endpoints, error_bodies
from generations.gateway.error_bodies import ORIGINS, entry_of
from generations.gateway.error_catalogue import CONNECTIONS, FAULTS, HELPS, Entry, Whose, by_status, likely
from generations.gateway.rawjson.values import Value
from generations.reading.figures import costs, formatting
from generations.reading.figures.recorded_times import is_open
from generations.reading.page_types import Fact, Verdict
from generations.reading.text import box, inside, items, short, snippet, whole, words

Fields = dict[str, Value]

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
    failed = _failed_tries(fields)[:5] if failed_before(fields) else []
    return [Fact("before that", "; ".join(_said(attempt) for attempt in failed))] if failed else []


def _failed_tries(fields: Fields) -> list[Fields]:
    tries = [box(attempt) for attempt in items(fields.get("provider_attempts"))]
    return [attempt for attempt in tries if words(attempt.get("outcome")) not in (None, "success", "blocked")]


def failed_before(fields: Fields) -> int:
    """How many attempts failed before it succeeded; 0 when none did."""
    failed = len(_failed_tries(fields))
    return failed if failed < len(items(fields.get("provider_attempts"))) else 0


def _said(attempt: Fields) -> str:
    name = short(attempt.get("provider") or "unknown provider", 60)
    status = whole(attempt.get("status"))
    code = words(attempt.get("upstream_error_code"))
    answer = " ".join(
        filter(None, [str(status) if status is not None else "", short(code, 80) if code else ""])
    )
    return (
        f"{name} answered {answer}" if answer else f"{name}: {short(attempt.get('outcome') or 'unknown', 60)}"
    )


# -- failure -----------------------------------------------------------------------------------------------


def error_code(fields: Fields) -> str:
    """The error code without its attribution. contract: stored as `<attribution>:<code>`."""
    stored = (words(fields.get("error_code")) or "").rpartition(":")[2]
    return stored or words(payload_of(fields).get("error")) or ""


def payload_of(fields: Fields) -> Fields:
    """The record's error in the gateway's flat form."""
    return error_bodies.flat(fields.get("error_payload"))


def _failed(fields: Fields) -> Verdict:
    said = quotes(fields)
    explanation = " ".join(filter(None, [story(fields), _charged(fields)]))
    return explained(fields, explanation, said, body=fields.get("error_payload"))


def explained(
    fields: Fields,
    explanation: str,
    said: list[Fact],
    known: Entry | None = None,
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


def _advice(entry: Entry, advice: str, fields: Fields) -> str:
    """ "The fields below" only where some are listed."""
    if entry.key != "validation_error" or payload_of(fields).get("details"):
        return advice
    return (
        "Fix what the message describes."
        if message(fields)
        else "The gateway did not list the fields: compare the request with its API reference."
    )


def _fault(fields: Fields, entry: Entry) -> Whose:
    """Whose fault: the customer's account where its own key was refused, and the gateway's word for unknown codes."""
    if entry.key in OWN_KEYS and _own_keys(fields):
        return "account"
    origin = ORIGINS.get(words(payload_of(fields).get("error_origin")) or "")
    unknown = entry.key.isdigit() or not entry.key
    return origin if origin and unknown and entry.fault != "account" else entry.fault


def _own_keys(fields: Fields) -> bool:
    """Whether every provider that refused was asked with the customer's own key. contract: `key_source`."""
    failed = _failed_tries(fields)
    return bool(failed) and all(words(attempt.get("key_source")) == "byok" for attempt in failed)


def _title(title: str, provider: str, *, sure: bool) -> str:
    if sure:
        return title
    named = title.startswith("The ") and not (provider and title.startswith(provider))
    return f"Most likely: {title.replace('The ', 'the ', 1) if named else title}"


def find(fields: Fields) -> tuple[Entry, bool]:
    """What explains a failure best, and whether that is certain: what the error names, else the providers' statuses,
    else the HTTP status.
    """
    payload = payload_of(fields)
    code = error_code(fields)
    named = entry_of({**payload, "error": code or None})
    if named is not None and named.key not in VAGUE:
        return named, True
    if named is not None or not code or code.isdigit():
        guess = likely(failed_statuses(fields, payload))
        if guess is not None:
            return guess, False
    return (named, True) if named is not None else (by_status(whole(fields.get("status_code"))), True)


def failed_statuses(fields: Fields, payload: Fields) -> set[int]:
    """The HTTP statuses that providers answered with."""
    statuses = {whole(value) for value in items(payload.get("failed_statuses"))}
    tries = [box(value) for value in items(fields.get("provider_attempts"))]
    statuses |= {whole(value.get("status")) for value in tries if words(value.get("outcome")) != "success"}
    return {status for status in statuses if status is not None and status >= 400}


def _names(fields: Fields) -> dict[str, str]:
    """Provider and model as the sentences name them, without what is not known."""
    providers = failed_providers(fields)
    provider = words(fields.get("provider")) or (providers[0] if len(providers) == 1 else "")
    model = words(fields.get("model_id")) or ""
    names = {"provider": short(provider, 60), "model": "" if model == "unknown" else short(model, 120)}
    return {key: name for key, name in names.items() if name}


def failed_providers(fields: Fields) -> list[str]:
    """The providers that were tried without success, in order."""
    providers = items(payload_of(fields).get("failed_providers"))
    tries = [box(item) for item in items(fields.get("provider_attempts"))]
    providers = providers or [
        item.get("provider") for item in tries if words(item.get("outcome")) != "success"
    ]
    return list(dict.fromkeys(short(item, 60) for item in providers if words(item)))


def story(fields: Fields) -> str:
    """What each provider answered, or that none was asked; and what the client saw."""
    tries = [box(attempt) for attempt in items(fields.get("provider_attempts"))]
    if tries:
        answers = "; ".join(_said(attempt) for attempt in tries[:5])
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
    cost = costs.nanos(fields.get("cost_nanos"))
    if cost is None:
        return "No charge is recorded." if fields.get("cost_nanos") is None else ""
    shown = formatting.exact_dollars(cost, costs.currency_of(fields))
    return "Nothing was charged." if cost == 0 else f"{shown} was charged."


def message(fields: Fields) -> Value:
    return fields.get("error_message") or payload_of(fields).get("description")


def quotes(fields: Fields) -> list[Fact]:
    """What gateway and provider said in their own words."""
    payload = payload_of(fields)
    upstream = box(payload.get("upstream_error"))
    text = message(fields)
    said = [
        ("the gateway said", text),
        ("code", error_code(fields)),
        ("reason", payload.get("reason")),
        ("hint", inside(payload, "provider_failure_diagnostics", "hint")),
        ("the provider said", _other(upstream.get("message") or upstream.get("description"), text)),
        ("provider's code", upstream.get("code")),
        ("about", upstream.get("param")),
        ("note", payload.get("provider_payment_required_support_notice")),
        ("guardrail", payload.get("guardrail") or payload.get("guardrail_enforcement")),
        ("without a price", payload.get("missing_pricing_providers")),
    ]
    facts = [
        Fact(label, short(value, 600), note=_note(value))
        for label, value in said
        if value not in (None, "", [], {})
    ]
    known = {fact.value for fact in facts}
    facts += [fact for fact in _attempts_said(fields) if fact.value not in known]
    return facts + [_detail(detail) for detail in items(payload.get("details"))[:20]]


def _attempts_said(fields: Fields) -> list[Fact]:
    """What each provider that failed said in its own words."""
    tries = [box(attempt) for attempt in items(fields.get("provider_attempts"))[:5]]
    return [
        Fact(
            f"{short(attempt.get('provider') or 'a provider', 60)} said",
            short(attempt["upstream_error_message"], 600),
        )
        for attempt in tries
        if words(attempt.get("upstream_error_message"))
    ]


def _other(value: Value, message: Value) -> Value:
    return None if value == message else value


def _note(value: Value) -> str:
    return "replaced by the gateway's sanitizer" if value == "[redacted]" else ""


def _detail(value: Value) -> Fact:
    """One finding of a validation: zod's keyword and what it allows stand behind the words."""
    fields = box(value)
    path = fields.get("path")
    place = (
        ".".join(short(step, 40) for step in path)
        if isinstance(path, list)
        else short(path or "request", 120)
    )
    extra = [words(fields.get("keyword")) or "", short(fields["params"], 200) if fields.get("params") else ""]
    return Fact(
        place or "request", short(fields.get("message") or value, 300), note=" ".join(filter(None, extra))
    )
