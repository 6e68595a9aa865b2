"""The rest of an answer: everything in its body but the words, calls and reasoning that `answer_facts` has read.

Comparing two answers is comparing their facts and their rests, so nothing is left out in silence: members that differ
by nature are counted apart, those that only one side holds are named as not compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from generations.gateway.rawjson.values import Number, Value, canonical, dumps, is_text
from generations.reading import text
from generations.reading.answer import tool_calls, vocabulary
from generations.reading.answer.answer_facts import Choice, Facts
from generations.reading.conversation import media
from generations.reading.diff import alignment, json_diff
from generations.reading.diff.json_diff import Change, Changes, Difference
from generations.reading.figures import formatting
from generations.reading.text import below, box

BY_NATURE = frozenset(
    {
        # whose it is
        *(
            "id",
            "call_id",
            "item_id",
            "tool_use_id",
            "tool_call_id",
            "response_id",
            "requestId",
            "generation_id",
        ),
        *("nativeResponseId", "request_id", "sequence_number", "obfuscation"),
        # when it was
        *("created", "created_at", "completed_at", "started_at", "updated_at", "expires_at", "timestamp"),
        # what made it
        *("system_fingerprint", "fingerprint"),
    }
)
"""Members that differ between any two answers, at whatever depth they stand."""
BY_NATURE_OUTSIDE = frozenset({"meta"})
"""The same for members of the answer itself. `usage.pricing*` belongs to them, and a model's slug against its full name."""
ENDS = ("finish_reason", "stop_reason")
BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-")


class _Gone:
    """Stands for a value of which nothing is left."""


GONE = _Gone()
Path = tuple[str | int, ...]


@dataclass(slots=True)
class UnreadRest:
    """What is left of a body. `by_nature`: names of the members that were left aside."""

    value: Value = None
    by_nature: set[str] = field(default_factory=set)
    shape: str = ""


def rest(body: Value, facts: Facts) -> UnreadRest:
    """The rest of a body whose facts are known. Empty members (null, "", [], {}) say nothing and are no part of it."""
    found = UnreadRest(shape=facts.shape)
    left = _Pruner(facts.read, found.by_nature).value(body, "", ())
    found.value = {} if isinstance(left, _Gone) else left
    return found


class _Pruner:
    """Takes out of a value what was read, what says nothing, and what differs by nature.

    Objects and lists of which something was read stay, even empty: the other side's may hold more.
    """

    def __init__(self, read: frozenset[str], by_nature: set[str]) -> None:
        self.read, self.by_nature = read, by_nature
        self.above = {pointer[:at] for pointer in read for at, mark in enumerate(pointer) if mark == "/"}

    def value(self, value: Value, at: str, path: Path) -> "Value | _Gone":
        if at in self.read or value is None or value in ("", [], {}):
            return GONE
        if isinstance(value, dict):
            return self._members(value, at, path)
        if isinstance(value, list) and (
            at in self.above or any(isinstance(item, dict | list) for item in value)
        ):
            left = [self.value(item, below(at, place), (*path, place)) for place, item in enumerate(value)]
            kept: list[Value] = [None if isinstance(item, _Gone) else item for item in left]
            return kept if at in self.above or any(item is not None for item in kept) else GONE
        return value

    def _members(self, value: dict[str, Value], at: str, path: Path) -> "dict[str, Value] | _Gone":
        left: dict[str, Value] = {}
        for key, child in value.items():
            if self._is_by_nature(key, child, path):
                self.by_nature.add(".".join(["usage", key]) if path[-1:] == ("usage",) else key)
                continue
            kept = self.value(child, below(at, key), (*path, key))
            if not isinstance(kept, _Gone):
                left[key] = vocabulary.finish(kept) if key in ENDS and isinstance(kept, str) else kept
        return left if left or at in self.above else GONE

    @staticmethod
    def _is_by_nature(key: str, child: Value, path: Path) -> bool:
        if child is None or child == "":
            return False
        outside = not path or path == ("response",)
        if path[-1:] == ("usage",):
            return key.startswith("pricing")
        return key in BY_NATURE or (outside and key in BY_NATURE_OUTSIDE)


# -- two rests -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OtherDifferences:
    """What differs outside words, calls and reasoning; what was left aside, by name.

    `one_sided` members are held by one side only; `unread` were held by both and yet not compared.
    """

    changes: Changes
    by_nature: list[str] = field(default_factory=list)
    one_sided: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def compare(before: UnreadRest, after: UnreadRest, shown: int = json_diff.SHOWN) -> OtherDifferences:
    """The differences of two rests for a page."""
    by_nature = before.by_nature | after.by_nature
    if before.shape != after.shape:
        names = sorted({*_names(before.value), *_names(after.value)} - {"model"})
        return OtherDifferences(Changes([], 0, coarse=False), sorted(by_nature), unread=names)
    budget = alignment.Budget()
    made: list[Change] = []
    one_sided: list[str] = []
    total = 0
    for found in _differences(before.value, after.value, budget):
        where = found.old if found.kind == "removed" else found.new
        if found.kind == "reordered" or _says_nothing(found):
            continue
        if where == ("model",) and vocabulary.same_model(str(found.before), str(found.after)):
            by_nature.add("model")
        elif found.kind in ("added", "removed") and (len(where) == 1 or where[0] == "usage"):
            one_sided.append(text.dotted(text.pointer(*where)))
        else:
            total += 1
            made += [change(found)] if len(made) < shown else []
    return OtherDifferences(Changes(made, total, budget.missed > 0), sorted(by_nature), one_sided)


