"""The pre-flight: what is sent, what to mind, what it may cost."""

import json
from typing import Any

import pytest

from dashboard.fields import Secret
from dashboard.models import GatewayConnection
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.replay.order import orders
from generations.replay.order.preflight import caveats, keys_of
from generations.replay.order.pricing import Price, expected

RECORD, SOURCE = StoredRecord(), GatewayConnection(read_key=Secret("key"))
LINES = [
    {"dimension": "input_text_tokens", "line_nanos": 2100, "unit_price_usd": "0.05", "unit_size": 1000000},
    {"dimension": "output_text_tokens", "line_nanos": 51200, "unit_price_usd": "0.40", "unit_size": 1000000},
]


def price(cost: int | None, lines: Any = LINES, patch: Any = None, **body: Any) -> Price:
    payload = {"provider": "openai", "pricing_lines": lines, "replay_supported": True}
    raw = json.dumps({**payload, "replay_request": {"model": "m", **body}})
    made = Generation(cost_nanos=cost, endpoint="chat.completions")
    changes = json.dumps(patch) if patch else ""
    return expected(orders.order_from(made, Record.read(raw.encode()), RECORD, SOURCE, changes))


def put(key: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "add", "path": f"/{key}", "value": value}]


def bounds(price: Price) -> tuple[int | None, int | None]:
    return price.low, price.high


def test_without_a_cost_nothing_is_known() -> None:
    assert bounds(price(None)) == (None, None)


def test_without_a_limit_the_original_is_the_only_figure() -> None:
    assert bounds(price(53300)) == (53300, None)


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_with_a_limit_there_is_a_range(key: str) -> None:
    assert bounds(price(53300, **{key: 1000})) == (2100, 2100 + 400_000)


def test_what_was_not_billed_tells_no_price() -> None:
    assert bounds(price(0, [])) == (None, None)
    assert bounds(price(0, LINES)) == (0, None)


def test_several_answers_cost_several_times_as_much() -> None:
    assert bounds(price(53300, patch=put("n", 3), max_tokens=1000)) == (2100, 2100 + 1_200_000)
    assert bounds(price(53300, patch=put("n", 3)))[0] >= 3 * 53300  # type: ignore[operator]
    assert bounds(price(53300, n=3)) == (53300, None)


def test_a_longer_request_costs_more() -> None:
    low, high = bounds(price(53300, patch=put("user", "x" * 9000), max_tokens=1000))
    assert low is not None
    assert high is not None
    assert low > 100 * 2100
    assert high == low + 400_000


@pytest.mark.parametrize(
    "patch",
    [
        put("service_tier", "priority"),
        put("provider", {"only": ["azure"]}),
        put("routing", {"only": ["azure"]}),
    ],
)
def test_other_terms_have_an_unknown_price(patch: Any) -> None:
    assert bounds(price(53300, patch=patch, max_tokens=10)) == (None, None)


def test_pinned_to_where_it_ran_it_costs_the_same() -> None:
    patch = put("provider", {"only": ["openai"], "allow_fallbacks": False})
    assert bounds(price(53300, patch=patch, max_tokens=1)) == (2100, 53300)


@pytest.mark.parametrize("amount", ["1e30", "1e999999", "9" * 40, "-1e25"])
def test_amounts_that_nobody_can_pay_are_no_price(amount: str) -> None:
    lines = [{**LINES[0], "line_nanos": 10**25}, {**LINES[1], "unit_price_usd": amount}]
    low, high = bounds(price(53300, lines, max_tokens=10**9))
    assert all(bound is None or abs(bound) < 2**63 for bound in (low, high))


def test_a_request_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "patched", lambda stored, patch: b"[" * 400 + b"]" * 400)
    with pytest.raises(orders.ReplayRefused, match="cannot be read"):
        price(1)


def test_the_range_holds_the_original() -> None:
    assert bounds(price(53300, max_tokens=1)) == (2100, 53300)


@pytest.mark.parametrize(
    "lines", [[], ["odd"], [{"dimension": "output_text_tokens", "unit_price_usd": "x"}], [{}]]
)
def test_odd_lines_give_no_range(lines: Any) -> None:
    assert bounds(price(53300, lines, max_tokens=10))[1] is None


@pytest.mark.parametrize("limit", ["10", -1, 1.5, None, 10**12])
def test_an_odd_limit_is_none(limit: Any) -> None:
    assert bounds(price(53300, max_tokens=limit))[1] is None


def test_caveats() -> None:
    assert caveats({"model": "m"}) == []
    assert caveats({"tools": [], "previous_response_id": None}) == []
    notes = caveats(
        {"previous_response_id": "r", "input": [{"content": [{"file_id": "f"}]}], "tools": [{"a": "b"}]}
    )
    assert [note.split(" ")[-1] for note in notes[:2]] == ["dropped.", "gone."]
    assert notes[2:] == [
        "This request includes tools. Provider-side tools (web search, code) will run again."
    ]


def test_signed_addresses_may_have_expired() -> None:
    signed = "https://b.s3.amazonaws.com/a.png?X-Amz-Date=1&X-Amz-Signature=ab"
    assert caveats({"input": [{"image_url": {"url": "https://example.com/a.png?size=2"}}]}) == []
    assert [note.split(" ")[4] for note in caveats({"input": [{"image_url": {"url": signed}}]})] == ["signed"]


def test_keys_of_deep_values() -> None:
    deep: Any = {"last": "x"}
    for _ in range(5000):
        deep = {"k": [deep]}
    assert keys_of(deep) == {"k", "last"}
