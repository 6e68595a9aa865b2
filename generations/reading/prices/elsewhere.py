"""What one recorded usage would have cost at every provider and model of a price list, the cheapest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from generations.gateway.prices import ListedPrice
from generations.gateway.record import Record
from generations.reading.figures import formatting
from generations.reading.figures.costs import currency_of
from generations.reading.prices import amounts
from generations.reading.prices.quotes import (
    CONDITIONS,
    HOURS,
    LACKING,
    REPEATED,
    STAND_IN,
    TIERS,
    Quote,
    quotes,
)

NOTES = {
    TIERS: "several service tiers",
    HOURS: "changes with the hour",
    CONDITIONS: "depends on the size of the request",
    REPEATED: "several prices for one count",
    STAND_IN: "no price of its own for the cache or reasoning",
    LACKING: "part of the usage has no price there",
}


@dataclass(frozen=True, slots=True)
class OtherPrice:
    """One provider of one model: the price of the recorded usage there. `share` is it as a part of the recorded cost."""

    provider: str
    model: str
    name: str
    quote: Quote
    share: str = ""
    is_origin: bool = False

    @property
    def price(self) -> str:
        """`$0.0012 to $0.0024`."""
        low = formatting.dollars(self.quote.low, self.quote.currency)
        high = formatting.dollars(self.quote.high, self.quote.currency)
        if self.quote.high is None:
            return f"at least {low}"
        return low if low == high else f"{low} to {high}"

    @property
    def notes(self) -> str:
        """What leaves the price open."""
        return ", ".join(text for name, text in NOTES.items() if name in self.quote.open)


def elsewhere(entries: Iterable[ListedPrice], record: Record) -> list[OtherPrice]:
    """One row a provider, model and currency that has a price for the recorded usage; [] where nothing was recorded.

    Rows in the currency of the record come first: amounts of different currencies are not compared.
    """
    used = amounts.recorded(record)
    if not any(amounts.priced_apart(name) for name in used) and len(used) < 2:
        return []
    facts = amounts.facts(record.usage, used)
    groups: dict[tuple[str, str], list[ListedPrice]] = {}
    for entry in entries:
        groups.setdefault((entry.provider, entry.model), []).append(entry)
    rows = [
        _row(record, alike[0], quote) for alike in groups.values() for quote in quotes(alike, used, facts)
    ]
    currency = currency_of({"currency": record.value("currency")})
    return sorted(rows, key=lambda row: _rank(row, currency))


def _rank(row: OtherPrice, currency: str) -> tuple[bool, str, bool, Decimal, Decimal, str, str]:
    """By currency, the whole prices before those that may be more, then by amount."""
    quote = row.quote
    other = quote.currency != currency
    lacks = quote.high is None
    return (
        other,
        quote.currency if other else "",
        lacks,
        quote.low,
        quote.high or quote.low,
        row.model,
        row.provider,
    )


def _row(record: Record, entry: ListedPrice, quote: Quote) -> OtherPrice:
    is_origin = (entry.provider, entry.model) == (record.provider, record.model_id)
    return OtherPrice(entry.provider, entry.model, entry.name, quote, _share(record, quote), is_origin)


def _share(record: Record, quote: Quote) -> str:
    """`0.38×` what it cost, `0.38 to 0.76×` for a range; "" where that cannot be said."""
    cost, currency = record.cost_nanos, currency_of({"currency": record.value("currency")})
    if not cost or cost < 0 or quote.high is None or quote.currency != currency:
        return "" if quote.currency == currency else "other currency"
    low, high = formatting.significant(quote.low / cost, 2), formatting.significant(quote.high / cost, 2)
    return f"{low}×" if low == high else f"{low} to {high}×"
