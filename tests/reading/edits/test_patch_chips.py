"""A patch in a few words."""

import json
from typing import Any

import pytest

from generations.reading.edits import json_patch
from generations.reading.edits.patch_chips import chips


def of(*operations: Any) -> list[str]:
    return chips(json_patch.read(json.dumps(operations)))


@pytest.mark.parametrize(
    ("op", "path", "value", "chip"),
    [
        ("replace", "/temperature", 0.2, "temp 0.2"),
        ("add", "/max_completion_tokens", 100, "max_tokens 100"),
        ("replace", "/model", "anthropic/claude-sonnet-4.5", "claude-sonnet-4.5"),
        ("replace", "/model", "openai:openai/gpt-5", "gpt-5 via openai"),
        ("add", "/provider", {"only": ["azure"]}, "via azure"),
        ("add", "/tools", [], "tools edited"),
        ("replace", "/messages/2/content", "x" * 900, "message 3 edited"),
        ("add", "/messages/-", {}, "message added"),
        ("replace", "", {}, "whole request"),
        ("add", "/user", "x" * 90, "user " + "x" * 27 + "…"),
        ("replace", "/model", None, "null"),
        ("add", "/messages/9999999999999999", 1, "message 9999999999999999 added"),
    ],
)
def test_a_change_is_named_as_people_say_it(op: str, path: str, value: Any, chip: str) -> None:
    assert of({"op": op, "path": path, "value": value}) == [chip]


def test_no_change_is_exact_and_many_are_counted() -> None:
    assert of() == of({"op": "test", "path": "/model", "value": 1}) == ["exact"]
    assert of({"op": "remove", "path": "/messages/0"}, {"op": "remove", "path": "/seed"}) == [
        "message 1 removed",
        "no seed",
    ]
    many = [{"op": "add", "path": f"/a{number}", "value": number} for number in range(9)]
    assert of(*many)[2:] == ["a2 2", "6 more"]
