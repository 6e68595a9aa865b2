"""What amounts cost at the entries of a price list: a range, with what makes it one.

An entry that leaves something open (conditions that cannot be decided, hours of the day, a meter that stands twice) gives a
range; entries that look alike are tiers that the list does not name, so the range spans them. Money is nanos (1e-9).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from generations.gateway.prices import ListedPrice, PriceMeter
from generations.reading.prices.amounts import STAND_INS, Amount, Amounts, UsageFacts, priced_apart
from generations.reading.prices.conditions import holds

NANOS = Decimal(10) ** 9
TIERS = "tiers"
HOURS = "hours"
CONDITIONS = "conditions"
REPEATED = "repeated"
STAND_IN = "stand_in"
LACKING = "lacking"
UNBOUNDED = "unbounded"


@dataclass(frozen=True, slots=True)
class Quote:
    """From `low` to `high` nanos of `currency`; no `high` where there is no bound. `open` says what leaves it open."""

    low: Decimal
    high: Decimal | None
    currency: str = "USD"
    open: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Unit:
    """The price of one unit, from the least to the most."""

    low: Decimal
    high: Decimal
    open: frozenset[str] = frozenset()


def quotes(entries: Iterable[ListedPrice], amounts: Amounts, facts: UsageFacts) -> list[Quote]:
    """One quote a currency for entries that stand for the same thing; [] where none has a price for it."""
    found: dict[str, list[Quote]] = {}
    for entry in entries:
        for currency in sorted({meter.currency for meter in entry.meters}):
            quote = _of_entry(entry, currency, amounts, facts)
            if quote is not None:
                found.setdefault(currency, []).append(quote)
    return [spanning(alike, TIERS) for alike in found.values()]


def spanning(alike: Sequence[Quote], why: str) -> Quote:
    """The range over all of them, of one currency; `why` names what leaves open which it is."""
    highs = [quote.high for quote in alike]
    high = None if None in highs else max(value for value in highs if value is not None)
    opened = frozenset[str]().union(*(quote.open for quote in alike))
    differs = len({(quote.low, quote.high) for quote in alike}) > 1
    return Quote(
        min(quote.low for quote in alike), high, alike[0].currency, opened | ({why} if differs else set())
    )


def _of_entry(entry: ListedPrice, currency: str, amounts: Amounts, facts: UsageFacts) -> Quote | None:
    meters = [meter for meter in entry.meters if meter.currency == currency]
    low, high, opened, priced = Decimal(0), Decimal(0), set[str](), False
    for name, amount in amounts.items():
        unit = _unit(name, amount, meters, facts)
        if unit is None:
            opened |= {LACKING} if priced_apart(name) and amount.high != 0 else set()
            continue
        opened |= unit.open | ({UNBOUNDED} if amount.high is None else set())
        priced = True
        low += amount.low * unit.low
        high += (amount.high or Decimal(0)) * unit.high
    if not priced:
        return None
    endless = opened & {LACKING, UNBOUNDED}
    return Quote(low * NANOS, None if endless else high * NANOS, currency, frozenset(opened))


def _unit(name: str, amount: Amount, meters: list[PriceMeter], facts: UsageFacts) -> _Unit | None:
    """The price of a unit under its own name, or under those that stand in for it; with the others it may be billed by."""
    unit = _named(name, meters, facts)
    for other in STAND_INS.get(name, ()):
        if unit is None and (unit := _named(other, meters, facts)) is not None:
            unit = _Unit(unit.low, unit.high, unit.open | {STAND_IN})
    others = [found for other in amount.others if (found := _named(other, meters, facts)) is not None]
    return _either([unit, *others]) if unit else None


def _named(name: str, meters: list[PriceMeter], facts: UsageFacts) -> _Unit | None:
    """The price of the meters of this name that hold, or that may."""
    answers = [(meter, holds(meter.conditions, facts)) for meter in meters if meter.name == name]
    fitting = [meter for meter, answer in answers if answer is not False]
    if not fitting:
        return None
    units = [_with_windows(meter) for meter in fitting]
    unsure = any(answer is None for _, answer in answers)
    why = (
        frozenset({CONDITIONS if unsure else REPEATED})
        if len({(unit.low, unit.high) for unit in units}) > 1
        else ()
    )
    united = _either(units)
    return _Unit(united.low, united.high, united.open | frozenset(why))


def _with_windows(meter: PriceMeter) -> _Unit:
    prices = [price / meter.unit_size for price in (meter.price, *meter.windows)]
    why = frozenset({HOURS}) if len(set(prices)) > 1 else frozenset[str]()
    return _Unit(min(prices), max(prices), why)


def _either(units: Sequence[_Unit]) -> _Unit:
    opened = frozenset[str]().union(*(unit.open for unit in units))
    return _Unit(min(unit.low for unit in units), max(unit.high for unit in units), opened)
