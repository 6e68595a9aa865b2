"""What it cost, line by line, in integers and decimals. contract: nanos are 1e-9 of the currency."""

from decimal import Decimal
from typing import Literal

from generations.gateway import endpoints
from generations.gateway.rawjson.values import Number, Value
from generations.reading.figures import formatting
from generations.reading.figures.recorded_times import is_open
from generations.reading.page_types.figures import Cost, CostLine
from generations.reading.text import box, decimal, first, inside, items, short, whole, words

NANOS = Decimal(10) ** 9
CENT = NANOS / 100
EXACT_UP_TO = Decimal(10) ** 27  # nanos that are calculated with: every digit of them is exact
LONGEST = 40  # digits of a number that is shown as it stands
SHOWN = 200
NAMES = {
    "implicit_cached_input_text_tokens": "Input text tokens, found in the provider's cache",
    "cached_read_text_tokens": "Text tokens read from the cache",
    "cached_write_text_tokens": "Text tokens written to the cache",
    "cached_write_text_tokens_5m": "Text tokens written to the cache for 5 minutes",
    "cached_write_text_tokens_1h": "Text tokens written to the cache for 1 hour",
    "bfl_credits": "Provider credits",
    "requests": "Requests",
}
SIZES = {1: "", 1000: "1K", 1_000_000: "1M", 1_000_000_000: "1B"}
SERVICE_FEE = "Fee for using your own key"


UNREADABLE = "unreadable"


def read(fields: dict[str, Value]) -> Cost:
    """The lines, their sum, and whether it equals the recorded cost."""
    currency, cost = currency_of(fields), charged(fields)
    lines = lines_of(fields)
    total = line_sum(lines, currency)
    check, difference = compare(total if lines else None, cost)
    return Cost(
        total=as_recorded(fields) if cost is None else formatting.exact_dollars(cost, currency),
        exact=formatting.exact_nanos(cost),
        currency=currency,
        lines=[line(item, currency) for item in lines[:SHOWN]],
        sum=formatting.exact_dollars(total, currency) if lines else "",
        check=check,
        difference=formatting.exact_dollars(abs(difference), currency) if difference else "",
        notes=[*_notes(fields, cost, total, currency), *_cut(lines)],
    )


def lines_of(fields: dict[str, Value]) -> list[Value]:
    """The pricing lines; what is no list counts as one line."""
    recorded = fields.get("pricing_lines")
    return items(recorded) or ([recorded] if recorded else [])


def currency_of(fields: dict[str, Value]) -> str:
    """The currency of the recorded cost."""
    return (words(fields.get("currency")) or "USD")[:12]


def nanos(value: Value) -> Decimal | None:
    """A recorded cost, which may be text, have a fraction or an exponent: 53300, "53300.0", "5.33e4".

    None for what is no number, and for one too large to calculate with.
    """
    return decimal(value, EXACT_UP_TO)


def charged(fields: dict[str, Value]) -> Decimal | None:
    """What the gateway charged, in nanos: `cost_nanos`, or `cost_cents` in its place; None where neither is a number.

    contract: answers carry both; a cent is 10^7 nanos.
    """
    found = nanos(fields.get("cost_nanos"))
    cents = nanos(fields.get("cost_cents")) if found is None else None
    return found if cents is None else cents * CENT


def as_recorded(fields: dict[str, Value]) -> str:
    """A cost that nothing can be calculated from: a number as it stands, else "unreadable", "unknown" without one."""
    recorded = first(fields, "cost_nanos", "cost_cents")
    if isinstance(recorded, Number) and len(recorded) <= LONGEST:
        return f"{recorded} {'nanos' if fields.get('cost_nanos') is not None else 'cents'}"
    return formatting.UNKNOWN if recorded is None else UNREADABLE


def _cut(lines: list[Value]) -> list[str]:
    return (
        [f"{len(lines) - SHOWN:,} more lines are in the record; the sum includes them."]
        if len(lines) > SHOWN
        else []
    )


def line_sum(lines: list[Value], currency: str = "USD") -> Decimal | None:
    """The sum of `line_nanos`; None as soon as a line lacks it."""
    amounts = [line_nanos(item, currency) for item in lines]
    return None if None in amounts else sum((item for item in amounts if item is not None), Decimal(0))


