"""Frames of a stream: an object that is one event and no body, and what the last one of a stream says."""

from generations.gateway.rawjson.values import Value
from generations.reading.text import box, inside, items, words

# Events of a stream that hold a whole body in a member of this name.
BODIES = {
    "response.completed": "response",
    "response.incomplete": "response",
    "response.failed": "response",
    "response.done": "response",
}
_EVENTS = frozenset(
    "message_start message_delta message_stop content_block_start content_block_delta content_block_stop ping "
    "speech.audio.delta speech.audio.done transcript.text.delta image_generation.partial_image "
    "image_edit.partial_image".split()
)
_FRAME_ONLY = {"usage", "id", "object", "created", "model", "meta", "cost_nanos", "cost_cents", "currency"}


def is_frame(value: Value) -> bool:
    """Whether an object is one frame of a stream and not a body: the text is not in it."""
    return is_event(value) or ("usage" in box(value) and box(value).keys() <= _FRAME_ONLY)


def is_event(value: Value) -> bool:
    """The same of those that no whole body looks like: usage alone may be all that an endpoint answers."""
    fields = box(value)
    kind = words(fields.get("type")) or ""
    if kind in BODIES:
        return not isinstance(inside(fields, BODIES[kind], "output"), list)
    if kind in _EVENTS or kind.startswith("response."):
        return True
    return isinstance(fields.get("choices"), list) and _is_chunk(fields)


def _is_chunk(fields: dict[str, Value]) -> bool:
    """A chunk of chat completions: its choices hold deltas. Some providers call whole bodies chunks, too."""
    choices = [box(choice) for choice in items(fields["choices"])]
    if any("message" in choice or words(choice.get("text")) for choice in choices):
        return False
    return any("delta" in choice for choice in choices) or str(fields.get("object")).endswith(".chunk")


def finish(frame: Value) -> str:
    """Why the stream ended, as its last frame says; "" where it does not."""
    choice = box(next(iter(items(inside(frame, "choices"))), None))
    reason = choice.get("finish_reason") or inside(frame, "delta", "stop_reason")
    return words(reason or inside(frame, "response", "status")) or ""


def usage(frame: Value) -> Value:
    """The usage that a last frame holds, None where it holds none."""
    return inside(frame, "usage") or inside(frame, "response", "usage") or None
