"""The pre-flight: what is sent, what to mind, what it may cost."""

import json
from concurrent.futures import Future
from typing import Any

import pytest

from dashboard.consents import keys
from dashboard.fields import Secret
from dashboard.models import GatewayConnection
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.replay.order import orders, pricing
from generations.replay.order.preflight import caveats, keys_of
from generations.replay.order.pricing import Price, expected
from generations.replay.prices import price_book, price_lists
from generations.replay.prices.price_book import PriceBook

RECORD, SOURCE = StoredRecord(), GatewayConnection(read_key=Secret("key"))
LINES = [
    {"dimension": "input_text_tokens", "line_nanos": 2100, "unit_price_usd": "0.05", "unit_size": 1000000},
    {"dimension": "output_text_tokens", "line_nanos": 51200, "unit_price_usd": "0.40", "unit_size": 1000000},
]


def price(cost: int | None, lines: Any = LINES, patch: Any = None, usage: Any = None, **body: Any) -> Price:
    payload = {"provider": "openai", "pricing_lines": lines, "replay_supported": True, "usage": usage}
    raw = json.dumps({**payload, "replay_request": {"model": "m", **body}})
    made = Generation(cost_nanos=cost, endpoint="chat.completions")
    changes = json.dumps(patch) if patch else ""
    book = PriceBook(samples={("m", "chat.completions"): None})
    return expected(orders.order_from(made, Record.read(raw.encode()), RECORD, SOURCE, changes), book)


def test_a_plan_waits_once_for_a_gateway_that_calculates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[Future[Any]]()

    def ask(*_: Any) -> Future[Any]:
        asked.append(Future())
        return asked[-1]

    monkeypatch.setattr(price_lists, "ask", ask)
    monkeypatch.setattr(price_book, "PAGE_PATIENCE", 0.01)
    monkeypatch.setattr(price_book, "_read", lambda _: None)
    monkeypatch.setattr(keys, "pricing", lambda _: [])
    book = PriceBook(may_ask=True)
    models = ("a/1", "a/2", "a/3")
    assert [book.calculated(SOURCE, "p", model, "text.generate", {}) for model in models] == [None] * 3
    assert [question.cancelled() for question in asked] == [True]


def put(key: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "add", "path": f"/{key}", "value": value}]


def bounds(price: Price) -> tuple[int | None, int | None]:
    return price.low, price.high


def test_without_a_price_nothing_is_known() -> None:
    assert bounds(price(None)) == bounds(price(0, [])) == (None, None)


def test_an_answer_like_the_recorded_one_is_expected() -> None:
    """The recorded 128 tokens of output, a third less to half as much more and a few; without a limit no most."""
    found = price(53300)
    assert bounds(found) == (2100 + 79_200 * 4 // 10, 2100 + 208_000 * 4 // 10)
    assert (found.most, found.dearest) == (None, found.high)


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_a_limit_is_the_most_and_bounds_the_range(key: str) -> None:
    assert price(53300, **{key: 1000}).most == price(53300, **{key: 1000}).dearest == 2100 + 400_000
    assert bounds(price(53300, **{key: 150})) == (bounds(price(53300))[0], 2100 + 150 * 400)


def test_several_answers_cost_several_times_as_much() -> None:
    once, thrice = price(53300, max_tokens=1000), price(53300, patch=put("n", 3), max_tokens=1000)
    assert (once.low, thrice.low, thrice.most) == (33780, 2100 + 3 * 31680, 2100 + 1_200_000)
    assert bounds(price(53300, n=3))[0] < 53300 < bounds(price(53300, n=3))[1]  # type: ignore[operator]


def test_input_grows_and_shrinks_with_the_request() -> None:
    low, _ = bounds(price(53300, patch=put("user", "x" * 9000), max_tokens=1000))
    assert low is not None
    assert low > 100 * 2100
    shrunk = price(53300, patch=[{"op": "remove", "path": "/user"}], user="x" * 9000)
    assert (shrunk.low or 0) < 2100 + 31680


@pytest.mark.parametrize(
    "patch",
    [
        put("service_tier", "priority"),
        put("provider", {"only": ["azure"]}),
        put("routing", {"only": ["azure"]}),
        put("model", "another"),
    ],
)
def test_the_own_prices_are_none_for_other_terms(patch: Any) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pricing, "_sample", lambda *_: None)
        assert bounds(price(53300, patch=patch, max_tokens=10)) == (None, None)


