"""What a replay is expected to cost before it runs: a range, the most that its limit allows, and who says so.

Asked in this order: the record's own pricing lines, for the same model at the same provider in the same tier; the gateway's
price list; what the gateway calculates, for what the list lacks; the team's newest stored generation of the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from generations.gateway import prices
from generations.gateway.prices import ListedPrice
from generations.gateway.rawjson import values
from generations.gateway.record import Record
from generations.models import Generation
from generations.reading.edits import provider_pin
from generations.reading.figures import formatting
from generations.reading.prices import amounts, quotes, resent, words
from generations.reading.prices.quotes import Quote
from generations.reading.prices.resent import SentRequest
from generations.reading.text import box, items
from generations.replay.order.orders import Order
from generations.replay.prices.price_book import PriceBook

MOST_NANOS = 2**63 - 1
STANDARD_TIERS = ("", "auto", "default", "standard", "standard_only")
# A tier against the one price that a list has, which need not be the standard one's: from and to which multiple of it.
TIER_FACTORS = {
    "flex": (Decimal("0.5"), Decimal(1)),
    "batch": (Decimal("0.5"), Decimal(1)),
    "priority": (Decimal(1), Decimal(2)),
}


@dataclass(frozen=True, slots=True)
class Price:
    """What a replay is expected to cost, in nanos of `currency`; None is unknown. `most` is what its limit allows.

    `others` are the ranges in other currencies, where the gateway may choose who answers.
    """

    low: int | None
    high: int | None
    basis: str
    most: int | None = None
    currency: str = "USD"
    others: tuple[Quote, ...] = ()

    @property
    def dearest(self) -> int | None:
        """What limits count with: the most that is allowed, else the most that is likely, else what is known."""
        return next((value for value in (self.most, self.high, self.low) if value is not None), None)


UNKNOWN = Price(None, None, "")


@dataclass(frozen=True, slots=True)
class _Terms:
    """What of model, provider and tier a replay has, and what of it differs from the original."""

    model: str
    provider: str
    tier: str
    same_model: bool
    same_provider: bool
    same_tier: bool

    @property
    def same(self) -> bool:
        return self.same_model and self.same_provider and self.same_tier


def expected(order: Order, book: PriceBook | None = None) -> Price:
    """The price of an order; what `book` knows and may ask is used for what its record does not tell."""
    return _bounded(_found(order, book or PriceBook()))


def _found(order: Order, book: PriceBook) -> Price:
    terms = _terms(order)
    sent = _sent(order, terms)
    if terms.same and (own := _by_itself(order)) is not None:
        return own
    for source in (_by_lines, _by_list, _by_calculation, _by_sample):
        if (price := source(order, sent, terms, book)) is not None:
            return price
    if terms.same and order.generation.cost_nanos:
        cost = order.generation.cost_nanos
        low = int(cost * sent.growth) * sent.choices
        return Price(low, None, "The original cost this much. A longer answer costs more.")
    return Price(None, None, _why_unknown(order, terms))


def _why_unknown(order: Order, terms: _Terms) -> str:
    if terms.same and order.generation.cost_nanos is None:
        return "The record has no cost, and no price is known for its model."
    if terms.same:
        return "The original was not billed, and no price is known for its model."
    where = f" at {terms.provider}" if terms.provider else ""
    return f"Neither the gateway nor a stored generation of this team tells the price of {terms.model or 'no model'}{where}."


def _bounded(price: Price) -> Price:
    """The same, where it is an amount that can be: what the database cannot hold is no price."""
    known = [value for value in (price.low, price.high, price.most) if value is not None]
    if any(abs(value) > MOST_NANOS for value in known):
        return Price(None, None, "The prices are no amounts of money, so the cost is unknown.")
    return price


# --- what is sent -------------------------------------------------------------------------------------------------


def _terms(order: Order) -> _Terms:
    before, after, record = box(order.before), box(order.content), order.parsed
    pinned, wire = provider_pin.present(after, order.endpoint.wire), order.endpoint.wire
    model, stored = _model(after), _model(before)
    same_model = model in (stored, record.model_id or stored)
    tier, tier_before = _tier(after), _tier(before)
    same_rules = provider_pin.present(before, wire) == pinned and _rules(before) == _rules(after)
    same_provider = same_rules or bool(pinned and pinned == record.provider)
    known = (record.model_id or order.generation.model_id or model) if same_model else model
    provider = pinned or (record.provider or "" if same_model and same_rules else "")
    return _Terms(known, provider, tier, same_model, same_provider, tier == tier_before)


def _rules(body: dict[str, values.Value]) -> tuple[values.Value, ...]:
    return body.get("provider"), body.get("routing")


def _model(body: dict[str, values.Value]) -> str:
    """The model's name without a provider before it."""
    name = body.get("model")
    text = name if values.is_text(name) else ""
    provider = provider_pin.model_provider(text)
    return text[len(provider) + 1 :] if provider else text


