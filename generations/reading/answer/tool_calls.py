"""Tool calls of an answer: when two are the same, and what differs between two lists of them."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from generations.gateway.rawjson import duplicate_keys
from generations.gateway.rawjson.values import Unreadable, canonical, dumps, loads
from generations.reading.diff import alignment, json_diff


class NamedCall(NamedTuple):
    """The name of a tool and the text of its arguments, as the model wrote it.

    `kind` is "" for a function of the client, otherwise what the tool is: custom, MCP with its server, the provider's.
    """

    name: str
    arguments: str
    kind: str = ""


def plain(call: NamedCall) -> str:
    """The call as canonical text: equal for the same name and the same arguments, however they are written."""
    lead = f"{call.kind}: " if call.kind else ""
    return f"{lead}{call.name}({normal(call.arguments)})"


def normal(text: str) -> str:
    """Canonical JSON of an object or list, otherwise the text with its white space as single blanks."""
    try:
        if text.lstrip()[:1] in ("{", "[") and not duplicate_keys.find(text):
            return canonical(loads(text))
    except Unreadable:
        pass
    return " ".join(text.split())


def key(calls: Iterable[NamedCall]) -> str:
    """SHA-256 (hex) of a set of calls: equal for the same calls, in whatever order they were made."""
    return fingerprint(dumps([*sorted(map(plain, calls))]))


def fingerprint(text: str) -> str:
    """SHA-256 (hex) of a text, lone surrogates included."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class CallChange:
    """A call on both sides. `changes` holds the arguments that differ, None where they are no JSON."""

    kind: Literal["same", "changed", "gone", "new"]
    before: NamedCall | None
    after: NamedCall | None
    changes: json_diff.Changes | None = field(default=None)

    @property
    def name(self) -> str:
        """The tool's name, the same on both sides."""
        return (self.after or self.before or NamedCall("", "")).name

    @property
    def is_respelled(self) -> bool:
        """Whether the same arguments hold numbers that are written differently: `1` and `1.0`."""
        if self.kind != "same" or self.before is None or self.after is None or self.before == self.after:
            return False
        before, after = (json_diff.boxed(call.arguments) for call in (self.before, self.after))
        return any(found.kind == "changed" for found in json_diff.differences(before, after))

    @property
    def tool(self) -> str:
        """What kind of tool it is, "" for a function of the client."""
        return (self.after or self.before or NamedCall("", "")).kind


def compare(before: Sequence[NamedCall], after: Sequence[NamedCall]) -> list[CallChange]:
    """The calls of two answers side by side: equal ones first brought together, then those of one name."""
    made: list[CallChange] = []
    i = j = 0
    for k, m, length in [*_runs(before, after, plain), (len(before), len(after), 0)]:
        made += _unequal(before[i:k], after[j:m])
        i, j = k + length, m + length
        made += [CallChange("same", *both) for both in zip(before[k:i], after[m:j], strict=True)]
    return made


def _unequal(before: Sequence[NamedCall], after: Sequence[NamedCall]) -> list[CallChange]:
    made: list[CallChange] = []
    i = j = 0
    for k, m, length in [
        *_runs(before, after, lambda call: f"{call.kind} {call.name}"),
        (len(before), len(after), 0),
    ]:
        made += [CallChange("gone", call, None) for call in before[i:k]]
        made += [CallChange("new", None, call) for call in after[j:m]]
        i, j = k + length, m + length
        made += [_changed(*both) for both in zip(before[k:i], after[m:j], strict=True)]
    return made


def _changed(before: NamedCall, after: NamedCall) -> CallChange:
    return CallChange("changed", before, after, json_diff.text_changes(before.arguments, after.arguments))


def _runs(
    before: Sequence[NamedCall], after: Sequence[NamedCall], spelling: Callable[[NamedCall], str]
) -> list[alignment.Run]:
    return alignment.runs(list(map(spelling, before)), list(map(spelling, after)))
