"""What a replay is expected to cost before it runs: a range, or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from generations.gateway.rawjson import spans, values
from generations.gateway.record import Record
from generations.models import Generation
from generations.reading.edits import provider_pin
from generations.replay.order.orders import Order

OUTPUT = ("output_", "completion_")
LIMIT_KEYS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
NANOS = 10**9
MOST_NANOS = 2**63 - 1
EDITED = 500  # bytes: a request that is longer by less is priced as before


@dataclass(frozen=True, slots=True)
class Price:
    """What a replay is expected to cost, in nanos; None is unknown."""

    low: int | None
    high: int | None
    basis: str


Samples = dict[tuple[str, str], Record | None]


def expected(order: Order, samples: Samples | None = None) -> Price:
    """Input as it was, output from nothing up to the request's own limit; the prices are the record's own.

    Another model's prices are those of the team's newest stored generation of that model: the gateway's list of
    models names none. `samples` remembers them from order to order.
    """
    cost = order.generation.cost_nanos
    if cost is None:
        return Price(None, None, "The record has no cost, so the cost of a replay is unknown.")
    if not cost and not order.parsed.pricing_lines and not order.parsed.byok:
        # contract: "What is billed": a broken or empty stream is not.
        return Price(None, None, "The original was not billed, so it does not tell what a replay costs.")
    if (name := _changed_terms(order)) is not None:
        return Price(None, None, f"With another {name} the price is unknown.")
    model = _text(order.content, "model")
    if model != _text(values.loads(order.stored), "model"):
        return _bounded(_of_another(order, model, {} if samples is None else samples))
    return _bounded(_of_the_same(order, cost))


TERMS = {"service_tier": "service tier", "provider": "provider", "routing": "provider"}


def _changed_terms(order: Order) -> str | None:
    """What was changed that the same model may have another price for; None for nothing."""
    same_provider = isinstance(order.content, dict) and (
        provider_pin.present(order.content, order.endpoint.wire) == order.parsed.provider
    )
    for key, name in TERMS.items():
        if spans.member(order.body, key) != spans.member(order.stored, key):
            if name == "provider" and same_provider:
                continue
            return name
    return None


def _bounded(price: Price) -> Price:
    """The same, where it is an amount that can be: what the database cannot hold is no price."""
    if max(abs(price.low or 0), abs(price.high or 0)) > MOST_NANOS:
        return Price(None, None, "The prices of the record are no amounts of money, so the cost is unknown.")
    return price


def _of_the_same(order: Order, cost: int) -> Price:
    lines, growth, count = _lines(order.parsed), _growth(order), _choices(order.body)
    fixed = int(growth * sum(_nanos(line) for line in lines if not _is_output(line)))
    limit, price = _limit(order.body), _units(order.parsed).get("output_text_tokens")
    grown = "Input as before" if growth == 1 else "Input grown with the request"
    if not lines or limit is None or price is None:
        low = int(cost * growth) * count // _choices(order.stored)
        basis = "The original cost this much" if low == cost else f"{grown}, output as before"
        return Price(low, None, f"{basis}. A longer answer costs more.")
    most = fixed + int(limit * count * price * NANOS)
    high = most if growth > 1 or count > 1 else max(most, cost)
    return Price(fixed, high, f"{grown}, output up to the limit of {limit:,} tokens.")


def _growth(order: Order) -> Decimal:
    """How much longer the request is than the stored one, 1 at least: its input is taken to grow as much."""
    longer = len(order.body) - len(order.stored) > EDITED
    return Decimal(len(order.body)) / max(1, len(order.stored)) if longer else Decimal(1)


def _choices(body: bytes) -> int:
    """How many answers the request asks for (`n`)."""
    raw = spans.member(body, "n")
    return max(1, int(raw)) if raw is not None and raw.isdigit() and len(raw) < 6 else 1


def _of_another(order: Order, model: str, samples: Samples) -> Price:
    key = (model, order.generation.endpoint)
    if key not in samples:
        samples[key] = _sample(order.generation, model)
    known = samples[key]
    units = _units(known) if known else {}
    counted = [line for line in _lines(order.parsed) if not _is_output(line)]
    if not counted or any(str(line.get("dimension")) not in units for line in counted):
        return Price(
            None, None, f"No stored generation of this team tells the prices of {model or 'no model'}."
        )
    nanos = sum((_number(line, "quantity") or 0) * units[str(line["dimension"])] for line in counted)
    fixed = int(_growth(order) * nanos * NANOS)
    limit, price = _limit(order.body), units.get("output_text_tokens")
    basis = f"The prices of the team's newest generation of {model}, input as before"
    if limit is None or price is None:
        return Price(fixed, None, f"{basis}. The output is not limited, so the most is unknown.")
    most = fixed + int(limit * _choices(order.body) * price * NANOS)
    return Price(fixed, most, f"{basis}, output up to {limit:,} tokens.")


def _sample(generation: Generation, model: str) -> Record | None:
    same = Generation.objects.of(generation.team).filter(model_id=model, endpoint=generation.endpoint)
    row = same.exclude(cost_nanos=None).newest_first().first()
    record = row.records.best_first().defer("outline").first() if row else None
    return Record.read(record.raw) if record else None


def _lines(record: Record) -> list[dict[str, values.Value]]:
    return [line for line in record.pricing_lines if isinstance(line, dict)]


def _is_output(line: Mapping[str, values.Value]) -> bool:
    return str(line.get("dimension", "")).startswith(OUTPUT)


def _units(record: Record) -> dict[str, Decimal]:
    """USD for one unit of each dimension that the record's lines price."""
    found: dict[str, Decimal] = {}
    for line in _lines(record):
        size, price = _number(line, "unit_size"), _number(line, "unit_price_usd")
        if size and price is not None:
            found[str(line.get("dimension", ""))] = price / size
    return found


def _number(line: Mapping[str, values.Value], key: str) -> Decimal | None:
    try:
        value = Decimal(str(line[key]))
    except (KeyError, ArithmeticError):
        return None
    return value if value.is_finite() and abs(value.adjusted()) < 30 else None


def _nanos(line: Mapping[str, values.Value]) -> int:
    value = line.get("line_nanos")
    if not isinstance(value, values.Number) or len(value) > 19:
        return 0
    return int(value) if value.lstrip("-").isdigit() else 0


def _limit(body: bytes) -> int | None:
    """The most tokens of output that the request allows."""
    for key in LIMIT_KEYS:
        raw = spans.member(body, key)
        if raw is not None and raw.isdigit() and len(raw) < 12:
            return int(raw)
    return None


def _text(content: values.Value, key: str) -> str:
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, str) and not isinstance(value, values.Number) else ""
