"""The calls of providers that one request made: what each answered, when it began, how long it took."""

from decimal import Decimal

from generations.gateway.rawjson.values import Value
from generations.reading.figures import formatting
from generations.reading.page_types.base import Fact, Shape, Tone
from generations.reading.page_types.figures import Bar
from generations.reading.text import box, decimal, items, short, whole, words

SHOWN = 60  # attempts
OUTCOMES: dict[str, tuple[Tone, str]] = {
    "success": ("good", "answered"),
    "upstream_non_2xx": ("bad", "answered with an error"),
    "error": ("bad", "failed"),
    "retryable_error": ("warn", "failed, retry allowed"),
    "blocked": ("warn", "not called: blocked"),
    "no_pricing": ("warn", "not called: no price is configured"),
    "unsupported_executor": ("warn", "not called: the gateway cannot use it for this endpoint"),
}
FAILURES = ("upstream_non_2xx", "error", "retryable_error")  # a provider was asked, in vain
KEYS = {
    "priority_byok": "your own key, tried first",
    "gateway": "the gateway's key",
    "fallback_byok": "your own key, as a fallback",
    "byok": "your own key",
}
_DETAIL = (
    ("provider_model_slug", "provider's model"),
    ("upstream_error_code", "provider's code"),
    ("upstream_error_type", "provider's type"),
    ("upstream_error_message", "provider said"),
    ("upstream_error_description", "provider said"),
    ("upstream_error_param", "about"),
    ("upstream_payload_preview", "provider's body"),
    ("upstream_url", "asked at"),
    ("type", "type"),
)


class Attempt(Shape, frozen=True):
    """One call of a provider: when it began (ms since 1970) and how long it took (ms), where that is known."""

    provider: str
    outcome: str
    start: int | None
    length: Decimal | None
    bar: Bar

    @property
    def answered(self) -> bool:
        """Whether the provider answered with success, even if its stream broke later."""
        return self.outcome == "success"

    @property
    def failed(self) -> bool:
        """Whether a provider was asked in vain."""
        return self.outcome in FAILURES


def read(fields: dict[str, Value]) -> list[Attempt]:
    """The attempts of a record, in its order; the first 60 of them."""
    tries = items(fields.get("provider_attempts"))[:SHOWN]
    return [attempt(value, number) for number, value in enumerate(tries, 1)]


def attempt(value: Value, number: int) -> Attempt:
    """One element of `provider_attempts`. contract: every member is optional."""
    members = box(value)
    outcome = words(members.get("outcome")) or "unknown"
    tone, said = OUTCOMES.get(outcome, ("none", f"outcome {short(outcome, 60)}"))
    status = whole(members.get("status"))
    length = duration(members.get("duration_ms"))
    if length is None:
        length = duration(members.get("upstream_headers_ms"))
    provider = short(members.get("provider") or "unknown provider", 60)
    name = f"{whole(members.get('attempt_number')) or number}. {provider}"
    answered = f"HTTP {status}" if status is not None else ""
    note = ", ".join(filter(None, [said, answered, formatting.duration(length)]))
    start = whole(members.get("started_at_unix_ms"))
    bar = Bar([], name, note, tone=tone, facts=_details(members))
    return Attempt(provider, outcome, start if start and start > 0 else None, length, bar)


def duration(value: Value) -> Decimal | None:
    """Milliseconds; None for what is not a length of time, as a negative number is."""
    taken = decimal(value)
    return taken if taken is not None and taken >= 0 else None


def _details(members: dict[str, Value]) -> list[Fact]:
    made = [
        Fact(label, short(members[key], 400))
        for key, label in _DETAIL
        if members.get(key) not in (None, "", [])
    ]
    source = words(members.get("credential_phase")) or words(members.get("key_source"))
    if source:
        made.append(Fact("key", KEYS.get(source, short(source, 60))))
    if isinstance(members.get("retryable"), bool):
        made.append(Fact("may be tried again", "yes" if members["retryable"] else "no"))
    for key in ("request_build_ms", "upstream_headers_ms", "time_to_upstream_request_ms", "retry_delay_ms"):
        taken = decimal(members.get(key))
        if taken is not None:
            label = key.removesuffix("_ms").replace("_", " ")
            made.append(Fact(label, formatting.duration(taken), formatting.exact_ms(taken)))
    return made
