"""The demo gateway's prices against what the real one answered (contract §15.1)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generations.gateway.demo import keys
from tests.demo.peer import Peer

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "price_answers.json").read_text())
ASKED = {"provider": "openai", "model": "openai/gpt-5-nano", "endpoint": "text.generate", "usage": {}}


def calculate(peer: Peer, body: Any, key: str = keys.PLAIN_KEY) -> Any:
    return peer.post("/v1/pricing/calculate", body, key)


def price_list(peer: Peer) -> list[dict[str, Any]]:
    return list(peer.get("/v1/pricing/models", keys.PLAIN_KEY).json()["models"])


@pytest.mark.parametrize("name", RECORDED)
def test_a_calculation_is_the_real_gateways(peer: Peer, name: str) -> None:
    recorded = RECORDED[name]
    answer = calculate(peer, recorded["body"].encode())
    assert answer.status_code == recorded["status"]
    found = answer.json()
    if answer.status_code != 200:
        assert found == recorded["answer"]
        return
    pricing = found["pricing"]
    names = recorded["answer"]["lines"][0] if recorded["answer"]["lines"] else []
    lines = [{key: line[key] for key in names} for line in pricing["lines"]]
    assert {**{key: pricing[key] for key in ("cost_usd_str", "cost_cents", "currency")}, "lines": lines} == (
        recorded["answer"]
    )


def test_tiers_are_like_entries_without_a_name(peer: Peer) -> None:
    like = [
        entry
        for entry in price_list(peer)
        if (entry["provider"], entry["model"], entry["endpoint"])
        == ("openai", "openai/gpt-5-nano", "text.generate")
    ]
    prices = [entry["meters"][0]["price_per_unit"] for entry in like]
    assert prices == ["0.05", "0.025", "0.1"]
    assert len({tuple(entry) for entry in like}) == 1


def test_euros_small_numbers_conditions_and_time_windows(peer: Peer) -> None:
    meters = [
        meter | {"provider": entry["provider"]} for entry in price_list(peer) for meter in entry["meters"]
    ]
    assert {"5e-8"} <= {meter["price_per_unit"] for meter in meters if meter["currency"] == "EUR"}
    assert all(isinstance(meter["price_per_unit"], str) for meter in meters)
    [condition] = next(meter["conditions"] for meter in meters if meter["conditions"])
    assert condition == {"op": "gt", "path": "input_tokens", "value": 200000, "or_group": 1, "and_index": 1}
    [window] = next(meter["time_windows"] for meter in meters if meter["time_windows"])
    assert isinstance(window["price_per_unit"], float)


def test_the_list_is_incomplete_and_calculating_is_not(peer: Peer) -> None:
    absent = "mistral/mistral-large-3"
    assert absent not in {entry["model"] for entry in price_list(peer)}
    asked = ASKED | {"provider": "mistral", "model": absent, "usage": {"input_tokens": 1000}}
    assert calculate(peer, asked).json()["pricing"]["cost_usd_str"] == "0.000500000"


@pytest.mark.parametrize(("hour", "factor"), [("02", 2), ("12", 1)])
def test_a_price_changes_by_the_hour(peer: Peer, hour: str, factor: int) -> None:
    asked = ASKED | {
        "provider": "deepseek",
        "model": "deepseek/deepseek-v3.2",
        "usage": {"input_tokens": 1000},
    }
    asked["provider_accepted_at"] = f"2026-11-27T{hour}:00:01Z"
    [line] = calculate(peer, asked).json()["pricing"]["lines"]
    assert Decimal(line["unit_price_usd"]) == Decimal("0.28") * factor
    assert (line["pricing_time_window"] is not None) == (factor == 2)


def test_a_body_that_is_no_json_fails_in_the_gateway(peer: Peer) -> None:
    answer = calculate(peer, b"{")
    assert (answer.status_code, answer.json()["error"]) == (500, "calculation_failed")


def test_who_may(peer: Peer) -> None:
    refused = {
        keys.MANAGEMENT_KEY: (401, "unauthorised"),
        keys.SCOPED_KEY: (403, "insufficient_scope"),
        "": (401, "unauthorised"),
    }
    for key, expected in refused.items():
        for answer in (peer.get("/v1/pricing/models", key), calculate(peer, ASKED, key)):
            assert (answer.status_code, answer.json()["error"]) == expected
    kept = peer.get("/v1/pricing/models", keys.FULL_KEY).headers["cache-control"]
    assert kept == "private, max-age=300, stale-while-revalidate=600"
