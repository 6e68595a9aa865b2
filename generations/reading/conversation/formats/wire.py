"""What a wire format must define."""

from collections.abc import Callable
from dataclasses import dataclass

from generations.gateway.rawjson.values import Value
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.page_types.conversation import Turn

Body = dict[str, Value]
Opening = Callable[[PartBuilder, Body, str], list[Turn]]
Item = Callable[[PartBuilder, Value, str], list[Turn]]


@dataclass(frozen=True, slots=True)
class WireFormat:
    """Readers of one wire format. Each takes a builder, a value and its pointer, and gives turns.

    `opening` reads what stands outside the list of turns (instructions, prompts), `item` one element of the
    list under `list_key`, `answer` a whole answer. `content` names the request's members that these readers
    show, so that all others are parameters.
    """

    opening: Opening
    answer: Opening
    content: frozenset[str]
    list_key: str = ""
    item: Item | None = None


def nothing(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """For formats that have nothing to read here."""
    return []


def turns(*made: Turn) -> list[Turn]:
    """Those turns that say something."""
    return [turn for turn in made if turn.parts]
