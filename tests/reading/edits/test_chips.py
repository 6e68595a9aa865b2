"""What a replay changed, in a few words."""

import json
from typing import Any

import pytest

from generations.reading.edits import chips


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


@pytest.mark.parametrize(
    ("patch", "shown"),
    [
        ([put("/temperature", 0.2)], ["temp 0.2"]),
        ([put("/model", "anthropic/claude-sonnet-4.5")], ["claude-sonnet-4.5"]),
        ([put("/model", "openai:openai/gpt-5-nano")], ["via openai"]),
        ([put("/provider", {"only": ["azure"], "allow_fallbacks": False})], ["via azure"]),
        ([put("/messages/0/content", "x" * 900), put("/messages/1/content", "y")], ["messages"]),
        ([{"op": "remove", "path": "/top_p"}, put("/stream", False)], ["no top p", "stream off"]),
        ([put("/response_format", {"type": "json_object"})], ["response format"]),
        ([put(f"/p{number}", number) for number in range(5)], ["p0 0", "p1 1", "p2 2", "2 more"]),
        ([{"op": "test", "path": "/model", "value": "a"}], []),
    ],
)
def test_a_patch_in_a_few_words(patch: list[Any], shown: list[str]) -> None:
    assert chips.of_patch(json.dumps(patch)) == shown


def test_what_is_none_and_what_was_cut() -> None:
    assert (chips.of_patch(""), chips.of_patch('[{"op": "add", "pa')) == ([], ["changed"])
    assert all(
        len(chip) <= chips.LONGEST + 1 for chip in chips.of_patch(json.dumps([put("/" + "k" * 99, "v" * 99)]))
    )
