"""What lists know of a record is what its page says."""

import json
from typing import Any

import pytest

from generations.gateway.demo import stories
from generations.gateway.record import Record
from generations.reading import outline
from generations.reading.figures import formatting
from generations.records import store
from tests.reading.samples import TIME_LABELS, demo_record


@pytest.mark.heavy
@pytest.mark.parametrize("name", [story.name for story in stories.STORIES])
def test_lists_name_the_time_that_the_page_names_first(name: str) -> None:
    record = Record.read(demo_record(name))
    wait = store.columns(record)["wait_ms"]
    shown = [tile.title for tile in outline.make(record).tiles if tile.label in TIME_LABELS]
    assert shown == ["" if wait is None else formatting.exact_ms(wait)]


@pytest.mark.parametrize(
    ("recorded", "nanos"),
    [(53300, 53300), ("53300", 53300), ("5.33e4", 53300), (280.5, 280), ("free", None), (10**30, None)],
)
def test_lists_know_the_cost_in_any_form(recorded: Any, nanos: int | None) -> None:
    record = Record.read(json.dumps({"cost_nanos": recorded}).encode())
    assert store.columns(record)["cost_nanos"] == nanos
