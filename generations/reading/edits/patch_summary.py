"""A patch as lines that people read: what each operation changes in the request it is applied to."""

from typing import TypeAlias

from generations.gateway.rawjson import edit
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, Value, loads
from generations.reading.diff import json_diff
from generations.reading.diff.json_diff import Change, Kind, brief
from generations.reading.edits.json_patch import Operation, Patch, apply_one, steps
from generations.reading.edits.provider_pin import pinned_provider

PatchLine: TypeAlias = Change
_KINDS: dict[str, Kind] = {"replace": "changed", "remove": "removed", "test": "checked"}


def lines(body: bytes | None, patch: Patch) -> list[PatchLine]:
    """A line for each operation, in order; the values before come from `body`.

    Without a body (a list of replays reads none) the lines say only what is new. Raises PatchRefused where the
    patch does not fit the body.
    """
    made = []
    for operation in patch:
        made.append(_line(body, operation))
        body = None if body is None else apply_one(body, operation)
    return made


def _line(body: bytes | None, operation: Operation) -> PatchLine:
    path, after = json_diff.name(operation.path), "" if operation.op == "remove" else brief(operation.value)
    there, before = _before(body, operation)
    if operation.op == "add" and (_goes_between(body, operation) or not (there or body is None)):
        return Change("added", operation.path, path, "", after, summary=_summary(operation, ""))
    shown = brief(before) if there else ""
    if operation.op == "replace" and there and _same_members(before, operation.value):
        return Change("reordered", operation.path, path)
    texts = (
        json_diff.both_texts(before, operation.value)
        if there and operation.op in ("add", "replace")
        else None
    )
    return Change(
        _KINDS.get(operation.op, "changed"),
        operation.path,
        path,
        shown,
        after,
        texts,
        _summary(operation, shown),
    )


def _before(body: bytes | None, operation: Operation) -> tuple[bool, Value]:
    """Whether something is at the place, and what."""
    if body is None:
        return False, None
    try:
        raw = edit.value(body, steps(operation.path))
    except (edit.PathMissing, Unreadable):
        return False, None
    try:
        return True, loads(raw)
    except Unreadable:  # nested too deep to be read: shown as it stands
        return True, visible(raw[: json_diff.SHORT].decode("utf-8", "replace"))


def _goes_between(body: bytes | None, operation: Operation) -> bool:
    """Whether it is put into a list, where it moves the item that stands there and replaces none."""
    tokens = steps(operation.path)
    if body is None:  # a name that looks like a position is taken for one
        return tokens[-1:] == ["-"] or (len(tokens) > 1 and tokens[-1].isdecimal())
    try:
        return bool(tokens) and edit.value(body, tokens[:-1])[:1] == b"["
    except (edit.PathMissing, Unreadable):
        return False


def _same_members(before: Value, after: Value) -> bool:
    """Whether two objects hold the same in another order."""
    if not isinstance(before, dict) or not isinstance(after, dict) or before.keys() != after.keys():
        return False
    inside = {found.kind for found in json_diff.differences(before, after)}
    return inside == {"reordered"}


# -- what some places mean ---------------------------------------------------------------------------------


def _summary(operation: Operation, before: str) -> str:
    """The line of an operation that pins the provider, "" for every other."""
    pinned = visible(pinned_provider(operation))
    if not pinned:
        return ""
    if operation.path == "/model":
        was = f", was {before}" if before else ""
        return f"provider pinned to {pinned} by the model's name (model {brief(operation.value)}{was})"
    where = " in routing" if operation.path.startswith("/routing") else ""
    return f"provider pinned to {pinned}{where}" + (f" (was {before})" if before else "")
