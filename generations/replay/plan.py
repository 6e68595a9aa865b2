"""What a replay will send, where to, and what is to be known before: the pre-flight."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from dashboard.models import GatewayConnection
from generations.gateway import endpoints, jsontext
from generations.gateway.endpoints import Endpoint
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.reading import damage


class Refused(Exception):
    """The stored request cannot be replayed. Its text says why and what to do."""


@dataclass(frozen=True)
class Order:
    """What a click orders: the stored record it is made from, the exact body, where to and with whose key."""

    generation: Generation
    record: StoredRecord
    told: Record
    body: bytes
    content: jsontext.Value
    source: GatewayConnection
    endpoint: Endpoint

    @property
    def sha256(self) -> str:
        """Of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def url(self) -> str:
        """The address that the body is sent to."""
        return f"{self.source.base_url}{self.endpoint.path}"

    @cached_property
    def damage(self) -> list[str]:
        """The paths of the values that the gateway damaged before it kept them."""
        return damage.paths(self.content)


def stored_body(record: StoredRecord) -> bytes | None:
    """The exact bytes of `replay_request` in the stored record: every value, in order, number text untouched."""
    return Record.read(record.raw).replay_body


def source_of(generation: Generation) -> GatewayConnection | None:
    """The connection that a replay goes through: the one that knew the ID, else the team's first."""
    sources = list(GatewayConnection.objects.filter(team=generation.team_id).usable())
    known = [one for one in sources if one.pk == generation.connection_id]
    return next(iter([*known, *sources]), None)


def order(generation: Generation, source: GatewayConnection | None = None) -> Order:
    """A replay exactly as stored, through `source` or the connection that knew the ID. Raises Refused."""
    record = generation.records.best_first().filter(replayable=True).defer("outline").first()
    if record is None:
        raise Refused("The gateway has no stored request for this generation, so there is nothing to send.")
    told = Record.read(record.raw)
    body = told.replay_body
    if body is None:
        raise Refused("The stored record holds no request body.")
    content, endpoint = jsontext.loads(body), endpoints.find(generation.endpoint)
    why = endpoints.refusal(generation.endpoint, content)
    if why or endpoint is None:
        raise Refused(why or "Retake does not know this endpoint.")
    source = source or source_of(generation)
    if source is None:
        raise Refused(
            "This team has no gateway connection any more. An admin can add one in the team's settings."
        )
    return Order(generation, record, told, body, content, source, endpoint)


@dataclass(frozen=True, slots=True)
class Flight:
    """What the pre-flight shows beside the order: whose key, what to mind, what it may cost."""

    order: Order
    key_name: str
    warnings: list[str]
    price: "Price"


def preflight(order: Order) -> Flight:
    """Everything to be known before the click."""
    name = order.source.name
    key_name = f"the replay key of {name}" if order.source.replay_key else f"the key of {name}"
    return Flight(order, key_name, caveats(order.content), expected(order.generation, order.told))


STALE = {
    "previous_response_id": "It continues an earlier response (previous_response_id), which the provider may have dropped.",
    "file_id": "It refers to an uploaded file, which may be gone.",
}


def caveats(body: jsontext.Value) -> list[str]:
    """What may make the replay differ although its body is equal."""
    found = keys_of(body)
    notes = [text for key, text in STALE.items() if key in found]
    if "tools" in found:
        notes.append("It offers tools. Tools that run at the provider (web search, code) run again.")
    return notes


def keys_of(body: jsontext.Value) -> set[str]:
    """All keys anywhere in a JSON value."""
    found: set[str] = set()
    todo: list[jsontext.Value] = [body]
    while todo:
        match todo.pop():
            case dict() as members:
                found.update(key for key, value in members.items() if value not in (None, [], {}))
                todo.extend(members.values())
            case list() as items:
                todo.extend(items)
    return found


@dataclass(frozen=True, slots=True)
class Price:
    """What a replay is expected to cost, in nanos; None is unknown."""

    low: int | None
    high: int | None
    basis: str


OUTPUT = ("output_", "completion_")
LIMIT_KEYS = ("max_completion_tokens", "max_output_tokens", "max_tokens")


def expected(generation: Generation, record: Record) -> Price:
    """The range from the record's own lines: input as it was, output from nothing up to the request's own limit.

    Without a limit in the request the original's cost is the only figure there is.
    """
    if generation.cost_nanos is None:
        return Price(None, None, "The record has no cost, so the cost of a replay is unknown.")
    lines = [line for line in record.pricing_lines if isinstance(line, dict)]
    fixed = sum(_nanos(line) for line in lines if not str(line.get("dimension", "")).startswith(OUTPUT))
    limit, price = _limit(record), _output_price(lines)
    if not lines or limit is None or price is None:
        return Price(generation.cost_nanos, None, "The original cost this much. A longer answer costs more.")
    high = fixed + int(limit * price * 1_000_000_000)
    return Price(
        fixed,
        max(high, generation.cost_nanos),
        f"Input as before, output up to the limit of {limit:,} tokens.",
    )


def _nanos(line: dict[str, jsontext.Value]) -> int:
    value = line.get("line_nanos")
    return int(value) if isinstance(value, jsontext.Number) and value.lstrip("-").isdigit() else 0


def _limit(record: Record) -> int | None:
    for key in LIMIT_KEYS:
        raw = jsontext.member(record.replay_body or b"", key)
        if raw is not None and raw.isdigit() and len(raw) < 12:
            return int(raw)
    return None


def _output_price(lines: list[dict[str, jsontext.Value]]) -> Decimal | None:
    """USD per output token."""
    for line in lines:
        if line.get("dimension") == "output_text_tokens":
            try:
                return Decimal(str(line["unit_price_usd"])) / Decimal(str(line["unit_size"]))
            except (KeyError, ArithmeticError):
                return None
    return None
