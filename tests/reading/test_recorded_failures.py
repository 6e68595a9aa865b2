"""The failures of the real gateway: each answer and the record of the same request tell one cause."""

import json
import re

import pytest

from generations.gateway.rawjson.values import Value, loads
from generations.reading.diagnosis import failure
from generations.reading.diagnosis.failure import Failure
from tests.test_recorded import archive, recording

REFUSED = [
    name for name in sorted({path.split(".")[0] for path in archive()}) if re.search(r"-http\d+$", name)
]
EMPTY = [name for name in sorted({path.split(".")[0] for path in archive()}) if name.endswith("whole-empty")]
# case -> what the catalogue says of it
CARDS = {
    "http400": ("provider_rejected", "The request"),
    "http429": ("rate_limited", "The provider"),
    "http500": ("server_error", "The provider"),
}


def pair(name: str) -> tuple[Failure, Failure]:
    taken = recording(name)
    assert taken.record is not None
    record: Value = loads(taken.record)
    assert isinstance(record, dict)
    status = json.loads(archive()[f"{name}.meta.json"])["status"]
    return failure.of_record(record), failure.of_answer(status, taken.content_type, taken.raw)


def test_there_are_some() -> None:
    assert (len(REFUSED), len(EMPTY)) == (54, 9)


@pytest.mark.parametrize("name", [*REFUSED, *EMPTY])
def test_an_answer_and_its_record_are_the_same_failure(name: str) -> None:
    assert failure.repeat(*pair(name)).same


@pytest.mark.parametrize("name", REFUSED)
def test_both_get_the_same_card(name: str) -> None:
    key, fault = CARDS[name.rpartition("-")[2]]
    for card in map(failure.card, pair(name)):
        assert (card.rule, card.fault) == (key, fault)
        assert "answered" in card.story


@pytest.mark.parametrize("name", REFUSED)
def test_another_case_of_the_same_endpoint_is_another_failure(name: str) -> None:
    stem, _, case = name.rpartition("-")
    other = f"{stem}-{'http500' if case == 'http429' else 'http429'}"
    assert not failure.repeat(pair(name)[0], pair(other)[1]).same
