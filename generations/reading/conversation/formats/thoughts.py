"""What a model thought, in every form that the wire formats have for it."""

from generations.gateway.rawjson.values import Value
from generations.reading.conversation.formats.wire import Body
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.page_types.conversation import Part
from generations.reading.text import below, box, first, items, words

KNOWN = ("type", "index", "text", "summary", "data", "signature")


def of_message(builder: PartBuilder, message: Body, at: str) -> list[Part]:
    """The reasoning of a message of chat completions. Words that stand there twice are shown once."""
    said = []
    for key in ("reasoning_content", "reasoning"):
        said += builder.value(below(at, key), message.get(key), "reasoning")
    twice = len(said) == 2 and message["reasoning"] == message["reasoning_content"]
    return (said[:1] if twice else said) + _details(builder, message, at)


def _details(builder: PartBuilder, message: Body, at: str) -> list[Part]:
    """Reasoning block by block, with what belongs to each."""
    value, place = message.get("reasoning_details"), below(at, "reasoning_details")
    if not isinstance(value, list):
        return builder.value(place, value, name="reasoning_details")
    text = "".join(words(first(box(detail), "text", "summary")) or "" for detail in items(value))
    is_shown = text in (message.get("reasoning_content"), message.get("reasoning"))
    keys = () if is_shown else ("text", "summary")
    return builder.each(place, value, lambda builder, item, inner: _detail(builder, item, inner, keys))


def _detail(builder: PartBuilder, value: Value, at: str, keys: tuple[str, ...]) -> list[Part]:
    detail = box(value)
    if not detail:
        return builder.value(at, value, "reasoning")
    said = [part for key in keys for part in builder.value(below(at, key), detail.get(key), "reasoning")]
    return said + _sealed(builder, detail, at) + builder.leftovers(at, detail, KNOWN)


def part(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    """A part or block that is a thought: a text, or a list of them."""
    fields, place = box(value), below(at, "thinking")
    inner = fields.get("thinking")
    said = (
        builder.each(place, inner, piece)
        if isinstance(inner, list)
        else builder.value(place, inner, "reasoning")
    )
    known = ("type", "thinking", "data", "signature")
    return said + _sealed(builder, fields, at) + builder.leftovers(at, fields, known)


def piece(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    """One piece of reasoning: an object with a text."""
    fields = box(value)
    if not isinstance(fields.get("text"), str):
        return builder.value(at, value, "reasoning")
    said = builder.value(below(at, "text"), fields["text"], "reasoning")
    return said + builder.leftovers(at, fields, ("type", "text"))


def _sealed(builder: PartBuilder, value: Body, at: str) -> list[Part]:
    """What a provider keeps of its reasoning and nobody else can read."""
    said = builder.value(below(at, "data"), value.get("data"), "reasoning", note="encrypted")
    return said + builder.value(below(at, "signature"), value.get("signature"), "reasoning", note="signature")
