"""Numbers of a page as other languages write them: 1,234.5 becomes 1.234,5."""

import re

# What `formatting` writes: thousands apart, or a fraction. A version like 4.5.1 and a name like gpt-4.1 are no numbers.
NUMBER = re.compile(r"(?<![\w.,-])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?!\w|[.,]\d)")


def spell(text: str, thousands: str, point: str) -> str:
    """The text with its numbers rewritten; the same text for "," and "."."""
    if (thousands, point) == (",", "."):
        return text
    signs = str.maketrans({",": thousands, ".": point})
    return NUMBER.sub(lambda found: found[0].translate(signs), text)
