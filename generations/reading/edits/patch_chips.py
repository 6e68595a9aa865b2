"""A patch in a few words, for lists: "temp 0.2", "claude-sonnet-4.5", "message 3"."""

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Value
from generations.reading.diff import json_diff
from generations.reading.edits.json_patch import Operation, Patch, PatchRefused, steps
from generations.reading.edits.provider_pin import pinned_provider
from generations.reading.text import short

EXACT = "exact"
MOST = 4
LONGEST = 32  # characters of one
NAMES = {"temperature": "temp", "max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens"}
LISTS = {"messages": "message", "input": "item", "contents": "item", "tools": "tool"}


def chips(patch: Patch) -> list[str]:
    """What each operation changes, each once; the last says how many more there are. "exact" for no change."""
    made = list(dict.fromkeys(_chip(operation) for operation in patch if operation.op != "test"))
    if not made:
        return [EXACT]
    return made if len(made) <= MOST else [*made[: MOST - 1], f"{len(made) - MOST + 1} more"]


def _chip(operation: Operation) -> str:
    try:
        path = [visible(step) for step in steps(operation.path)]
    except PatchRefused:
        path = []
    if not path:
        return "whole request"
    if path[0] in LISTS and len(path) > 1:
        return short(_of_item(LISTS[path[0]], path[1:], operation), LONGEST)
    return short(_of_member(path, operation), LONGEST)


def _of_item(kind: str, path: list[str], operation: Operation) -> str:
    """Items are counted from 1, as pages number them."""
    if path[0] == "-":
        return f"{kind} added"
    number = str(int(path[0]) + 1) if path[0].isdecimal() and len(path[0]) < 7 else path[0]
    verb = {"add": "added", "remove": "removed"}.get(operation.op, "edited") if len(path) == 1 else "edited"
    return f"{kind} {number} {verb}"


def _of_member(path: list[str], operation: Operation) -> str:
    name = NAMES.get(path[-1], path[-1])
    if operation.op == "remove":
        return f"no {name}"
    provider = pinned_provider(operation)
    if path == ["model"]:
        model = _model(operation.value)
        return f"{model} via {provider}" if provider else model
    return f"via {provider}" if provider else f"{name} {_brief(operation.value)}"


def _model(value: Value) -> str:
    return visible(value.rpartition("/")[2]) if isinstance(value, str) else json_diff.brief(value)


def _brief(value: Value) -> str:
    """A scalar as it is; of anything larger only that it is another one."""
    return "edited" if isinstance(value, dict | list) else json_diff.brief(value)
