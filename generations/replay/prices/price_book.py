"""The prices that one page or plan uses: the gateway's list, what it calculates for what the list lacks, and who may ask.

Within one plan the list is asked for at most once, and MOST_CALCULATIONS models that it lacks,
until one is not answered in time.
"""

import hashlib
import json
from concurrent.futures import TimeoutError as StillWaiting
from dataclasses import dataclass, field

import redis

from dashboard.consents import keys
from dashboard.models import GatewayConnection
from generations.gateway import prices
from generations.gateway.errors import GatewayError
from generations.gateway.prices import Calculation, ListedPrice, PriceMeter
from generations.gateway.rawjson.values import Value, dumps
from generations.gateway.record import Record
from generations.replay.prices import price_lists
from generations.replay.prices.price_lists import FRESH_SECONDS, PAGE_PATIENCE, PriceList

MOST_CALCULATIONS = 4


@dataclass
class PriceBook:
    """`may_ask`: whether the gateway may be asked; a viewer's page uses what is kept. `samples` are the team's records."""

    may_ask: bool = False
    samples: dict[tuple[str, str], Record | None] = field(default_factory=dict)
    calculations: int = 0
    _lists: dict[str, PriceList | None] = field(default_factory=dict)
    _asked: dict[str, tuple[PriceMeter, ...]] = field(default_factory=dict)

    def list_of(self, source: GatewayConnection) -> PriceList | None:
        """The list of the source's gateway, None for none."""
        if source.base_url not in self._lists:
            found = price_lists.listed(source) if self.may_ask else price_lists.kept(source.base_url)
            self._lists[source.base_url] = found
        return self._lists[source.base_url]

    def calculated(
        self, source: GatewayConnection, provider: str, model: str, capability: str, usage: Value
    ) -> ListedPrice | None:
        """The prices that the gateway calculates with for this usage, None for none; kept for an hour."""
        if not (provider and model and capability):
            return None
        text = dumps([source.base_url, provider, model, capability, usage])
        name = (
            f"{price_lists.SPACE}:usage:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
        )
        if name not in self._asked:
            self._asked[name] = self._meters(name, source, (provider, model, capability), usage)
        meters = self._asked[name]
        return ListedPrice(provider, model, capability, meters) if meters else None

    def _meters(
        self, name: str, source: GatewayConnection, of: tuple[str, str, str], usage: Value
    ) -> tuple[PriceMeter, ...]:
        known = _read(name)
        if known is not None or not self.may_ask or self.calculations >= MOST_CALCULATIONS:
            return known or ()
        self.calculations += 1
        asking = price_lists.ask(_calculate, source, keys.pricing(source), of, usage, name)
        try:
            return asking.result(timeout=PAGE_PATIENCE)
        except StillWaiting:  # a page waits for that once
            asking.cancel()
            self.calculations = MOST_CALCULATIONS
            return ()


def _calculate(
    source: GatewayConnection,
    used: list[keys.ConnectionKey],
    of: tuple[str, str, str],
    usage: Value,
    name: str,
) -> tuple[PriceMeter, ...]:
    """What the gateway says, and kept: also that it has no price. Runs in a thread of its own."""
    found = None
    try:
        for item, asked in price_lists.with_keys(source, used):
            try:
                found = prices.calculated(asked, *of, usage)
                break
            except GatewayError as fault:
                if fault.status == 404:
                    found = Calculation()
                if not price_lists.refused(item, fault):
                    break
    except ValueError:  # an address or a key that cannot be used
        return ()
    if found is None:
        return ()
    _write(name, found.meters)
    return found.meters


# --- kept ---------------------------------------------------------------------------------------------------------


def _read(name: str) -> tuple[PriceMeter, ...] | None:
    try:
        stored = price_lists.store().get(name)
    except redis.RedisError:
        return None
    if not isinstance(stored, bytes):
        return None
    lines = [
        {"dimension": dimension, "unit_price_usd": price, "unit_size": size}
        for dimension, price, size in json.loads(stored)
    ]
    return tuple(prices.line_meters(lines))


def _write(name: str, meters: tuple[PriceMeter, ...]) -> None:
    rows = [(meter.name, str(meter.price), str(meter.unit_size)) for meter in meters]
    try:
        price_lists.store().set(name, json.dumps(rows), ex=FRESH_SECONDS)
    except redis.RedisError:
        return
