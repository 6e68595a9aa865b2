"""What gateway and provider said of a failure in their own words."""

from generations.gateway.rawjson.values import Value
from generations.reading.diagnosis.error_facts import Fields, error_code, message, payload_of
from generations.reading.page_types.base import Fact
from generations.reading.text import box, inside, items, short, words


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
