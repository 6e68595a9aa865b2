"""What a replay is expected to cost before it runs: a range, or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from generations.gateway import jsontext
from generations.gateway.record import Record
from generations.models import Generation

if TYPE_CHECKING:
    from generations.replay.plan import Order

OUTPUT = ("output_", "completion_")
LIMIT_KEYS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
NANOS = 10**9


@dataclass(frozen=True, slots=True)
class Price:
    """What a replay is expected to cost, in nanos; None is unknown."""

    low: int | None
    high: int | None
    basis: str


Samples = dict[tuple[str, str], Record | None]


def expected(order: "Order", samples: Samples | None = None) -> Price:
    """Input as it was, output from nothing up to the request's own limit; the prices are the record's own.

    Another model's prices are those of the team's newest stored generation of that model: the gateway's list of
    models tells none. `samples` remembers them from order to order.
    """
    if order.generation.cost_nanos is None:
        return Price(None, None, "The record has no cost, so the cost of a replay is unknown.")
    model = _text(order.content, "model")
    if model != _text(jsontext.loads(order.stored), "model"):
        return _of_another(order, model, {} if samples is None else samples)
    return _of_the_same(order)


def _of_the_same(order: "Order") -> Price:
    lines, cost = _lines(order.told), order.generation.cost_nanos
    fixed = sum(_nanos(line) for line in lines if not _is_output(line))
    limit, price = _limit(order.body), _units(order.told).get("output_text_tokens")
    if not lines or limit is None or price is None or cost is None:
        return Price(cost, None, "The original cost this much. A longer answer costs more.")
    high = max(fixed + int(limit * price * NANOS), cost)
    return Price(fixed, high, f"Input as before, output up to the limit of {limit:,} tokens.")


def _of_another(order: "Order", model: str, samples: Samples) -> Price:
    key = (model, order.generation.endpoint)
    if key not in samples:
        samples[key] = _sample(order.generation, model)
    known = samples[key]
    units = _units(known) if known else {}
    counted = [line for line in _lines(order.told) if not _is_output(line)]
    if not counted or any(str(line.get("dimension")) not in units for line in counted):
        return Price(
            None, None, f"No stored generation of this team tells the prices of {model or 'no model'}."
        )
    fixed = int(
        sum((_number(line, "quantity") or 0) * units[str(line["dimension"])] for line in counted) * NANOS
    )
    limit, price = _limit(order.body), units.get("output_text_tokens")
    basis = f"The prices of the team's newest generation of {model}, input as before"
    if limit is None or price is None:
        return Price(fixed, None, f"{basis}. The output is not limited, so the most is unknown.")
    return Price(fixed, fixed + int(limit * price * NANOS), f"{basis}, output up to {limit:,} tokens.")


def _sample(generation: Generation, model: str) -> Record | None:
    same = Generation.objects.of(generation.team).filter(model_id=model, endpoint=generation.endpoint)
    row = same.exclude(cost_nanos=None).newest_first().first()
    record = row.records.best_first().defer("outline").first() if row else None
    return Record.read(record.raw) if record else None


def _lines(record: Record) -> list[dict[str, jsontext.Value]]:
    return [line for line in record.pricing_lines if isinstance(line, dict)]


def _is_output(line: Mapping[str, jsontext.Value]) -> bool:
    return str(line.get("dimension", "")).startswith(OUTPUT)


def _units(record: Record) -> dict[str, Decimal]:
    """USD for one unit of each dimension that the record's lines price."""
    found: dict[str, Decimal] = {}
    for line in _lines(record):
        size, price = _number(line, "unit_size"), _number(line, "unit_price_usd")
        if size and price is not None:
            found[str(line.get("dimension", ""))] = price / size
    return found


def _number(line: Mapping[str, jsontext.Value], key: str) -> Decimal | None:
    try:
        value = Decimal(str(line[key]))
    except (KeyError, ArithmeticError):
        return None
    return value if value.is_finite() else None


def _nanos(line: Mapping[str, jsontext.Value]) -> int:
    value = line.get("line_nanos")
    return int(value) if isinstance(value, jsontext.Number) and value.lstrip("-").isdigit() else 0


def _limit(body: bytes) -> int | None:
    """The most tokens of output that the request allows."""
    for key in LIMIT_KEYS:
        raw = jsontext.member(body, key)
        if raw is not None and raw.isdigit() and len(raw) < 12:
            return int(raw)
    return None


def _text(content: jsontext.Value, key: str) -> str:
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, str) and not isinstance(value, jsontext.Number) else ""
