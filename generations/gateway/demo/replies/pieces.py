"""How text and arguments are cut into frames."""

import re
from itertools import cycle, islice


def pieces(text: str, frames: int | None = None) -> list[str]:
    """The text word by word; or exactly `frames` pieces, going round the words as often as needed."""
    words = re.findall(r"\s*\S+|\s+\Z", text)
    return words if frames is None else list(islice(cycle(words or ["word "]), frames))


def slices(arguments: str, cumulative: bool) -> list[str]:
    """Tool arguments in twelves, or each with all so far."""
    ends = range(12, len(arguments) + 12, 12)
    return [arguments[0 if cumulative else end - 12 : end] for end in ends]
