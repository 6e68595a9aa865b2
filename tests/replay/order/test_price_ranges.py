"""Every story of the demo gateway is replayed: what the gateway bills lies within the range that the plan showed."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest

from dashboard.models import GatewayConnection, Team
from generations.gateway.client import Client
from generations.gateway.demo.keys import SCOPED_KEY
from generations.gateway.errors import GatewayError
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.replay.order import orders
from generations.replay.order.orders import Order
from generations.replay.order.pricing import Price, expected
from generations.replay.prices.price_book import PriceBook
from tests.reading.samples import demo_records
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db
LARGEST = 2**20  # bytes: larger records cost the test seconds and tell nothing more


@pytest.fixture
def quick(demo_gateway: DemoGateway) -> Iterator[DemoGateway]:
    demo_gateway.reset()
    demo_gateway.set(pace=0, record_ms=0)
    yield demo_gateway
    demo_gateway.reset()


def plans(team: Team, source: GatewayConnection) -> Iterator[tuple[str, Order, Price]]:
    """Each story that can be replayed, with the price that its plan shows."""
    book = PriceBook(may_ask=True)
    for name, request_id, raw in demo_records():
        if len(raw) > LARGEST:
            continue
        record = Record.read(raw, asked_id=request_id)
        kept = Generation(
            team=team,
            endpoint=record.endpoint or "",
            model_id=record.model_id or "",
            cost_nanos=record.cost_nanos,
        )
        try:
            order = orders.order_from(kept, record, StoredRecord(), source, "")
        except orders.ReplayRefused:
            continue
        yield name, order, expected(order, book)


def send(client: Client, order: Order) -> None:
    with suppress(GatewayError):
        list(client.send(order.endpoint, order.body))


def record(client: Client, request_id: str) -> Record:
    """The record of a replay, as soon as it is there."""
    for _ in range(100):
        with suppress(GatewayError):
            return client.record(request_id)
        time.sleep(0.02)
    raise AssertionError(f"no record of {request_id}")


def test_replays_cost_what_was_expected(
    team: Team, priced_source: GatewayConnection, quick: DemoGateway
) -> None:
    """In all that are billed (a broken answer is not). With a limit, high is at most 3 times low (median)."""
    client, made = Client(quick.url, SCOPED_KEY), list(plans(team, priced_source))
    for _, order, _ in made:
        send(client, order)
    seen = [entry["request_id"] for entry in quick.requests() if "/pricing/" not in entry["path"]]
    assert len(seen) == len(made)
    with ThreadPoolExecutor(4) as pool:
        records = list(pool.map(partial(record, client), seen))
    found = [(*plan, kept) for plan, kept in zip(made, records, strict=True)]
    billed = [
        (name, price, kept.cost_nanos)
        for name, _, price, kept in found
        if kept.cost_nanos and kept.pricing_lines
    ]
    wrong = [
        (name, cost, price)
        for name, price, cost in billed
        if price.low is not None and not price.low <= cost <= (cost if price.high is None else price.high)
    ]
    assert wrong == []
    assert len(billed) > 60
    limited = [price for _, order, price, _ in found if price.most is not None and b'_tokens"' in order.body]
    ratios = [(price.high or 0) / max(1, price.low or 0) for price in limited]
    assert len(ratios) >= 10
    assert statistics.median(ratios) <= 3, sorted(ratios)
    priced = [price for _, price, _ in billed if price.low is not None]
    assert len(priced) > 0.95 * len(billed)  # unknown is rare
