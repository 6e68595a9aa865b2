"""What an answer says, choice by choice, out of the whole body of any wire format.

Each reader notes in `read` the pointers of what it has taken in. Everything else of the body is the rest, which is
compared as it stands: nothing is dropped.
"""

from dataclasses import dataclass, field

from generations.gateway.rawjson.values import Value, dumps, is_text
from generations.reading import text
from generations.reading.answer.tool_calls import NamedCall
from generations.reading.text import below, box, items, words

SPEECH = ("text", "refusal", "reasoning")
RUNNING = ("queued", "in_progress")  # states of a response that has not ended
MEDIA = frozenset(
    {
        *("image", "image_url", "input_image", "output_image", "audio", "audio_url", "input_audio"),
        *("output_audio", "video", "video_url", "file", "input_file", "document"),
    }
)


@dataclass(slots=True)
class ChoiceDraft:
    """One choice while it is read. `data`: parts that are neither words, calls nor media; they are in the rest."""

    index: int = 0
    said: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in SPEECH})
    calls: list[NamedCall] = field(default_factory=list)
    media: int = 0
    data: int = 0
    finish: str = ""
    native_finish: str = ""
    at: str = ""


class Choices:
    """Reads the choices of one body."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.tools: set[str] = set()  # calls, with everything that belongs to them
        self.made: list[ChoiceDraft] = []

    def _new(self, index: int, at: str) -> ChoiceDraft:
        self.made.append(ChoiceDraft(index, at=at))
        return self.made[-1]

    def _say(self, draft: ChoiceDraft, kind: str, value: Value, at: str) -> bool:
        """Take a text in. False, and it stays in the rest, when the value is none."""
        text = words(value)
        if text is not None:
            draft.said[kind].append(text)
        if text is not None or value in (None, ""):
            self.read.add(at)
            return True
        return False

    def _skip(self, at: str, value: dict[str, Value], *keys: str) -> None:
        self.read.update(below(at, key) for key in keys if key in value)

    # -- chat completions ----------------------------------------------------------------------------------

    def chat(self, body: dict[str, Value], at: str) -> None:
        for position, value in enumerate(items(body.get("choices"))):
            place, choice = below(at, "choices", position), box(value)
            index = text.whole(choice.get("index"))
            draft = self._new(position if index is None else index, place)
            draft.finish = words(choice.get("finish_reason")) or ""
            draft.native_finish = words(choice.get("native_finish_reason")) or ""
            self._skip(place, choice, "index")
            self._say(draft, "text", choice.get("text"), below(place, "text"))
            self._message(draft, box(choice.get("message")), below(place, "message"))

    def _message(self, draft: ChoiceDraft, message: dict[str, Value], at: str) -> None:
        self._skip(at, message, *_known_role(message))
        self._thoughts(draft, message, at)
        self._content(draft, message.get("content"), below(at, "content"))
        self._say(draft, "refusal", message.get("refusal"), below(at, "refusal"))
        for position, value in enumerate(items(message.get("tool_calls"))):
            self._tool_call(draft, box(value), below(at, "tool_calls", position))
        if isinstance(message.get("function_call"), dict):
            place = below(at, "function_call")
            self._call(draft, box(message["function_call"]), place, "arguments")
        self._media_of(draft, message, at)

    def _thoughts(self, draft: ChoiceDraft, message: dict[str, Value], at: str) -> None:
        """Reasoning as text; the same text given twice counts once. Details stand in where there is no text."""
        keys = [key for key in ("reasoning_content", "reasoning") if words(message.get(key))]
        if len(keys) == 2 and message[keys[0]] == message[keys[1]]:
            self.read.add(below(at, keys.pop()))
        for key in keys:
            self._say(draft, "reasoning", message[key], below(at, key))
        if keys:
            return
        for position, value in enumerate(items(message.get("reasoning_details"))):
            place, detail = below(at, "reasoning_details", position), box(value)
            for key in ("text", "summary"):
                if words(detail.get(key)):
                    self._say(draft, "reasoning", detail[key], below(place, key))
                    self._skip(place, detail, "type", "index")

    def _content(self, draft: ChoiceDraft, value: Value, at: str) -> None:
        """A text, or a list of parts."""
        if not isinstance(value, list):
            self._say(draft, "text", value, at)
            return
        for position, part in enumerate(value):
            place = below(at, position)
            if not isinstance(part, dict):
                self._say(draft, "text", part, place)
            elif not self._part(draft, part, place):
                kind = words(part.get("type")) or ""
                draft.media += kind in MEDIA
                draft.data += kind not in MEDIA

    def _part(self, draft: ChoiceDraft, part: dict[str, Value], at: str) -> bool:
        """A part that is words, in any of its spellings."""
        kind = words(part.get("type")) or ("text" if "text" in part else "")
        if kind in ("text", "output_text", "summary_text", "reasoning_text"):
            speech = "reasoning" if kind in ("summary_text", "reasoning_text") else "text"
            found = self._say(draft, speech, part.get("text"), below(at, "text"))
        elif kind == "refusal":
            found = self._say(draft, "refusal", part.get("refusal"), below(at, "refusal"))
        elif kind == "thinking":
            found = self._thinking(draft, part.get("thinking"), below(at, "thinking"))
        else:
            return False
        if found:
            self._skip(at, part, "type")
        return found

    def _thinking(self, draft: ChoiceDraft, value: Value, at: str) -> bool:
        """A thought: a text, or a list of parts with one each."""
        if not isinstance(value, list):
            return self._say(draft, "reasoning", value, at)
        for position, part in enumerate(value):
            place, thought = below(at, position), box(part)
            self._say(draft, "reasoning", thought.get("text"), below(place, "text"))
            self._skip(place, thought, "type")
        return True

    def _media_of(self, draft: ChoiceDraft, message: dict[str, Value], at: str) -> None:
        draft.media += sum(len(items(message.get(key))) for key in ("images", "audios"))
        sound = box(message.get("audio"))
        draft.media += bool(sound)
        if words(sound.get("transcript")) and not draft.said["text"]:
            self._say(draft, "text", sound["transcript"], below(at, "audio", "transcript"))

    # -- tool calls ----------------------------------------------------------------------------------------

    def _tool_call(self, draft: ChoiceDraft, call: dict[str, Value], at: str) -> None:
        kind = next((key for key in ("function", "custom") if box(call.get(key)).get("name")), None)
        kind = kind or next((key for key in ("function", "custom") if isinstance(call.get(key), dict)), None)
        if kind is None:
            draft.data += 1
            return
        self._skip(at, call, "type", "index", "id")
        inner = box(call[kind])
        key = "input" if "input" in inner else "arguments"
        self._call(draft, inner, below(at, kind), key, "custom" if kind == "custom" else "")

    def _call(
        self,
        draft: ChoiceDraft,
        call: dict[str, Value],
        at: str,
        key: str,
        kind: str = "",
        name: str = "",
    ) -> None:
        """A call whose arguments stand under `key`, as text or as JSON."""
        self._skip(at, call, key, *(() if name else ("name",)))
        draft.calls.append(NamedCall(name or words(call.get("name")) or "", written(call.get(key)), kind))

    # -- responses -----------------------------------------------------------------------------------------

    def responses(self, body: dict[str, Value], at: str) -> None:
        draft = self._new(0, at)
        for position, value in enumerate(items(body.get("output"))):
            self._item(draft, box(value), below(at, "output", position))
        said = "".join(draft.said["text"])
        if words(body.get("output_text")) and body["output_text"] == said:
            self.read.add(below(at, "output_text"))
        elif not said:
            self._say(draft, "text", body.get("output_text"), below(at, "output_text"))
        reason = box(body.get("incomplete_details")).get("reason")
        status = words(body.get("status")) or ""
        draft.finish = words(reason) or ("" if status in RUNNING else status)

    def _item(self, draft: ChoiceDraft, item: dict[str, Value], at: str) -> None:
        kind = words(item.get("type")) or ("message" if "content" in item else "")
        self._skip(at, item, *(["status"] if item.get("status") == "completed" else []))
        if kind == "message":
            self._skip(at, item, "type", *_known_role(item))
            self._content(draft, item.get("content"), below(at, "content"))
        elif kind == "reasoning":
            self._skip(at, item, "type")
            for key in ("summary", "content"):
                self._reasoned(draft, item.get(key), below(at, key))
        elif kind in ("function_call", "custom_tool_call", "mcp_call", "mcp_approval_request"):
            self._asked(draft, kind, item, at)
        elif kind == "image_generation_call":
            draft.media += bool(item.get("result"))
        elif kind.endswith("_call"):
            self._skip(at, item, "type")
            self.tools.add(at)
            draft.calls.append(self._server_call(kind, item, at))
        else:
            draft.data += 1

    def _reasoned(self, draft: ChoiceDraft, value: Value, at: str) -> None:
        for position, part in enumerate(items(value)):
            place, thought = below(at, position), box(part)
            if draft.said["reasoning"] and words(thought.get("text")):
                draft.said["reasoning"].append("\n\n")  # each summary is a paragraph of its own
            if self._say(draft, "reasoning", thought.get("text"), below(place, "text")):
                self._skip(place, thought, "type")

    def _asked(self, draft: ChoiceDraft, kind: str, item: dict[str, Value], at: str) -> None:
        self._skip(at, item, "type", "call_id")
        self.tools.add(at)
        key = "input" if "input" in item and "arguments" not in item else "arguments"
        label = {"function_call": "", "custom_tool_call": "custom"}.get(kind, "")
        if kind.startswith("mcp"):
            self._skip(at, item, "server_label")
            label = " ".join(filter(None, ["MCP", words(item.get("server_label"))]))
            label += ", to be approved" if kind == "mcp_approval_request" else ""
        self._call(draft, item, at, key, label)

    def _server_call(self, kind: str, item: dict[str, Value], at: str) -> NamedCall:
        """A tool that ran at the provider: what it was asked. What it gave is in the rest."""
        asked: dict[str, Value] = {
            key: value for key, value in item.items() if key not in _NOT_ASKED and value is not None
        }
        self._skip(at, item, *asked)
        return NamedCall(kind.removesuffix("_call"), dumps(asked) if asked else "", "at the provider")

    def transcription(self, body: dict[str, Value], at: str) -> None:
        self._say(self._new(0, at), "text", body.get("text"), below(at, "text"))

    # -- messages ------------------------------------------------------------------------------------------

    def messages(self, body: dict[str, Value], at: str) -> None:
        draft = self._new(0, at)
        draft.finish = words(body.get("stop_reason")) or ""
        content = body.get("content")
        if not isinstance(content, list):
            self._say(draft, "text", content, below(at, "content"))
            return
        for position, value in enumerate(content):
            self._block(draft, value, below(at, "content", position))

    def _block(self, draft: ChoiceDraft, value: Value, at: str) -> None:
        block = box(value)
        kind = words(block.get("type")) or ""
        if kind.endswith("tool_use"):
            self._skip(at, block, "type", "id", "server_name")
            self.tools.add(at)
            label = {"tool_use": "", "server_tool_use": "at the provider"}.get(kind)
            if label is None:
                label = " ".join(filter(None, ["MCP", words(block.get("server_name"))]))
            self._call(draft, block, at, "input", label)
        elif kind in MEDIA:
            draft.media += 1
        elif not isinstance(value, dict) or not self._part(draft, block, at):
            draft.data += 1


_NOT_ASKED = frozenset(
    {"id", "type", "status", "outputs", "output", "results", "result", "error", "call_id", "created_by"}
)


def _known_role(message: dict[str, Value]) -> list[str]:
    """`role`, where it says no more than that a model answered."""
    return ["role"] if message.get("role") in (None, "", "assistant", "model") else []


def written(value: Value) -> str:
    """Arguments as text: a text as it is, anything else as JSON, nothing for nothing."""
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) and is_text(value) else dumps(value)


def shape_of(wire: str, body: dict[str, Value]) -> str:
    """The wire format that a body is of. Its shape decides before the endpoint: the gateway relays between formats."""
    if isinstance(body.get("choices"), list):
        return "chat"
    if isinstance(body.get("output"), list) or body.get("object") == "response":
        return "responses"
    if body.get("type") == "message" or (wire == "messages" and "content" in body):
        return "messages"
    return "" if wire in ("chat", "responses", "messages") and "error" in body else wire


def of(shape: str, body: dict[str, Value], at: str = "") -> Choices:
    """The choices of a body of this shape."""
    found = Choices()
    match shape:
        case "chat":
            found.chat(body, at)
        case "responses":
            found.responses(body, at)
        case "messages":
            found.messages(body, at)
        case "transcription":
            found.transcription(body, at)
    return found
