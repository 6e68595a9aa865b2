"""Prices of a usage: the recorded figures of the real gateway, and a range wherever the list leaves something open."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.demo.server import pricing as demo
from generations.gateway.prices import Condition, ListedPrice, PriceMeter, read_list
from generations.gateway.rawjson.values import Number
from generations.gateway.record import Record
from generations.reading.prices import amounts, conditions, quotes
from generations.reading.prices.amounts import Amount, UsageFacts, exactly
from generations.reading.prices.elsewhere import elsewhere
from generations.reading.prices.quotes import Quote

IN, OUT, CACHED = "input_text_tokens", "output_text_tokens", "cached_read_text_tokens"


def meter(name: str, price: str, **more: Any) -> PriceMeter:
    return PriceMeter(name, Decimal(price), Decimal(10**6), **more)


def when(op: str, value: int = 200_000, path: str = "input_tokens", group: str = "1") -> Condition:
    return Condition(path, op, Number(str(value)), group)


def entry(*meters: PriceMeter) -> ListedPrice:
    return ListedPrice("p", "m", "text.generate", meters)


def record(usage: Any, **more: Any) -> Record:
    return Record.read(json.dumps({"usage": usage, **more}).encode())


def priced(entries: list[ListedPrice], usage: dict[str, Any], **more: Any) -> Quote:
    used = amounts.recorded(record(usage, **more))
    [found] = quotes.quotes(entries, used, amounts.facts(record(usage).usage, used))
    return found


NANO = entry(meter(IN, "0.05"), meter(CACHED, "0.005"), meter(OUT, "0.4"))
SONNET = entry(
    meter(IN, "3", conditions=(when("lte"),)),
    meter(IN, "6", conditions=(when("gt"),)),
    meter(OUT, "22.5", conditions=(when("gt"),)),
    meter(OUT, "15", conditions=(when("lte"),)),
)


@pytest.mark.parametrize(
    ("listed", "usage", "nanos"),
    [
        (NANO, {"input_tokens": 42, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 10}}, 4450),
        (NANO, {"prompt_tokens": 42, "completion_tokens": 7, "total_tokens": 49}, 4900),
        (SONNET, {"input_tokens": 1000, "output_tokens": 10}, 3_150_000),
        (SONNET, {"input_tokens": 300_000, "output_tokens": 10}, 1_800_225_000),
    ],
)
def test_what_the_gateway_calculated_is_calculated_here(listed: ListedPrice, usage: Any, nanos: int) -> None:
    """The sums of its recorded answers."""
    assert priced([listed], usage) == Quote(Decimal(nanos), Decimal(nanos))


def test_what_is_left_open_is_a_range_that_says_why() -> None:
    usage = {"input_tokens": 1000, "output_tokens": 0}
    twice = entry(meter(IN, "1"), meter(IN, "2"))
    peak = entry(meter(IN, "1", windows=(Decimal(2),)))
    cases = {
        quotes.REPEATED: [twice],
        quotes.HOURS: [peak],
        quotes.TIERS: [entry(meter(IN, "1")), entry(meter(IN, "2"))],
    }
    for why, entries in cases.items():
        assert priced(entries, usage) == Quote(Decimal(10**6), Decimal(2 * 10**6), open=frozenset({why}))
    span = {IN: Amount(Decimal(1000), Decimal(300_000))}
    [open_] = quotes.quotes([SONNET], span, amounts.facts({}, span))
    assert (open_.low, open_.high, open_.open) == (
        Decimal(3 * 10**6),
        Decimal(1800 * 10**6),
        frozenset({quotes.CONDITIONS}),
    )


def test_what_has_no_price_is_not_free() -> None:
    only_input = entry(meter(IN, "1"))
    found = priced([only_input], {"input_tokens": 10, "output_tokens": 5})
    assert (found.high, found.open) == (None, frozenset({quotes.LACKING}))
    used = amounts.recorded(record({"output_tokens": 5}))
    assert quotes.quotes([only_input], used, amounts.facts({}, used)) == []
    stand_in = priced([only_input], {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}})
    assert (stand_in.low, stand_in.high, stand_in.open) == (
        Decimal(10_000),
        Decimal(10_000),
        frozenset({quotes.STAND_IN}),
    )


def test_euros_are_euros() -> None:
    both = entry(
        meter(IN, "1"), meter(OUT, "1"), meter(IN, "3", currency="EUR"), meter(OUT, "3", currency="EUR")
    )
    used = amounts.recorded(record({"input_tokens": 10, "output_tokens": 5}))
    found = quotes.quotes([both], used, amounts.facts({}, used))
    assert {(quote.currency, quote.low) for quote in found} == {
        ("USD", Decimal(15_000)),
        ("EUR", Decimal(45_000)),
    }


@pytest.mark.parametrize(
    ("op", "value", "answer"),
    [
        *[("gt", 5, True), ("gt", 10, None), ("gt", 20, False), ("gte", 10, True), ("gte", 21, False)],
        *[("lt", 10, False), ("lt", 21, True), ("lte", 20, True), ("lte", 15, None), ("lte", 9, False)],
        *[("eq", 15, None), ("eq", 9, False), ("ne", 9, True), ("neq", 15, None), ("near", 15, None)],
    ],
)
def test_conditions_over_bounds(op: str, value: int, answer: bool | None) -> None:
    facts = UsageFacts({"input_tokens": (Decimal(10), Decimal(20))}, {"resolution": "720p"})
    assert conditions.holds((when(op, value),), facts) is answer
    assert conditions.holds((when(op, value), when("gt", 0, "unknown")), facts) is (
        None if answer is not False else False
    )
    assert conditions.holds((when(op, value), when("gt", 0, group="2")), facts) is True
    assert conditions.holds((Condition("resolution", "in", ["720p", "1080p"]),), facts) is True
    assert conditions.holds((Condition("resolution", "ne", "720p"),), facts) is False


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_demo_bills_within_the_range_of_its_list(fresh: int, cached: int, output: int) -> None:
    """Whatever was used, wherever it is listed, at whatever hour: what the gateway calculates is in the range."""
    usage = {
        "input_tokens": fresh + cached,
        "output_tokens": output,
        "input_tokens_details": {"cached_tokens": cached},
    }
    entries = read_list(json.dumps(demo.price_list()).encode())
    assert entries is not None
    by_place = {
        (row.provider, row.model): row.quote for row in elsewhere(entries, record(usage)) if row.quote.high
    }
    for provider, model in [
        ("amazon-bedrock", "anthropic/claude-sonnet-4.5"),
        ("deepseek", "deepseek/deepseek-v3.2"),
        ("azure", "openai/gpt-5"),
    ]:
        for hour in (2, 12):
            body = json.dumps(
                {"provider": provider, "model": model, "endpoint": demo.TEXT, "usage": usage}
            ).encode()
            _, answer = demo.calculate(body, datetime(2026, 11, 28, hour, tzinfo=UTC))
            nanos = sum(line["line_nanos"] for line in answer["pricing"]["lines"])
            quote = by_place.get((provider, model))
            assert quote is not None or not (fresh + cached + output)
            assert quote is None or quote.low - 3 <= nanos <= (quote.high or 0)


def test_elsewhere_the_cheapest_comes_first_and_euros_last() -> None:
    def row(provider: str, price: str, **more: Any) -> ListedPrice:
        return ListedPrice(provider, "m", "text.generate", (meter(IN, price, **more),))

    rows = [row("c", "3"), row("b", "2"), row("e", "1", currency="EUR"), row("a", "4")]
    of = record({"input_tokens": 1000}, cost_nanos=4_000_000, provider="a", model_id="m")
    found = elsewhere(rows, of)
    assert [(other.provider, other.share, other.is_origin) for other in found] == [
        *[("b", "0.5×", False), ("c", "0.75×", False), ("a", "1×", True), ("e", "other currency", False)]
    ]
    assert (found[0].price, found[3].price) == ("$0.002", "EUR 0.001")
    assert elsewhere(rows, record(None)) == elsewhere(rows, record("odd", pricing_lines=[None, 3, {}])) == []


def test_the_recorded_lines_count_before_the_usage() -> None:
    lines = [{"dimension": "input_image", "quantity": 7, "billable_units": 2, "unit_size": 1}]
    fee = {"dimension": "requests", "meter": "byok_service_fee", "quantity": 9}
    usage = {"input_tokens": 10, "server_tool_use": {"web_search_requests": 2}, "input_pages": 3, "odd": "x"}
    used = amounts.recorded(record(usage, pricing_lines=[*lines, fee]))
    assert {name: amount.low for name, amount in used.items()} == {
        "input_image": 7,
        IN: 10,
        "requests": 1,
        "server_tool_web_search_requests": 2,
        "input_pages": 3,
    }
    assert amounts.recorded(record(usage, pricing_lines=lines), billed=True)["input_image"] == exactly(2)
