"""The price list and calculations, read as the real gateway gave them (shortened), and as nobody should."""

import json
from decimal import Decimal
from typing import Any

import pytest

from generations.gateway.demo.server import pricing as demo
from generations.gateway.endpoints import ENDPOINTS
from generations.gateway.prices import MOST_METERS, PriceMeter, capability, read_calculation, read_list


def meter(**more: Any) -> dict[str, Any]:
    return {"meter": "input_text_tokens", "unit_size": 1, "price_per_unit": "5e-8", "currency": "EUR", **more}


def listed(*meters: Any, **more: Any) -> bytes:
    row = {
        "provider": "azure",
        "model": "openai/gpt-5-nano",
        "endpoint": "text.generate",
        "meters": list(meters),
    }
    return json.dumps({"ok": True, "models": [{**row, **more}]}).encode()


def test_a_price_is_read_with_its_currency_conditions_and_hours() -> None:
    condition = {"op": "lte", "path": "input_tokens", "value": 200000, "or_group": 1, "and_index": 1}
    window = {"label": "peak", "start_time": "01:00", "end_time": "04:00", "price_per_unit": 1.32}
    found = read_list(listed(meter(), meter(conditions=[condition], time_windows=[window])))
    assert found is not None
    small, peak = found[0].meters
    assert (small.price, small.unit_size, small.currency) == (Decimal("5e-8"), Decimal(1), "EUR")
    assert (peak.conditions[0].op, peak.windows) == ("lte", (Decimal("1.32"),))


@pytest.mark.parametrize(
    "odd",
    [
        {"price_per_unit": "-1"},
        {"price_per_unit": "1e99"},
        {"price_per_unit": None},
        {"price_per_unit": True},
        {"unit_size": 0},
        {"unit_size": "x"},
        {"meter": 5},
        {"meter": ""},
    ],
)
def test_a_meter_that_cannot_be_calculated_with_is_left_out(odd: dict[str, Any]) -> None:
    found = read_list(listed(meter(), meter(**odd), "odd", None))
    assert found is not None
    assert len(found[0].meters) == 1


def test_what_is_no_list_is_none_and_odd_rows_are_left_out() -> None:
    for body in (b"", b"[]", b'{"models": 1}', b'{"ok": false, "error": "failed"}', b"<html>"):
        assert read_list(body) is None
    assert read_list(listed(meter(), provider=None)) == read_list(listed()) == ()
    found = read_list(listed(*[meter()] * 500, display_name=7))
    assert found is not None
    assert len(found[0].meters) == MOST_METERS


def test_no_lines_are_no_price() -> None:
    """Recorded: 200 with a cost of 0 and `lines: []` for a usage without a price."""
    empty = {"ok": True, "pricing": {"cost_usd": 0, "currency": "USD", "lines": []}}
    for body in (json.dumps(empty).encode(), b"{}", b"[]", b'{"pricing": {"lines": 3}}'):
        assert read_calculation(body).meters == ()
    line = {"dimension": "output_text_tokens", "unit_price_usd": "0.400000000", "unit_size": 1000000}
    found = read_calculation(json.dumps({"pricing": {"lines": [line]}}).encode())
    assert found.meters == (PriceMeter("output_text_tokens", Decimal("0.400000000"), Decimal(1000000)),)


def test_every_endpoint_has_a_capability() -> None:
    """Those of the demo's list are the ones that the real one names."""
    assert {capability(name) for name in ("chat.completions", "responses", "messages")} == {demo.TEXT}
    assert (capability("embeddings"), capability("batch"), capability("x")) == (demo.EMBED, demo.BATCH, "")
    assert all(capability(endpoint.name) for endpoint in ENDPOINTS)
