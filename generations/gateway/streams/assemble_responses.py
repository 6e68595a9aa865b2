"""Events of a responses stream -> one whole response."""

from collections import deque
from collections.abc import Callable
from typing import Any

from generations.gateway.rawjson.values import Value
from generations.gateway.streams import tolerant
from generations.gateway.streams.body_builder import Body, extended, grown
from generations.gateway.streams.partial_values import (
    Draft,
    append,
    completed,
    finished,
    is_empty,
    overlaid,
    overlaid_counts,
)
from generations.gateway.streams.response_items import Item, Items

__all__ = ["ResponseBody"]

_ENDS = ("completed", "incomplete", "failed", "done", "cancelled")
_STATES = ("created", "in_progress", "queued", *_ENDS)
_VOLATILE = {"id", "object", "created_at", "model", "status", "background"}

# The event without its verb -> the type of its item, the list of its part, the part's type, the text in it.
_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "output_text": ("message", "content", "output_text", "text"),
    "refusal": ("message", "content", "refusal", "refusal"),
    "output_audio": ("message", "content", "output_audio", "data"),
    "audio": ("message", "content", "output_audio", "data"),
    "output_audio_transcript": ("message", "content", "output_audio", "transcript"),
    "audio.transcript": ("message", "content", "output_audio", "transcript"),
    "reasoning_text": ("reasoning", "content", "reasoning_text", "text"),
    "reasoning": ("reasoning", "content", "reasoning_text", "text"),
    "reasoning_summary_text": ("reasoning", "summary", "summary_text", "text"),
    "reasoning_summary": ("reasoning", "summary", "summary_text", "text"),
}
# The event without its verb -> the type of its item, its member, whether a piece may be the whole so far.
_MEMBERS: dict[str, tuple[str, str, bool]] = {
    "function_call_arguments": ("function_call", "arguments", True),
    "mcp_call_arguments": ("mcp_call", "arguments", True),
    "mcp_call.arguments": ("mcp_call", "arguments", True),
    "custom_tool_call_input": ("custom_tool_call", "input", False),
    "code_interpreter_call_code": ("code_interpreter_call", "code", False),
    "code_interpreter_call.code": ("code_interpreter_call", "code", False),
}
_PROGRESS = (
    *("in_progress", "searching", "completed", "failed", "generating", "interpreting", "incomplete"),
    *("executing", "calling", "queued", "cancelled"),
)
_MARKS = Body.NOISE | {
    *("type", "output_index", "item_id", "content_index", "summary_index", "annotation_index", "delta"),
    *("event_id", "response_id", "created_at", "timestamp"),
}


