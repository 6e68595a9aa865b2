"""What stands next to a price: what it assumes, and what leaves it open."""

from collections.abc import Iterable
from decimal import Decimal

from generations.reading.figures.formatting import count
from generations.reading.prices.amounts import OUTPUT, Amounts
from generations.reading.prices.quotes import (
    CONDITIONS,
    HOURS,
    LACKING,
    REPEATED,
    STAND_IN,
    TIERS,
    Quote,
)
from generations.reading.prices.resent import SentRequest, may_be_cached

OPEN = {
    TIERS: "It has several prices for it and does not say which service tier or provider each is for.",
    HOURS: "The price changes with the hour.",
    CONDITIONS: "The price depends on the size of the request.",
    REPEATED: "It has several prices for the same count.",
    STAND_IN: "Cached tokens or reasoning have no price of their own and are counted as input or output.",
    LACKING: "Part of what was used has no price there, so it may cost more.",
}


def expectation(sent: SentRequest, likely: Amounts) -> str:
    """What is taken for granted of input and output."""
    grown = "Input as before" if sent.growth == 1 else "Input as long as the changed request"
    output = likely.get(OUTPUT)
    if output is None:
        return f"{grown}."
    limit = " Without a limit it may be longer."
    if sent.limit is not None:
        limit = f" Its limit of {sent.limit:,} tokens bounds the answer."
    limit += " Less where the provider's cache has the input." if may_be_cached(likely) else ""
    if output.high is None:
        return f"{grown}; how long the answer will be is unknown.{limit}"
    return f"{grown}, {count(_whole(output.low))} to {count(_whole(output.high))} tokens of output.{limit}"


def _whole(value: Decimal) -> Decimal:
    return value.to_integral_value()


def openness(found: Iterable[Quote]) -> str:
    """What leaves a range open."""
    opened = frozenset[str]().union(*(quote.open for quote in found))
    return " ".join(text for name, text in OPEN.items() if name in opened)
