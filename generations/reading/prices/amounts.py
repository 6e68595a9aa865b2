"""How much of what a price list counts: exactly as recorded, or between two bounds for a request that is sent again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from generations.gateway.rawjson.values import Value
from generations.gateway.record import Record
from generations.reading.figures import usage as usages
from generations.reading.text import box, decimal, inside, items, words

INPUT, OUTPUT, EMBEDDING = "input_text_tokens", "output_text_tokens", "embedding_tokens"
CACHE_READ = ("cached_read_text_tokens", "implicit_cached_input_text_tokens")
CACHE_WRITE = ("cached_write_text_tokens", "cached_write_text_tokens_5m", "cached_write_text_tokens_1h")
REASONING = "output_reasoning_tokens"
# Under which other name an amount is priced where an entry has no meter of its own for it.
STAND_INS = {
    **dict.fromkeys((*CACHE_READ, "cached_write_text_tokens"), (INPUT,)),
    **dict.fromkeys(CACHE_WRITE[1:], ("cached_write_text_tokens", INPUT)),
    REASONING: (OUTPUT,),
    EMBEDDING: (INPUT,),
    INPUT: (EMBEDDING,),
}
_TEXT = (INPUT, *CACHE_READ, *CACHE_WRITE, OUTPUT, REASONING, EMBEDDING)
_SERVER_TOOLS = "server_tool_"
# Counted in parts already, or sums of other counts.
_PARTS = {*_TEXT, "input_tokens", "output_tokens", "total_tokens", "prompt_tokens", "completion_tokens"}
FEE = "byok_service_fee"


@dataclass(frozen=True, slots=True)
class Amount:
    """Between `low` and `high` units of a meter (None is no bound), any of which may be billed by `others` instead."""

    low: Decimal
    high: Decimal | None
    others: tuple[str, ...] = ()


Amounts = Mapping[str, Amount]


@dataclass(frozen=True, slots=True)
class UsageFacts:
    """What conditions of prices ask about: bounds by path of the usage, and its texts."""

    bounds: Mapping[str, tuple[Decimal, Decimal | None]]
    texts: Mapping[str, str]


def exactly(number: Decimal | int) -> Amount:
    return Amount(Decimal(number), Decimal(number))


def recorded(record: Record, *, billed: bool = False) -> dict[str, Amount]:
    """What a record says was used, by meter: its own pricing lines first, then its usage.

    contract: "pricing_lines": their quantities are what the gateway counted; `billed` leaves out what the price included.
    Without lines the usage says what the parts of the input are; where that leaves open whether a part is inside the whole,
    the amount has two bounds.
    """
    found = {name: exactly(number) for name, number in _of_lines(record, billed).items()}
    if not found.keys() & set(_TEXT):
        found |= _of_usage(record)
    return found | {name: amount for name, amount in _counted(box(record.usage)).items() if name not in found}


def _of_lines(record: Record, billed: bool) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in map(box, items(record.value("pricing_lines"))):
        name, number = words(line.get("dimension")), _quantity(line, billed)
        if name and number and number > 0 and line.get("meter") != FEE:
            found[name] = found.get(name, Decimal(0)) + number
    return found


def _quantity(line: dict[str, Value], billed: bool) -> Decimal | None:
    """What a line counted; where it does not say, what its amount comes to at its price."""
    size, units = decimal(line.get("unit_size")), decimal(line.get("billable_units"))
    counted = decimal(line.get("quantity"))
    if counted is None or (billed and size and units is not None):
        paid, price = decimal(line.get("line_nanos")), decimal(line.get("unit_price_usd"))
        by_price = paid / 10**9 / price * size if paid and price and size else None
        return units * size if units is not None and size else by_price
    return counted


def _of_usage(record: Record) -> dict[str, Amount]:
    tokens, fields = (
        usages.of_record(record),
        {key: record.value(key) for key in ("usage", "provider", "model_id")},
    )
    cached, written = tokens.cached or 0, tokens.written or 0
    relation = "extra" if tokens.cached is None else usages.cached_relation(fields)
    inside_ = cached + written if relation != "extra" else 0
    fresh = max(0, (tokens.input or 0) - inside_)
    found = {INPUT: Amount(Decimal(fresh), Decimal(tokens.input or 0 if relation == "unclear" else fresh))}
    found |= {CACHE_READ[0]: exactly(cached), CACHE_WRITE[0]: exactly(written)}
    found |= _output(tokens, "extra" if tokens.reasoning is None else usages.reasoning_relation(fields))
    return {name: amount for name, amount in found.items() if amount.high}


def _output(tokens: usages.Tokens, relation: str) -> dict[str, Amount]:
    """Reasoning is billed as output unless a list has a price of its own for it."""
    output, reasoning = Decimal(tokens.output or 0), Decimal(tokens.reasoning or 0)
    if relation == "inside":
        return {OUTPUT: exactly(output - reasoning), REASONING: exactly(reasoning)}
    return {
        OUTPUT: exactly(output),
        REASONING: Amount(Decimal(0) if relation == "unclear" else reasoning, reasoning),
    }


def _counted(usage: dict[str, Value]) -> dict[str, Amount]:
    """Everything else that is counted under the very name of a meter: pages, seconds, images, tools of the server."""
    tools = {f"{_SERVER_TOOLS}{key}": value for key, value in box(usage.get("server_tool_use")).items()}
    counts = {name: decimal(value) for name, value in {**usage, **tools}.items() if name not in _PARTS}
    found = {name: exactly(number) for name, number in counts.items() if number and number > 0}
    return {"requests": exactly(1)} | found


def priced_apart(name: str) -> bool:
    """Whether an amount has to be paid for where it is used: text tokens do, other counts only where they have a price."""
    return name in _TEXT


def facts(usage: object, amounts: Amounts) -> UsageFacts:
    """What conditions may ask about: every count and text of the usage, and the tokens that are to be used."""
    fields = box(usage)
    counts = {
        name: (number, number) for name, value in fields.items() if (number := decimal(value)) is not None
    }
    texts = {name: text for name, value in fields.items() if (text := words(value))}
    into, out = total(amounts, (INPUT, *CACHE_READ, *CACHE_WRITE)), total(amounts, (OUTPUT, REASONING))
    known: dict[str, tuple[Decimal, Decimal | None]] = {
        **counts,
        "input_tokens": into,
        "prompt_tokens": into,
        "output_tokens": out,
        "completion_tokens": out,
        "total_tokens": (into[0] + out[0], None if into[1] is None or out[1] is None else into[1] + out[1]),
    }
    return UsageFacts(known, texts)


def total(amounts: Amounts, names: tuple[str, ...]) -> tuple[Decimal, Decimal | None]:
    """The sum of these meters, from its least to its most."""
    found = [amounts[name] for name in names if name in amounts]
    highs = [amount.high for amount in found]
    most = None if None in highs else sum((high for high in highs if high is not None), Decimal(0))
    return sum((amount.low for amount in found), Decimal(0)), most


def recorded_usage(record: Record) -> Value:
    """The usage as the gateway takes it, without what it said of prices."""
    usage = box(record.usage)
    return {name: value for name, value in usage.items() if name not in ("pricing", "pricing_breakdown")}


def service_tier(usage: object) -> str:
    """The tier that a usage names, "" for none."""
    return words(inside(usage, "service_tier")) or words(inside(usage, "serviceTier")) or ""