def _tier(body: dict[str, values.Value]) -> str:
    name = body.get("service_tier")
    tier = name if values.is_text(name) else ""
    return "" if tier in STANDARD_TIERS else tier


def _sent(order: Order, terms: _Terms) -> SentRequest:
    return SentRequest(
        order.parsed,
        order.endpoint.wire,
        order.stored,
        order.body,
        order.before,
        order.content,
        other_maker=_maker(terms.model) != _maker(order.parsed.model_id or terms.model),
        other_model=not terms.same_model,
    )


def _maker(model: str) -> str:
    return model.partition("/")[0]


# --- who tells the price ------------------------------------------------------------------------------------------


def _by_itself(order: Order) -> Price | None:
    """Where the original's cost alone tells it: a free variant, or a provider key of the customer's own."""
    record, cost = order.parsed, order.generation.cost_nanos
    if record.is_free_variant and not cost:
        return Price(0, 0, "The original was a free variant of its model, and cost nothing.", most=0)
    if record.byok and cost is not None:
        return Price(cost, None, "The original was sent with your own provider key and cost this much.")
    return None


def _by_lines(order: Order, sent: SentRequest, terms: _Terms, book: PriceBook) -> Price | None:
    """The record's own prices; the list adds the meters that it did not need, and those that change by hour or size."""
    lines = [line for line in items(order.parsed.value("pricing_lines")) if isinstance(line, dict)]
    own = tuple(prices.line_meters(list(lines)))
    if not terms.same or not own or order.generation.cost_nanos is None:
        return None
    varying = {str(line.get("dimension")) for line in lines if line.get("pricing_time_window")}
    names = {meter.name for meter in own} - varying
    known = [] if sent.growth > 1 else names
    listed = [
        meter
        for entry in _entries(order, terms, book)
        for meter in entry.meters
        if meter.currency == "USD" and meter.name not in known
    ]
    entry = ListedPrice(terms.provider, terms.model, "", (*own, *listed))
    return _quoted([entry], order, sent, "The record's own prices")


def _entries(order: Order, terms: _Terms, book: PriceBook) -> list[ListedPrice]:
    found = book.list_of(order.source)
    return (
        found.of(prices.capability(order.generation.endpoint), terms.model, terms.provider) if found else []
    )


def _by_list(order: Order, sent: SentRequest, terms: _Terms, book: PriceBook) -> Price | None:
    entries, found = _entries(order, terms, book), book.list_of(order.source)
    if not entries or found is None:
        return None
    where = terms.provider or " or ".join(sorted({entry.provider for entry in entries})[:4])
    age = "" if found.is_fresh else f" of {formatting.utc(found.moment)}"
    return _quoted(
        _tiered(entries, terms), order, sent, f"The gateway's price list{age} for {terms.model} at {where}"
    )


def _tiered(entries: Sequence[ListedPrice], terms: _Terms) -> list[ListedPrice]:
    """With what another tier may cost where the list has one price for a provider; a tier that nobody knows has none."""
    if not terms.tier:
        return list(entries)
    alone = [entry for entry in entries if sum(other.provider == entry.provider for other in entries) == 1]
    made = [entry for entry in entries if entry not in alone]
    for entry in alone:
        made += [_times(entry, factor) for factor in TIER_FACTORS.get(terms.tier, ())]
    return made


