"""What a replay changed, as a few words each: for rows and strips, where a diff has no room."""

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number
from generations.reading import text
from generations.reading.edits import json_patch
from generations.reading.edits.json_patch import Operation, PatchRefused, steps
from generations.reading.edits.provider_pin import pinned_provider

MOST = 3
LONGEST = 28  # characters of one
SHORT = {
    "temperature": "temp",
    "max_tokens": "max tokens",
    "max_output_tokens": "max tokens",
    "max_completion_tokens": "max tokens",
    "reasoning_effort": "effort",
}
LISTS = ("messages", "input", "tools", "system", "instructions", "prompt")


def of_patch(patch: str) -> list[str]:
    """The first changes of a patch in order, and how many more: ["temp 0.2", "gpt-5-nano"]; [] for none.

    `patch` is its JSON text; one that cannot be read, because it was cut, is ["changed"].
    """
    try:
        found = list(dict.fromkeys(filter(None, map(_chip, json_patch.read(patch))))) if patch else []
    except PatchRefused:
        return ["changed"]
    return found if len(found) <= MOST else [*found[:MOST], f"{len(found) - MOST} more"]


def _chip(operation: Operation) -> str:
    if operation.op == "test":
        return ""
    pinned = pinned_provider(operation)
    if pinned:
        return f"via {visible(pinned)}"[:LONGEST]
    path = steps(operation.path)
    key = path[0] if path else "request"
    if key in ("provider", "routing"):
        return "routing"
    name = SHORT.get(key, text.short(key.replace("_", " "), LONGEST))
    if operation.op == "remove":
        return name if len(path) > 1 else f"no {name}"
    return name if len(path) > 1 or key in LISTS else _set(key, name, operation)


def _set(key: str, name: str, operation: Operation) -> str:
    value = operation.value
    if key == "model" and isinstance(value, str):
        return text.short(value.rpartition("/")[2], LONGEST)
    if isinstance(value, dict | list):
        return name
    if isinstance(value, bool):
        return f"{name} {'on' if value else 'off'}"
    shown = value if isinstance(value, Number) else text.short(value, LONGEST - 8)
    return text.short(f"{name} {shown}", LONGEST)
