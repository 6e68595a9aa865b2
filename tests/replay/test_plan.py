"""The pre-flight: what is sent, what to mind, what it may cost."""

import json
from typing import Any

import pytest

from dashboard.models import GatewayConnection
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.replay import plan
from generations.replay.plan import caveats, keys_of
from generations.replay.price import Price, expected

RECORD, SOURCE = StoredRecord(), GatewayConnection()
LINES = [
    {"dimension": "input_text_tokens", "line_nanos": 2100, "unit_price_usd": "0.05", "unit_size": 1000000},
    {"dimension": "output_text_tokens", "line_nanos": 51200, "unit_price_usd": "0.40", "unit_size": 1000000},
]


def price(cost: int | None, lines: Any = LINES, **body: Any) -> Price:
    raw = json.dumps(
        {"pricing_lines": lines, "replay_supported": True, "replay_request": {"model": "m", **body}}
    )
    told = Record.read(raw.encode())
    return expected(
        plan.order_from(Generation(cost_nanos=cost, endpoint="chat.completions"), told, RECORD, SOURCE, "")
    )


def bounds(told: Price) -> tuple[int | None, int | None]:
    return told.low, told.high


def test_without_a_cost_nothing_is_known() -> None:
    assert bounds(price(None)) == (None, None)


def test_without_a_limit_the_original_is_the_only_figure() -> None:
    assert bounds(price(53300)) == (53300, None)


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_with_a_limit_there_is_a_range(key: str) -> None:
    assert bounds(price(53300, **{key: 1000})) == (2100, 2100 + 400_000)


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
    assert [note.split(" ")[1] for note in notes] == ["continues", "refers", "offers"]


def test_signed_addresses_may_have_expired() -> None:
    signed = "https://b.s3.amazonaws.com/a.png?X-Amz-Date=1&X-Amz-Signature=ab"
    assert caveats({"input": [{"image_url": {"url": "https://example.com/a.png?size=2"}}]}) == []
    assert [note.split(" ")[4] for note in caveats({"input": [{"image_url": {"url": signed}}]})] == ["signed"]


def test_keys_of_deep_values() -> None:
    deep: Any = {"last": "x"}
    for _ in range(5000):
        deep = {"k": [deep]}
    assert keys_of(deep) == {"k", "last"}
