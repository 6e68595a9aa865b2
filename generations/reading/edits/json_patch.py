"""A patch: the visible changes that a replay makes to the stored request, an RFC 6902 JSON Patch.

It is applied to the exact bytes: what the patch does not address goes out byte for byte as stored. `jsonpatch`
judges the form of a patch and its pointers; it does not apply it, because it works on parsed values and would
write the whole request anew. Retake uses add, replace, remove and test.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from jsonpatch import InvalidJsonPatch, JsonPatch
from jsonpointer import JsonPointer, JsonPointerException

from generations.gateway.rawjson import edit
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, Value, canonical, dumps, is_text, loads
from generations.reading.diff import json_diff
from generations.reading.text import pointer

Op = Literal["add", "replace", "remove", "test"]
MOST = 1_000
"""Operations in one patch."""
LARGEST = 16 * 2**20
"""Bytes of a request. contract: the gateway answers 413 to JSON bodies over 16 MiB."""


class PatchRefused(ValueError):
    """The patch cannot be read or does not fit the request. Its text is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One change. `path` is an RFC 6901 pointer, "" the whole request; `remove` has no value."""

    op: Op
    path: str
    value: Value = None


Patch: TypeAlias = tuple[Operation, ...]
"""Operations in the order in which they are applied. () sends the request as stored."""


# -- reading and writing -----------------------------------------------------------------------------------


def read(text: str | bytes) -> Patch:
    """A patch from its JSON text. Numbers keep their text. Raises PatchRefused."""
    try:
        operations = loads(text)
    except Unreadable as error:
        raise PatchRefused(f"The patch is not JSON: {error}.") from None
    if not isinstance(operations, list):
        raise PatchRefused("A patch is a list of operations.")
    if len(operations) > MOST:
        raise PatchRefused(f"The patch has {len(operations):,} operations; the limit is {MOST:,}.")
    return tuple(_operation(item, at) for at, item in enumerate(operations, 1))


def _operation(item: Value, at: int) -> Operation:
    if not isinstance(item, dict):
        raise PatchRefused(f"Operation {at} is not an object.")
    op, path = item.get("op"), item.get("path")
    if op not in get_args(Op):
        raise PatchRefused(f"Operation {at} must be one of add, replace, remove and test.")
    if not is_text(path):
        raise PatchRefused(f"Operation {at} has no path.")
    try:
        JsonPatch([item])
    except (InvalidJsonPatch, JsonPointerException) as error:
        raise PatchRefused(f"Operation {at} is not valid: {visible(str(error))[:200]}.") from None
    if op != "remove" and "value" not in item:
        raise PatchRefused(f"Operation {at} has no value.")
    return Operation(op, str(path), item.get("value") if op != "remove" else None)  # type: ignore[arg-type]


def write(patch: Iterable[Operation]) -> str:
    """The JSON text of a patch: pure ASCII, numbers as they were written. Keep it as text, not as `jsonb`."""
    operations: list[Value] = []
    for operation in patch:
        shape: dict[str, Value] = {"op": operation.op, "path": operation.path}
        operations.append(shape if operation.op == "remove" else shape | {"value": operation.value})
    return dumps(operations)


def asked_model(patch: Iterable[Operation]) -> str:
    """The model that a patch asks for, "" where it leaves the stored one."""
    models = [_model_of(operation) for operation in patch]
    return next((model for model in reversed(models) if isinstance(model, str)), "")


def _model_of(operation: Operation) -> Value:
    if operation.path == "" and isinstance(operation.value, dict):
        return operation.value.get("model")
    return operation.value if operation.path == "/model" else None


# -- applying ----------------------------------------------------------------------------------------------


def apply(body: bytes, patch: Patch) -> bytes:
    """The request with the changes made, every other byte as it was. Raises PatchRefused."""
    for operation in patch:
        body = apply_one(body, operation)
    if patch and len(body) > LARGEST:
        raise PatchRefused(
            f"The changed request has {len(body):,} bytes; the gateway accepts at most {LARGEST:,}."
        )
    return body


def apply_one(body: bytes, operation: Operation) -> bytes:
    """The request with one change made. Raises PatchRefused."""
    try:
        return _applied(body, operation, steps(operation.path))
    except edit.PathMissing as error:
        where = json_diff.name(operation.path)
        raise PatchRefused(f"The patch cannot {operation.op} {where}: {error}.") from None
    except Unreadable as error:
        raise PatchRefused(f"The request cannot be read as JSON: {error}.") from None


def _applied(body: bytes, operation: Operation, tokens: list[str]) -> bytes:
    match operation.op:
        case "remove":
            return edit.removed(body, tokens)
        case "add":
            return edit.put(body, tokens, dumps(operation.value).encode())
        case "replace":
            return edit.replaced(body, tokens, dumps(operation.value).encode())
    if canonical(loads(edit.value(body, tokens))) != canonical(operation.value):
        raise PatchRefused(f"{json_diff.name(operation.path)} is not what the patch expects.")
    return body


def steps(path: str) -> list[str]:
    """The tokens of a pointer. Raises PatchRefused."""
    try:
        return list(JsonPointer(path).parts)
    except JsonPointerException as error:
        raise PatchRefused(
            f"{visible(path[:200])!r} is not a JSON pointer: {visible(str(error))[:200]}."
        ) from None


# -- comparing ---------------------------------------------------------------------------------------------


def between(old: bytes, new: bytes) -> Patch:
    """The smallest sensible patch that turns request `old` into `new`: () when they are equal value by value.

    Applied to `old` it gives every value of `new`, numbers by their text. Order: items of lists always; members
    whose names both have, too, by replacing the object that holds them (the order of a schema's members can
    reach the model), except at the top of the request, where the gateway reads them by name; members that are
    new come last. Raises PatchRefused when a text cannot be read.
    """
    before, after = _loaded(old, "stored"), _loaded(new, "edited")
    patch = _fine(before, after)
    if len(patch) > MOST:
        patch = _coarse(before, after)
    return patch if len(patch) <= MOST else (Operation("replace", "", after),)


def _loaded(raw: bytes, which: str) -> Value:
    try:
        return loads(raw)
    except Unreadable as error:
        raise PatchRefused(f"The {which} request cannot be read as JSON: {error}.") from None


_OPS: dict[json_diff.Kind, Op] = {
    "added": "add",
    "removed": "remove",
    "changed": "replace",
    "reordered": "replace",
}


def _fine(before: Value, after: Value) -> Patch:
    made: list[Operation] = []
    whole: json_diff.Path | None = None  # the object that was replaced as a whole last
    for found in json_diff.differences(before, after):
        inside = whole is not None and found.new[: len(whole)] == whole
        if inside or (found.kind == "reordered" and not found.new):
            continue
        made.append(Operation(_OPS[found.kind], pointer(*found.new), found.after))
        whole = found.new if found.kind == "reordered" else None
        if len(made) > MOST:
            break
    return tuple(made)


def _coarse(before: Value, after: Value) -> Patch:
    """Members of the request as wholes."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return (Operation("replace", "", after),)
    gone = [Operation("remove", pointer(key)) for key in before if key not in after]
    changed = [key for key in after if key not in before or not json_diff.same(before[key], after[key])]
    return (*gone, *(Operation("add", pointer(key), after[key]) for key in changed))