def line_nanos(value: Value, currency: str = "USD") -> Decimal | None:
    """What a line costs, from its nanos or else from its dollars, if it is dollars that are billed."""
    fields = box(value)
    amount = nanos(fields.get("line_nanos"))
    if amount is None and currency.upper() == "USD":
        dollars = decimal(fields.get("line_cost_usd"))
        return None if dollars is None else dollars * NANOS
    return amount


def compare(
    total: Decimal | None, cost: Decimal | None
) -> tuple[Literal["equal", "differs", "unknown", "none"], Decimal]:
    """The sum of the lines against the recorded cost, and cost minus sum."""
    if total is None or cost is None:
        return ("none" if total is None and cost is None else "unknown"), Decimal(0)
    return ("equal" if total == cost else "differs"), cost - total


def line(value: Value, currency: str) -> CostLine:
    """One pricing line: quantity / unit size x unit price = line."""
    fields = box(value)
    if not fields.keys() & _LINE:
        return _odd_line(value)
    dimension = short(fields.get("dimension") or "unknown", 80)
    amount, quantity = line_nanos(fields, currency), decimal(fields.get("quantity"))
    fee = words(fields.get("meter")) == "byok_service_fee"
    return CostLine(
        name=SERVICE_FEE if fee else name(dimension),
        dimension=dimension,
        quantity=formatting.count(quantity),
        unit_price=unit_price(fields),
        line=formatting.exact_dollars(amount, currency),
        units=_units(fields),
        title=formatting.exact_nanos(amount),
        note="; ".join(_line_notes(fields, amount, currency)),
    )


_LINE = {"dimension", "quantity", "unit_price_usd", "line_cost_usd", "line_nanos"}


def _odd_line(value: Value) -> CostLine:
    """A line that holds nothing of what a line has, shown as recorded."""
    unknown = formatting.UNKNOWN
    return CostLine(
        "A line in another form", "", unknown, unknown, unknown, note=f"recorded as {short(value)}"
    )


def name(dimension: str) -> str:
    """The dimension in words; the set of dimensions is open."""
    return NAMES.get(dimension) or dimension.replace("_", " ").capitalize()


def unit_price(fields: dict[str, Value]) -> str:
    """`$0.05 / 1M`. contract: `unit_price_usd` is in dollars, whatever the record's currency."""
    price, unit = decimal(fields.get("unit_price_usd")), decimal(fields.get("unit_size"))
    if price is None:
        return formatting.UNKNOWN
    shown = formatting.signed("$", price, formatting.cents(formatting.plain(abs(price))))
    if unit is None:
        return f"{shown} / unknown unit"
    size = SIZES.get(int(unit), formatting.plain(unit)) if unit == int(unit) else formatting.plain(unit)
    return f"{shown} / {size}" if size else f"{shown} each"


def _units(fields: dict[str, Value]) -> str:
    """The billed units where they are not simply quantity / unit size: some were included in the price."""
    quantity, unit = decimal(fields.get("quantity")), decimal(fields.get("unit_size"))
    billed = decimal(fields.get("billable_units"))
    if quantity is None or not unit or billed is None:
        return ""
    free = quantity - billed * unit
    return (
        f"{formatting.plain(free)} of {formatting.plain(quantity)} included"
        if free > quantity / 10**6
        else ""
    )


def computed(fields: dict[str, Value]) -> Decimal | None:
    """What billed units x unit price come to, in nanos; None when the line lacks one of them."""
    price, unit = decimal(fields.get("unit_price_usd")), decimal(fields.get("unit_size"))
    quantity, billed = decimal(fields.get("quantity")), decimal(fields.get("billable_units"))
    if billed is None and quantity is not None and unit:
        billed = quantity / unit
    return None if price is None or billed is None else billed * price * NANOS


def _line_notes(fields: dict[str, Value], amount: Decimal | None, currency: str) -> list[str]:
    notes = []
    base, discount = (
        nanos(fields.get("base_line_nanos")),
        nanos(fields.get("data_contribution_discount_nanos")),
    )
    if discount:
        before = f" from {formatting.exact_dollars(base, currency)}" if base is not None else ""
        notes.append(f"{formatting.exact_dollars(discount, currency)} off{before} for contributing data")
    window = fields.get("pricing_time_window")
    if isinstance(window, dict):
        notes.append(f"time window: {_window(window)}")
    if words(fields.get("service_tier")) or words(fields.get("pricing_plan")):
        notes.append("tier " + short(fields.get("service_tier") or fields.get("pricing_plan"), 60))
    return notes + ([] if discount else _off(fields, amount, currency))


