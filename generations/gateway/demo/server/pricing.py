"""The price list and what a usage costs by it: `/v1/pricing/models`, `/v1/pricing/calculate`. contract §15, §15.1.

The list is incomplete, does not name service tiers, prices one provider in EUR and writes small prices as `5e-8`, as the
real one does. A usage without a price costs 0 with no lines.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal

from generations.gateway.demo.javascript import number_text
from generations.gateway.demo.prices import MODELS, Model, usd
from generations.gateway.demo.shapes import Json

TEXT, EMBED, BATCH = "text.generate", "text.embed", "batch"
MILLION = 10**6
LONG_PROMPT = 200_000
# Priced by `calculate` alone: the list is cut off in production.
UNLISTED = {"mistral/mistral-large-3"}
PEAK: Json = {"label": "peak", "end_time": "04:00", "timezone": "UTC", "start_time": "01:00"}
FIELDS = ("provider", "model", "endpoint", "usage")
MISSING: Json = {
    "ok": False,
    "error": "missing_required_fields",
    "message": "provider, model, endpoint, and usage are required",
}
UNPRICED: Json = {
    "ok": False,
    "error": "pricing_not_found",
    "message": "No pricing data found for this model",
}


class CalculationFailed(Exception):
    """The gateway fails with 500."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One price: nanos per unit; `beyond` holds for prompts over 200,000 tokens (True) or up to them (False)."""

    name: str
    nanos: Decimal
    beyond: bool | None = None
    peak_nanos: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """What one provider charges for one model and operation in one tier, which is not named."""

    provider: str
    model: str
    endpoint: str
    meters: tuple[Meter, ...]
    is_standard: bool = True
    in_euros: bool = False

    def shown(self) -> Json:
        return {
            "provider": self.provider,
            "model": self.model,
            "endpoint": self.endpoint,
            "display_name": self.model.partition("/")[2],
            "meters": [self._meter(meter) for meter in self.meters],
        }

    def _meter(self, meter: Meter) -> Json:
        size = 1 if self.in_euros else MILLION
        window = (
            PEAK | {"price_per_unit": float(_dollars(meter.peak_nanos, size))} if meter.peak_nanos else None
        )
        operator = {True: "gt", False: "lte"}
        condition = {"path": "input_tokens", "value": LONG_PROMPT, "or_group": 1, "and_index": 1}
        return {
            "meter": meter.name,
            "unit": "token",
            "unit_size": size,
            "price_per_unit": number_text(_dollars(meter.nanos, size)),
            "currency": "EUR" if self.in_euros else "USD",
            "conditions": [] if meter.beyond is None else [{"op": operator[meter.beyond], **condition}],
            "billing_timestamp_basis": "provider_accept" if window else "request_start",
            "time_windows": [window] if window else [],
        }


def _dollars(nanos: Decimal, size: int) -> Decimal:
    return nanos * size / 10**9


def entries() -> Iterator[PriceEntry]:
    """Every price, the standard tier of a model before its others."""
    for name, model in sorted(MODELS.items()):
        for provider in sorted(model.providers):
            yield from _of(name, model, provider)


def _of(name: str, model: Model, provider: str) -> Iterator[PriceEntry]:
    if not model.input and not model.output:
        return
    meters = tuple(_meters(model, provider))
    if "embeddings" in model.endpoints:
        yield PriceEntry(provider, name, EMBED, meters)
    if "chat.completions" not in model.endpoints:
        return
    yield PriceEntry(provider, name, TEXT, meters, in_euros=provider == "azure")
    if name == "openai/gpt-5-nano" and provider == "openai":
        for factor in (Decimal("0.5"), Decimal(2)):  # flex and priority
            yield PriceEntry(provider, name, TEXT, _times(meters, factor), is_standard=False)
        yield PriceEntry(provider, name, BATCH, _times(meters[:1], Decimal("0.5")), is_standard=False)


def _meters(model: Model, provider: str) -> Iterator[Meter]:
    prices = {
        "input_text_tokens": model.input,
        "cached_read_text_tokens": model.cached,
        "cached_write_text_tokens": model.cache_write,
        "output_text_tokens": model.output,
    }
    for name, nanos in prices.items():
        price = Decimal(nanos)
        if not nanos:
            continue
        if provider == "amazon-bedrock" and name in ("input_text_tokens", "output_text_tokens"):
            more = Decimal(2) if name.startswith("input") else Decimal("1.5")
            yield Meter(name, price * more, beyond=True)  # in no fixed order
            yield Meter(name, price, beyond=False)
        else:
            yield Meter(name, price, peak_nanos=price * 2 if provider == "deepseek" else None)


def _times(meters: tuple[Meter, ...], factor: Decimal) -> tuple[Meter, ...]:
    return tuple(Meter(meter.name, meter.nanos * factor) for meter in meters)