def _times(entry: ListedPrice, factor: Decimal) -> ListedPrice:
    meters = (
        replace(meter, price=meter.price * factor, windows=tuple(price * factor for price in meter.windows))
        for meter in entry.meters
    )
    return replace(entry, meters=tuple(meters))


def _by_calculation(order: Order, sent: SentRequest, terms: _Terms, book: PriceBook) -> Price | None:
    """contract: the calculation knows the standard tier only, and wants a provider's name."""
    if terms.tier:
        return None
    capability = prices.capability(order.generation.endpoint)
    for provider in _providers(order, terms, book):
        usage = _usage(order, sent)
        entry = book.calculated(order.source, provider, terms.model, capability, usage)
        if entry is not None:
            return _quoted(
                [entry], order, sent, f"What the gateway calculates for {terms.model} at {provider}"
            )
    return None


def _providers(order: Order, terms: _Terms, book: PriceBook) -> list[str]:
    """Who may answer: the one that is pinned or answered before, else the team's last for this model, else its maker."""
    if terms.provider:
        return [terms.provider]
    sample = _sample(order.generation, terms.model, book)
    return [sample.provider if sample and sample.provider else _maker(terms.model)]


def _usage(order: Order, sent: SentRequest) -> values.Value:
    """The record's own usage; where it counts no output, one that asks for both prices."""
    found = amounts.recorded(order.parsed)
    if amounts.OUTPUT in found or sent.wire in resent.WITHOUT_OUTPUT:
        return amounts.recorded_usage(order.parsed)
    return {"input_tokens": values.Number("1000"), "output_tokens": values.Number("1000")}


def _by_sample(order: Order, sent: SentRequest, terms: _Terms, book: PriceBook) -> Price | None:
    """What the team has paid for this model, where neither another provider nor another tier is asked for."""
    known = _sample(order.generation, terms.model, book) if not terms.tier else None
    if known is None or terms.provider not in ("", known.provider):
        return None
    meters = tuple(prices.line_meters(known.pricing_lines))
    if not meters:
        return None
    entry = ListedPrice("", terms.model, "", meters)
    return _quoted([entry], order, sent, f"The prices of the team's newest generation of {terms.model}")


def _sample(generation: Generation, model: str, book: PriceBook) -> Record | None:
    key = (model, generation.endpoint)
    if key not in book.samples:
        same = Generation.objects.of(generation.team).filter(model_id=model, endpoint=generation.endpoint)
        row = same.exclude(cost_nanos=None).newest_first().first()
        record = row.records.best_first().defer("outline").first() if row else None
        book.samples[key] = Record.read(record.raw) if record else None
    return book.samples[key]


# --- as a price ---------------------------------------------------------------------------------------------------


def _quoted(entries: Sequence[ListedPrice], order: Order, sent: SentRequest, source: str) -> Price | None:
    """The price by these entries; None where they have none for what will be used."""
    likely = resent.likely(sent)
    found = _by_currency(entries, order, likely)
    if not found:
        return None
    most = _by_currency(entries, order, resent.allowed(sent, likely))
    first, *others = found
    highs = [quote.high for quote in most]
    dearest = None if None in highs else max(value for value in highs if value is not None)
    return Price(
        int(first.low.to_integral_value(ROUND_FLOOR)),
        _ceiling(first.high),
        f"{source}. {words.expectation(sent, likely)} {words.openness(found)}".strip(),
        _ceiling(dearest),
        first.currency,
        tuple(others),
    )


def _by_currency(entries: Sequence[ListedPrice], order: Order, likely: amounts.Amounts) -> list[Quote]:
    found = quotes.quotes(entries, likely, amounts.facts(order.parsed.usage, likely))
    return sorted(found, key=lambda quote: (quote.currency != "USD", quote.currency))


def _ceiling(value: Decimal | None) -> int | None:
    return None if value is None else int(value.to_integral_value(ROUND_CEILING))
