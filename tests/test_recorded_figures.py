"""Every recorded record of the real gateway: its times have a meaning, and its page contradicts neither it nor itself."""

import json
from decimal import Decimal
from typing import Any

import pytest

from generations.gateway.record import Record
from generations.reading import outline
from generations.reading.figures import timing
from generations.reading.page_types.figures import Tile
from generations.reading.page_types.outline import Outline
from tests.test_recorded import archive

RECORDS = {name: raw for name, raw in archive().items() if name.endswith(".record.json")}


@pytest.fixture(params=sorted(RECORDS))
def pair(request: Any) -> tuple[dict[str, Any], Outline]:
    """A record as plain JSON, and its page."""
    raw = RECORDS[request.param]
    return json.loads(raw), outline.make(Record.read(raw))


def tile(made: Outline, *labels: str) -> Tile:
    return next(tile for tile in made.tiles if tile.label in labels)


def ms(made: Outline, *labels: str) -> Decimal | None:
    shown = tile(made, *labels).title
    return Decimal(shown.removesuffix(" ms").replace(",", "")) if shown else None


def test_the_records_are_all_there() -> None:
    assert len(RECORDS) == 169


def test_times(pair: tuple[dict[str, Any], Outline]) -> None:
    record, made = pair
    answered = any(attempt["outcome"] == "success" for attempt in record["provider_attempts"])
    reading = timing.READINGS["whole" if answered else "failed"]
    assert made.timing.reading.startswith(reading)
    total = ms(made, "Generation", "Until it failed")
    first = record["latency_ms"] if answered and record["stream"] else None
    assert ms(made, "First token") == first
    if answered:
        assert total == record["generation_ms"]
    else:
        spent = sum(attempt["duration_ms"] for attempt in record["provider_attempts"])
        assert total == max(record["latency_ms"], spent)
    [bar] = made.timing.main
    ends = [Decimal(segment.start) + Decimal(segment.width) for segment in bar.segments]
    assert abs(ends[-1] - 100) < Decimal("0.1")
    assert ends == sorted(ends)


def test_money_and_counts(pair: tuple[dict[str, Any], Outline]) -> None:
    record, made = pair
    cost = record["cost_nanos"]
    assert made.cost.total == {None: "unknown", 0: "$0.00"}.get(cost, f"${Decimal(cost or 0) / 10**9:f}")
    assert made.cost.check == ("equal" if record["pricing_lines"] else "none" if cost is None else "unknown")
    assert tile(made, "Cost").note.startswith("none recorded" if cost is None else ("2 lines", "no lines"))
    counted = record["usage"].get("input_tokens"), record["usage"].get("output_tokens")
    shown = tile(made, "Tokens")
    assert shown.number == (f"{counted[0]} → {counted[1]}" if any(counted) else "unknown")
    values = {count.key: count for count in made.usage}
    for count in made.usage:
        if count.part:
            whole = "input_tokens" if count.key.startswith("input") else "output_tokens"
            assert Decimal(count.value) <= Decimal(values[whole].value)


def test_nothing_is_odd_or_unread(pair: tuple[dict[str, Any], Outline]) -> None:
    record, made = pair
    assert (made.oddities, made.unreadable, made.unknown_keys) == ([], "", [])
    assert made.made_at.startswith(record["created_at"][:19])
