"""The gateway's prices: its list, and what it calculates for one usage.

contract: "Prices and feedback" as measured. The list does not name service tiers, so several entries may look alike; it may
be incomplete, so what it lacks is neither free nor unknown.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from generations.gateway.endpoints import find
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number, Value, dumps, is_text, object_of

if TYPE_CHECKING:
    from generations.gateway.client import Client

__all__ = [
    "Calculation",
    "Condition",
    "ListedPrice",
    "PriceMeter",
    "calculated",
    "capability",
    "line_meters",
    "list_bytes",
    "read_list",
]

MOST_ENTRIES, MOST_METERS, MOST_USAGE_BYTES = 20_000, 100, 64 * 2**10
LONGEST_NAME = 200
_CAPABILITIES = {
    "chat": "text.generate",
    "responses": "text.generate",
    "messages": "text.generate",
    "embeddings": "text.embed",
    "moderations": "text.moderate",
    "rerank": "text.rerank",
    "ocr": "ocr",
    "speech": "audio.generate",
    "transcription": "audio.transcribe",
    "video": "video.generate",
}
_IMAGES = {"images.generations": "image.generate", "images.edits": "image.edit"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A meter's price holds where `path` of the usage compares so with `value`. Groups are alternatives."""

    path: str
    op: str
    value: Value
    group: str = ""


@dataclass(frozen=True, slots=True)
class PriceMeter:
    """One price: `price` of the currency for `unit_size` of what `name` counts; `windows` are prices at other hours."""

    name: str
    price: Decimal
    unit_size: Decimal
    currency: str = "USD"
    conditions: tuple[Condition, ...] = ()
    windows: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """What one provider asks for one model and capability in one service tier, which it does not name."""

    provider: str
    model: str
    capability: str
    meters: tuple[PriceMeter, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calculation:
    """What the gateway calculated for one usage: the prices that it used, none for a usage without a price."""

    meters: tuple[PriceMeter, ...] = ()


def capability(endpoint: str | None) -> str:
    """The name that prices have for a stored endpoint name, "" for one that is not known."""
    known = find(endpoint)
    return "" if known is None else _IMAGES.get(known.name) or _CAPABILITIES.get(known.wire) or known.name


# --- the list -------------------------------------------------------------------------------------------------


def list_bytes(client: "Client") -> bytes:
    """The whole list as received, for `read_list`. Raises GatewayError.

    contract: `GET /pricing/models`, for a plain key or one with `pricing:read`; it takes no filters.
    """
    return client.get("/pricing/models")


def read_list(body: bytes) -> tuple[ListedPrice, ...] | None:
    """The entries that can be read, at most MOST_ENTRIES; None for what is no price list."""
    rows = object_of(body).get("models")
    return tuple(_entries(rows[:MOST_ENTRIES])) if isinstance(rows, list) else None


def _entries(rows: list[Value]) -> Iterator[ListedPrice]:
    for row in rows:
        fields = row if isinstance(row, dict) else {}
        provider, model, operation = (_name(fields.get(key)) for key in ("provider", "model", "endpoint"))
        meters = fields.get("meters")
        found = tuple(_meters(meters[:MOST_METERS])) if isinstance(meters, list) else ()
        if provider and model and operation and found:
            yield ListedPrice(provider, model, operation, found, _name(fields.get("display_name")))


def _meters(rows: list[Value]) -> Iterator[PriceMeter]:
    for row in rows:
        fields = row if isinstance(row, dict) else {}
        name, price, size = _name(fields.get("meter")), _amount(fields.get("price_per_unit")), _size(fields)
        if name and price is not None and size:
            yield PriceMeter(name, price, size, _currency(fields), _conditions(fields), _windows(fields))


def _size(fields: dict[str, Value]) -> Decimal | None:
    size = _amount(fields.get("unit_size", Number("1")))
    return size if size and size > 0 else None


def _currency(fields: dict[str, Value]) -> str:
    return _name(fields.get("currency")).upper()[:12] or "USD"


def _conditions(fields: dict[str, Value]) -> tuple[Condition, ...]:
    rows = fields.get("conditions")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return tuple(
        Condition(
            _name(row.get("path")), _name(row.get("op")).lower(), row.get("value"), str(row.get("or_group"))
        )
        for row in found[:MOST_METERS]
    )


def _windows(fields: dict[str, Value]) -> tuple[Decimal, ...]:
    rows = fields.get("time_windows")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    prices = (_amount(row.get("price_per_unit")) for row in found[:MOST_METERS])
    return tuple(price for price in prices if price is not None)


def _name(value: Value) -> str:
    return visible(value[:LONGEST_NAME]) if is_text(value) else ""


def _amount(value: Value) -> Decimal | None:
    """A price or size, as text or number, that can be calculated with: not below 0, at most 30 digits before the point."""
    text = value.strip() if isinstance(value, str) else ""
    number = Number(text).decimal if text else None
    usable = number is not None and number >= 0 and (not number or -30 < number.adjusted() < 18)
    return number if usable else None


# --- one usage ------------------------------------------------------------------------------------------------


def calculated(
    client: "Client", provider: str, model: str, capability_name: str, usage: Value
) -> Calculation:
    """The gateway's prices for this usage, in the standard tier; nothing is charged. Raises GatewayError.

    contract: `POST /pricing/calculate`. A cost of 0 without lines is no price. EUR comes back labelled as USD.
    """
    asked = {"provider": provider, "model": model, "endpoint": capability_name}
    body = f"{json.dumps(asked)[:-1]}, {dumps({'usage': usage})[1:]}".encode()
    if len(body) > MOST_USAGE_BYTES:
        return Calculation()
    return read_calculation(client.post("/pricing/calculate", body))


def read_calculation(body: bytes) -> Calculation:
    """The prices in an answer; none for what is no calculation."""
    found = object_of(body).get("pricing")
    lines = found.get("lines") if isinstance(found, dict) else None
    return Calculation(tuple(line_meters(lines)) if isinstance(lines, list) else ())


def line_meters(lines: Sequence[Value]) -> Iterator[PriceMeter]:
    """The prices that pricing lines were made with: those of a record as those of a calculation."""
    for line in lines[:MOST_METERS]:
        fields = line if isinstance(line, dict) else {}
        name, price, size = (
            _name(fields.get("dimension")),
            _amount(fields.get("unit_price_usd")),
            _size(fields),
        )
        if name and price is not None and size:
            yield PriceMeter(name, price, size)
