"""Endpoints that are not known: everything is shown as it is."""

from generations.reading.conversation.formats import chat, media, messages, responses
from generations.reading.conversation.formats.wire import Body, WireFormat, turns
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.page_types.conversation import Turn
from generations.reading.text import below, words

PROMPTS = ("prompt", "input", "query", "text", "instructions", "system")


def opening(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """The usual names of prompts as words."""
    made = []
    if not isinstance(body.get("messages"), list):
        made += turns(
            Turn("user", builder.value(below(at, "messages"), body.get("messages")), label="messages")
        )
    for key in PROMPTS:
        label = "" if key in ("prompt", "input") else key
        made += turns(Turn("user", builder.value(below(at, key), body.get(key)), label=label))
    return made


def answer(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """An answer that looks like a known format is read as one."""
    if isinstance(body.get("choices"), list):
        return chat.answer(builder, body, at)
    if isinstance(body.get("output"), list):
        return responses.answer(builder, body, at)
    if body.get("type") == "message":
        return messages.answer(builder, body, at)
    if words(body.get("text")):
        return media.transcription(builder, body, at)
    return turns(Turn("answer", builder.leftovers(at, body, ())))


WIRE = WireFormat(opening, answer, frozenset({*PROMPTS, "messages"}), "messages", chat.item)