def test_pinned_to_where_it_ran_it_costs_the_same() -> None:
    patch = put("provider", {"only": ["openai"], "allow_fallbacks": False})
    assert price(53300, patch=patch, max_tokens=1) == price(53300, max_tokens=1)


@pytest.mark.parametrize("amount", ["1e30", "1e999999", "9" * 40, "-1e25", "1e17"])
def test_amounts_that_nobody_can_pay_are_no_price(amount: str) -> None:
    lines = [{**LINES[0], "line_nanos": 10**25}, {**LINES[1], "unit_price_usd": amount}]
    found = price(53300, lines, max_tokens=10**9)
    assert all(bound is None or abs(bound) < 2**63 for bound in (found.low, found.high, found.most))


def test_what_is_read_from_the_cache_may_not_be_next_time() -> None:
    counts = {
        "cached_read_text_tokens": (2000, "0.005"),
        "input_text_tokens": (100, "0.05"),
        "output_text_tokens": (10, "0.4"),
    }
    lines = [
        {"dimension": name, "quantity": quantity, "unit_price_usd": amount, "unit_size": 10**6}
        for name, (quantity, amount) in counts.items()
    ]
    assert bounds(price(19_000, lines)) == (2100 * 5 + 1000, 2100 * 50 + 31 * 400)


def test_a_request_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "patched", lambda stored, patch: b"[" * 400 + b"]" * 400)
    with pytest.raises(orders.ReplayRefused, match="cannot be read"):
        price(1)


def test_a_limit_that_the_original_did_not_keep_to_is_none() -> None:
    low, high = bounds(price(53300, max_tokens=1))
    assert low is not None
    assert high is not None
    assert low < 53300 <= high


@pytest.mark.parametrize(
    "lines", [[], ["odd"], [{"dimension": "output_text_tokens", "unit_price_usd": "x"}], [{}]]
)
def test_odd_lines_tell_the_original_cost_only(lines: Any) -> None:
    assert bounds(price(53300, lines, max_tokens=10)) == (53300, None)


@pytest.mark.parametrize("limit", ["10", -1, 1.5, None, 10**12])
def test_an_odd_limit_is_none(limit: Any) -> None:
    assert price(53300, max_tokens=limit).most is None


def test_caveats() -> None:
    assert caveats({"model": "m"}) == []
    assert caveats({"tools": [], "previous_response_id": None}) == []
    notes = caveats(
        {
            "previous_response_id": "r",
            "input": [{"content": [{"file_id": "f"}]}],
            "tools": [{"type": "web_search"}],
        }
    )
    assert [note.split(" ")[-1] for note in notes[:2]] == ["dropped.", "gone."]
    assert notes[2:] == ["Tools that run at the provider, such as web search and code, will run again."]


@pytest.mark.parametrize(
    "tool", [{"type": "function"}, {"type": "custom"}, {"name": "get_weather", "input_schema": {}}, "odd", {}]
)
def test_tools_that_the_sender_runs_need_no_warning(tool: Any) -> None:
    assert caveats({"tools": [tool]}) == []
    assert len(caveats({"tools": [tool, {"type": "web_search_20250305", "name": "web_search"}]})) == 1


def test_signed_addresses_may_have_expired() -> None:
    signed = "https://b.s3.amazonaws.com/a.png?X-Amz-Date=1&X-Amz-Signature=ab"
    assert caveats({"input": [{"image_url": {"url": "https://example.com/a.png?size=2"}}]}) == []
    assert [note.split(" ")[4] for note in caveats({"input": [{"image_url": {"url": signed}}]})] == ["signed"]


def test_keys_of_deep_values() -> None:
    deep: Any = {"last": "x"}
    for _ in range(5000):
        deep = {"k": [deep]}
    assert keys_of(deep) == {"k", "last"}