class ResponseBody(Body):
    """Assembles events. The response of the final event is merged over the other events; what only they
    hold stays. contract: the gateway's ID is the frame's own, the provider's is the response's."""

    wire = "responses"

    def __init__(self) -> None:
        super().__init__()
        self._items = Items(self)
        self._final: list[Draft] = []
        self._own = ""

    def take(self, name: str, value: dict[str, Any]) -> None:
        kind = _kind(name, value)
        self._identity(value)
        verb = kind.removeprefix("response.")
        if kind == "error" or value.get("object") == "error":
            self.fail(value)
        elif isinstance(value.get("response"), dict) and (verb in _STATES or not kind):
            self._state(verb, value)
        elif verb in _ENDS and kind.startswith("response."):
            self._end(verb, value)
        elif not kind.startswith("response.") or not self._event(verb, value):
            self.stray(kind, value)

    def _identity(self, value: dict[str, Any]) -> None:
        for key in ("id", "nativeResponseId"):
            if tolerant.text(value.get(key)):
                self.body[key] = value[key]
        self._own = tolerant.text(value.get("id")) or self._own

    # -- the response itself ---------------------------------------------------------------------------------

    def _state(self, verb: str, value: dict[str, Any]) -> None:
        response = dict(value["response"])
        native, own = tolerant.text(response.get("id")), self._own
        if own:
            response["id"] = own
        if native and own and native != own:
            response.setdefault("nativeResponseId", native)
        output = response.pop("output", None)
        if "output" in value["response"]:
            self.body.setdefault("output", [])
        if isinstance(output, list) and output:
            self._final = overlaid(self._final, output, self.lost, "output")
        elif not isinstance(output, list) and not is_empty(output):
            self.stray("output", output)
        self._members(response)
        self._members({k: v for k, v in value.items() if k not in _MARKS | {"response", "error"}})
        if not is_empty(value.get("error")):
            self.fail(value | {"response": None})
        if verb in _ENDS:
            self._end(verb, {})

    def _members(self, members: dict[str, Draft]) -> None:
        for key, member in members.items():
            if key in self.COUNTERS:
                self.body[key] = overlaid_counts(self.body.get(key), member, self.lost, key)
            elif key == "error":
                self._own_error(member)
            else:
                self.envelope(key, member, volatile=key in _VOLATILE)

    def _own_error(self, error: Draft) -> None:
        if is_empty(error):
            self.body.setdefault("error", error)
        else:
            self.fail({"error": error})

    def _end(self, verb: str, value: dict[str, Any]) -> None:
        self.ended = "snapshot"
        self.body["status"] = self.body.get("status") or ("completed" if verb == "done" else verb)
        self._members({k: v for k, v in value.items() if k not in _MARKS | {"error"}})
        if not is_empty(value.get("error")):
            self.fail(value)
        self.failed = self.failed or verb == "failed"

    # -- events about items ----------------------------------------------------------------------------------

    def _event(self, kind: str, value: dict[str, Any]) -> bool:
        """Take an event about an item; False if its kind is not known."""
        words, _, verb = kind.rpartition(".")
        if words == "reasoning_text" and "summary_index" in value:
            words = "reasoning_summary_text"
        if words == "output_item" and isinstance(value.get("item"), dict):
            self._items.whole(value, value["item"], done=verb == "done")
        elif words in ("content_part", "reasoning_summary_part") and isinstance(value.get("part"), dict):
            self._part(words, value)
        elif words in _TEXTS and verb in ("delta", "done"):
            self._text(words, verb, value)
        elif words in _MEMBERS and verb in ("delta", "done"):
            self._member(words, verb, value)
        elif kind == "output_text.annotation.added":
            self._annotation(value)
        elif verb == "partial_image" and tolerant.text(value.get("partial_image_b64")):
            self._image(value)
        elif words.endswith(("_call", "_list_tools", "_tools")) and verb in _PROGRESS:
            draft = self._items.find(value, words).draft
            draft["status"] = verb
            draft |= {"error": value["error"]} if not is_empty(value.get("error")) else {}
            self._rest(kind, value, ("error",))
        else:
            return False
        return True

    def _rest(self, kind: str, value: dict[str, Any], known: tuple[str, ...]) -> None:
        """What an event holds beyond its own part."""
        rest = {k: v for k, v in value.items() if k not in _MARKS and k not in known and not is_empty(v)}
        if rest and rest != self._items.last_rest:
            self._items.last_rest = rest
            self.stray(f"response.{kind}", rest)

    def _part(self, words: str, value: dict[str, Any]) -> None:
        key, kind = ("content", "message") if words == "content_part" else ("summary", "reasoning")
        if tolerant.text(value["part"].get("type")) == "reasoning_text":
            kind = "reasoning"
        at = value.get("content_index" if key == "content" else "summary_index")
        part = self._items.find(value, kind).part(
            key, tolerant.position(at), tolerant.text(value["part"].get("type"))
        )
        overlaid(part, dict(value["part"]), self.lost)
        self._rest(f"{words}.part", value, ("part",))

    def _text(self, words: str, verb: str, value: dict[str, Any]) -> None:
        kind, key, part_kind, member = _TEXTS[words]
        at = value.get("summary_index" if key == "summary" else "content_index")
        part = self._items.find(value, kind).part(key, tolerant.position(at), part_kind)
        if verb == "delta":
            piece = value.get("delta")
            piece = piece.get("text") if isinstance(piece, dict) else piece
            if isinstance(piece, str):
                grown(part, member, piece, self.lost) if member == "data" else append(part, member, piece)
        elif isinstance(value.get(member), str):
            part[member] = overlaid(part.get(member), value[member], self.lost, member)
        if isinstance(value.get("logprobs"), list) and value["logprobs"]:
            if verb == "delta":
                grown(part, "logprobs", value["logprobs"], self.lost)
            else:
                part["logprobs"] = overlaid(part.get("logprobs"), value["logprobs"], self.lost, "logprobs")
        self._rest(f"{words}.{verb}", value, ("logprobs", member))

    def _member(self, words: str, verb: str, value: dict[str, Any]) -> None:
        kind, member, again = _MEMBERS[words]
        item = self._items.find(value, kind)
        content = value.get("delta") if verb == "delta" else value.get(member)
        if verb == "delta" and isinstance(content, str):
            item.arguments(member).add(content, whole=again)
        elif content is not None:
            item.draft[member] = overlaid(item.draft.get(member), content, self.lost, member)
        for key in ("name", "call_id"):
            if tolerant.text(value.get(key)):
                item.draft[key] = overlaid(item.draft.get(key), value[key], self.lost, key)
        self._rest(f"{words}.{verb}", value, (member, "name", "call_id"))

    def _annotation(self, value: dict[str, Any]) -> None:
        part = self._items.find(value, "message").part(
            "content", tolerant.position(value.get("content_index")), "output_text"
        )
        part["annotations"] = extended(part.get("annotations"), [value.get("annotation")])
        self._rest("output_text.annotation.added", value, ("annotation",))

    def _image(self, value: dict[str, Any]) -> None:
        """A partial image stands in for the result until it comes; earlier ones are kept as strays."""
        item = self._items.find(value, "image_generation_call")
        if item.partial is not None and item.partial.get("partial_image_b64") != value["partial_image_b64"]:
            self.stray("response.image_generation_call.partial_image", item.partial)
        item.partial = value

    # -- the end ---------------------------------------------------------------------------------------------

    def finished(self) -> Value:
        drafts = self._items.finished()
        if drafts or self._final or "output" in self.body:
            self.body["output"] = _output(self._final, drafts, self.lost)
        return super().finished()