def _off(fields: dict[str, Value], amount: Decimal | None, currency: str) -> list[str]:
    """A note when the line is not what its own units and price come to, beyond rounding to a nano."""
    should = computed(fields) if currency.upper() == "USD" else None
    if should is None or amount is None or abs(should - amount) <= max(Decimal(1), abs(should) / 10**6):
        return []
    return [f"units x price would be {formatting.exact_dollars(round(should), currency)}"]


def _window(window: dict[str, Value]) -> str:
    hours = [short(window[key], 20) for key in ("start_time", "end_time") if window.get(key)]
    zone = short(window.get("timezone") or "", 20)
    return " ".join(filter(None, [short(window.get("label") or "", 60), " to ".join(hours), zone]))


def _notes(fields: dict[str, Value], cost: Decimal | None, total: Decimal | None, currency: str) -> list[str]:
    noted = []
    if cost is None:
        noted.append(_why_unknown(fields))
    elif cost == 0:
        noted.append(_why_free(fields, total))
    own = provider_cost(fields)
    noted.append(f"The provider's own price of the call: {own}." if own else "")
    return [note for note in [*noted, _suppressed(fields)] if note] + byok(fields, currency)


def _why_unknown(fields: dict[str, Value]) -> str:
    if first(fields, "cost_nanos", "cost_cents") is not None:
        return "The recorded cost is not a usable number: see JSON."
    if is_open(fields):
        return "No cost recorded yet: the session is still open."
    if fields.get("success") is False:
        return "No cost recorded: the gateway records none for failed requests."
    if endpoints.is_job(words(fields.get("endpoint"))):
        return "No cost recorded yet: the gateway sets it when the job finishes."
    return "No cost recorded. That does not mean it was free."


def _why_free(fields: dict[str, Value], total: Decimal | None) -> str:
    if total:
        return "The recorded cost is 0, but its lines are not."
    if fields.get("byok") is True:
        return "No charge by the gateway: your own provider key was used."
    if fields.get("is_free_variant") is True:
        return "No charge: this is a free variant of the model."
    return "The gateway charged nothing."


def _suppressed(fields: dict[str, Value]) -> str:
    """contract: the gateway does not bill broken streams, and says so in the usage."""
    for key in ("pricing", "pricing_breakdown"):
        priced = box(inside(fields.get("usage"), key))
        if priced.get("billing_suppressed") is True:
            why = words(priced.get("billing_suppression_reason"))
            return "The gateway did not bill this request" + (
                f": {short(why, 60).replace('_', ' ')}." if why else "."
            )
    return ""


def provider_cost(fields: dict[str, Value]) -> str:
    """What the provider says that it charged, where the usage has it: `$0.0360795`."""
    dollars = decimal(inside(fields.get("usage"), "cost_details", "upstream_inference_cost"))
    if dollars is None or fields.get("byok") is not True:
        return ""
    return formatting.signed("$", dollars, formatting.cents(formatting.plain(abs(dollars))))


def byok(fields: dict[str, Value], currency: str) -> list[str]:
    """What the record says about the fee for a customer-owned provider key."""
    billing = box(inside(fields.get("usage"), "byok_billing"))
    notes = []
    list_price = nanos(billing.get("provider_reference_nanos"))
    if list_price is not None:
        shown = formatting.exact_dollars(list_price, currency)
        notes.append(f"At the gateway's list price the call would have cost {shown}.")
    rate = decimal(billing.get("fee_rate"))
    if billing.get("fee_applied") is True and rate is not None:
        notes.append(f"Fee for using your own key: {formatting.plain(rate * 100)}% of the list price.")
    count, free = (
        whole(billing.get("monthly_request_count")),
        whole(billing.get("monthly_free_request_limit")),
    )
    if count is not None and free is not None:
        notes.append(f"Requests with your own keys this month: {count:,}; {free:,} of them without a fee.")
    return notes