def _differences(before: Value, after: Value, budget: alignment.Budget) -> Iterator[Difference]:
    """The differences, member by member also where all of one side was read."""
    for found in json_diff.differences(before, after, budget):
        boxes = found.before, found.after
        if found.kind != "changed" or not all(isinstance(value, dict) for value in boxes) or all(boxes):
            yield found
            continue
        for inner in json_diff.differences(*boxes, budget):
            yield inner._replace(old=(*found.old, *inner.old), new=(*found.new, *inner.new))


def _names(value: Value) -> list[str]:
    return list(box(value)) if isinstance(value, dict) else ["the whole"]


def _says_nothing(found: Difference) -> bool:
    """A place of which both sides have read everything."""
    return _is_blank(found.before) and _is_blank(found.after)


def _is_blank(value: Value) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_blank, value.values() if isinstance(value, dict) else value))
    return value is None


def change(found: Difference) -> Change:
    """A difference for a page; embedded media by their size alone."""
    sizes = [_embedded(value) for value in (found.before, found.after)]
    if any(sizes):
        at = text.pointer(*(found.old if found.kind == "removed" else found.new))
        detail = " → ".join(formatting.size(size) if size else "nothing" for size in sizes)
        return Change(found.kind, at, json_diff.name(at), summary=f"other data: {detail}")
    return json_diff.change(found)


def _embedded(value: Value) -> int:
    """The bytes of base64 data; 0 for everything else."""
    if not isinstance(value, str) or isinstance(value, Number) or len(value) < json_diff.SHORT:
        return 0
    is_data = value.startswith("data:") or (len(value) > 1000 and not set(value[:1000]) - BASE64)
    return media.decoded_size(value) if is_data else 0


# -- keys ------------------------------------------------------------------------------------------------------

APART = frozenset(
    {
        *(
            "reasoning",
            "reasoning_content",
            "reasoning_details",
            "thinking",
            "signature",
            "thought_signature",
        ),
        *("encrypted_content", "encrypted_index", "logprobs", "native_finish_reason", "tool_calls", "status"),
        *(
            "usage",
            "usage_info",
            "cost_nanos",
            "cost_cents",
            "currency",
            "pricing_lines",
            "object",
            "type",
            "role",
        ),
        *("model", "provider", "provider_id", "service_tier", "serviceTier", "index", *ENDS),
    }
)
"""What a batch shows by itself, or what no two answers share: not a part of an output."""
OUTPUTS = ("choices", "output", "content", "citations", "search_results", "images", "annotations")


def output_key(body: Value, facts: Facts) -> str:
    """SHA-256 (hex) of what an answer says: its words, how each choice ended, its sources, media and data.

    Equal for texts that differ in white space, or in how they write one JSON; "" for an answer with nothing in it.
    """
    if facts.is_empty:
        return ""
    words: list[Value] = [
        [tool_calls.normal(choice.text), tool_calls.normal(choice.refusal), choice.finish_word]
        for choice in facts.choices
    ]
    left = rest(body, replace(facts, read=facts.read | facts.tools)).value
    if facts.choices and isinstance(left, dict):
        left = {key: value for key, value in left.items() if key in OUTPUTS}
    return tool_calls.fingerprint(dumps(words) + canonical(_output_only(left)))


def _output_only(value: Value) -> Value:
    """The value without what stands apart, and without tools that ran at the provider."""
    if isinstance(value, dict):
        kept = {key: _output_only(child) for key, child in value.items() if key not in APART}
        return {key: child for key, child in kept.items() if child not in (None, {}, [])}
    if isinstance(value, list):
        kept_items = [_output_only(child) for child in value if not _is_tool(child)]
        return [child for child in kept_items if child not in (None, {}, [])]
    return value


def _is_tool(value: Value) -> bool:
    kind = box(value).get("type")
    name = kind if isinstance(kind, str) and is_text(kind) else ""
    return name.endswith(("_call", "tool_result", "_output", "tool_use")) and name != "image_generation_call"


def calls_key(facts: Facts) -> str:
    """SHA-256 (hex) of the tool calls of all choices; "" for an answer with nothing in it."""
    if facts.is_empty:
        return ""
    several = [choice.calls for choice in facts.choices if choice.calls]
    if len(facts.choices) < 2 or not several:
        return tool_calls.key(several[0] if several else ())
    return tool_calls.fingerprint(dumps([_sorted(choice) for choice in facts.choices]))


def _sorted(choice: Choice) -> list[Any]:
    return sorted(map(tool_calls.plain, choice.calls))
