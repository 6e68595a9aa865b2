"""Numbers in fields: typed and shown as who asks prefers to write them."""

from dashboard.people.appearance import SEPARATORS, current
from generations.reading.figures import spelling


def spelled(text: str) -> str:
    """A number of ours as who asks writes it."""
    return spelling.spell(text, *SEPARATORS[current().numbers])


def typed(text: str) -> str:
    """A number as who asks writes it, the way Python writes it; any other text as it is."""
    return spelling.typed(text, SEPARATORS[current().numbers][0])


def has_comma(text: str) -> bool:
    """Whether a text has a comma before its fraction, for who writes one there."""
    return "," in text and SEPARATORS[current().numbers][1] == ","