def price_list() -> Json:
    """GET /v1/pricing/models."""
    return {"ok": True, "models": [entry.shown() for entry in entries() if entry.model not in UNLISTED]}


# --- what a usage costs -------------------------------------------------------------------------------------


def calculate(body: bytes, now: datetime) -> tuple[int, Json]:
    """POST /v1/pricing/calculate: status and answer. Raises CalculationFailed."""
    asked = _asked(body)
    if any(not asked.get(name) and asked.get(name) != {} for name in FIELDS):
        return 400, MISSING
    found = [entry for entry in entries() if _fits(entry, asked)]
    if not found:
        return 404, UNPRICED
    # contract: the standard tier only; where there is none, nothing has a price.
    entry = found[0] if found[0].is_standard else replace(found[0], meters=())
    return 200, {"ok": True, "pricing": _bill(entry, asked["usage"], _moment(asked, now))}


def _asked(body: bytes) -> Json:
    try:
        asked = json.loads(body)
    except ValueError as problem:
        raise CalculationFailed(str(problem)) from None
    if asked is None:
        raise CalculationFailed("Cannot destructure property 'provider' of 'body' as it is null.")
    return asked if isinstance(asked, dict) else {}


def _fits(entry: PriceEntry, asked: Json) -> bool:
    """The model may be named with or without its maker."""
    names = (entry.model, entry.model.partition("/")[2])
    return (entry.provider, entry.endpoint) == (asked["provider"], asked["endpoint"]) and asked[
        "model"
    ] in names


def _moment(asked: Json, now: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(asked.get("provider_accepted_at"))).astimezone(UTC)
    except ValueError:
        return now


def _bill(entry: PriceEntry, usage: object, at: datetime) -> Json:
    counts = _counts(usage) if isinstance(usage, dict) else {}
    long = _count(usage, "input_tokens") > LONG_PROMPT if isinstance(usage, dict) else False
    lines = [
        _line(entry, meter, counts[meter.name], at)
        for meter in sorted(entry.meters, key=lambda meter: meter.name)
        if counts.get(meter.name, 0) > 0 and meter.beyond in (None, long)
    ]
    nanos = sum(line["line_nanos"] for line in lines)
    cents = int((Decimal(nanos) / 10**7).to_integral_value(ROUND_CEILING))
    cost = {"cost_usd": nanos / 10**9, "cost_usd_str": usd(nanos), "cost_cents": cents}
    return cost | {"currency": "USD", "lines": lines}  # contract: EUR is labelled as USD


def _count(usage: Json, *names: str) -> int:
    found = (usage.get(name) for name in names)
    return next((value for value in found if isinstance(value, int) and not isinstance(value, bool)), 0)


def _counts(usage: Json) -> dict[str, int]:
    """Meters as they are, or made of the usual counts."""
    details = usage.get("input_tokens_details") or usage.get("prompt_tokens_details")
    cached = _count(details, "cached_tokens") if isinstance(details, dict) else 0
    cached = _count(usage, "cached_read_text_tokens") or cached
    written = _count(usage, "cached_write_text_tokens")
    whole = _count(usage, "input_tokens", "prompt_tokens")
    return {
        "input_text_tokens": _count(usage, "input_text_tokens") or whole - cached - written,
        "cached_read_text_tokens": cached,
        "cached_write_text_tokens": written,
        "output_text_tokens": _count(usage, "output_text_tokens", "output_tokens", "completion_tokens"),
    }


def _line(entry: PriceEntry, meter: Meter, quantity: int, at: datetime) -> Json:
    is_peak = meter.peak_nanos is not None and 1 <= at.hour < 4
    price = meter.peak_nanos if is_peak and meter.peak_nanos else meter.nanos
    size = 1 if entry.in_euros else MILLION
    nanos = int(price * quantity)
    return {
        "dimension": meter.name,
        "quantity": quantity,
        "billable_units": quantity / size,
        "unit_size": size,
        "unit_price_usd": usd(int(price * size)),
        "line_cost_usd": usd(nanos),
        "line_nanos": nanos,
        "bill_mode": "all",
        "included_quantity": 0,
        "rule_priority": 100,
        "rule_id": "10000000-0000-4000-8001-000000000000",
    } | _stamp(meter, at, is_peak)


def _stamp(meter: Meter, at: datetime, is_peak: bool) -> Json:
    """What a line says about time, which matters only where prices change by the hour."""
    varies = meter.peak_nanos is not None
    basis = "provider_accept" if varies else "request_start"
    iso = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "billing_timestamp_basis": basis,
        "billing_timestamp_basis_configured": basis,
        "billing_timestamp_ms": round(at.timestamp() * 1000) if varies else None,
        "billing_timestamp_iso": iso if varies else None,
        "pricing_time_window": PEAK if is_peak else None,
    }