def _kind(name: str, value: dict[str, Any]) -> str:
    """The kind of an event. contract: `type` is often missing, then the event's name is used."""
    kind = tolerant.text(value.get("type"))
    if kind.startswith("response.") or kind == "error":
        return kind
    if name and name != "message":
        return name
    if isinstance(value.get("response"), dict):
        status = tolerant.text(value["response"].get("status"))
        return f"response.{status}" if status else "response.created"
    if tolerant.text(value.get("delta")):
        return "response.output_text.delta"
    return "error" if "error" in value else kind


def _output(final: list[Draft], drafts: list[Item], lost: Callable[[str, Draft], None]) -> list[Draft]:
    """The items of the final response, each with what only the events hold, among items that only the events
    hold."""
    left = dict(enumerate(drafts))
    pairs: dict[int, int] = {}
    for sign in (_by_id, _by_place, _by_words):
        places: dict[object, deque[int]] = {}
        for at, item in left.items():
            places.setdefault(sign(item.draft, item.index), deque()).append(at)
        for at, value in enumerate(final):
            found = places.get(sign(tolerant.table(value), at)) if at not in pairs else None
            if found and isinstance(value, dict):
                pairs[at] = found.popleft()
                left.pop(pairs[at])
    said = _Said(final, search=len(left) < _FEW)
    kept = {at: item for at, item in left.items() if not said.holds(item.draft)}
    made: list[Draft] = []
    rest = sorted(kept, reverse=True)
    for at, value in enumerate(final):
        upto = pairs.get(at, -1)
        while rest and rest[-1] < upto:
            made.append(kept[rest.pop()].draft)
        made.append(completed(value, drafts[upto].draft, lost) if upto >= 0 else value)
    return made + [kept[at].draft for at in reversed(rest)]


def _by_id(item: dict[str, Draft], index: int | None) -> object:
    return tolerant.text(item.get("call_id")) or tolerant.text(item.get("id")) or object()


def _by_place(item: dict[str, Draft], index: int | None) -> object:
    return (item.get("type"), index) if index is not None else object()


def _by_words(item: dict[str, Draft], index: int | None) -> object:
    return (item.get("type"), _words(item)) if _words(item) else object()


def _words(item: dict[str, Draft]) -> str:
    """All words of an item, in one text."""
    finished(item)
    said = [
        tolerant.text(part.get(key))
        for box in ("summary", "content")
        for part in tolerant.objects(item.get(box))
        for key in ("text", "refusal", "transcript")
    ]
    return "".join(said) + "".join(tolerant.text(item.get(key)) for key in ("arguments", "input", "code"))


_FEW = 50  # items that a final response may hold under other marks: more are not searched for


class _Said:
    """The words of a final response's items, by type. `search`: also as a part of a longer text."""

    def __init__(self, final: list[Draft], *, search: bool) -> None:
        self._words: dict[str, list[str]] = {}
        self._search = search
        for value in final:
            item = tolerant.table(value)
            kind = tolerant.text(item.get("type"))
            self._words.setdefault(kind, []).append(_words(item))

    def holds(self, item: dict[str, Draft]) -> bool:
        """Whether an item of the events is part of a final one that was assembled differently."""
        if item.get("type") not in ("message", "reasoning"):
            return False
        words, said = _words(item), self._words.get(tolerant.text(item.get("type")), [])
        return self._search and any(words in text for text in said)
