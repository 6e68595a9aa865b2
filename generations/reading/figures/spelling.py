"""Numbers of a page as other languages write them, 1,234.5 as 1.234,5, and such numbers as people type them."""

import re

# What `formatting` writes: thousands apart, or a fraction. A version like 4.5.1 and a name like gpt-4.1 are no numbers.
NUMBER = re.compile(r"(?<![\w.,-])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?!\w|[.,]\d)")


def spell(text: str, thousands: str, point: str) -> str:
    """The text with its numbers rewritten; the same text for "," and "."."""
    if (thousands, point) == (",", "."):
        return text
    signs = str.maketrans({",": thousands, ".": point})
    return NUMBER.sub(lambda found: found[0].translate(signs), text)


# A number as people type it, by what stands between thousands.
TYPED = {
    ",": re.compile(r"(0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.(\d+))?", re.ASCII),
    ".": re.compile(r"(0|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d*)(?:,(\d+))?", re.ASCII),
    "\N{NARROW NO-BREAK SPACE}": re.compile(
        r"(0|[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+|[1-9]\d*)(?:,(\d+))?", re.ASCII
    ),
    "\N{RIGHT SINGLE QUOTATION MARK}": re.compile(
        r"(0|[1-9]\d{0,2}(?:['\u2019]\d{3})+|[1-9]\d*)(?:\.(\d+))?", re.ASCII
    ),
}


def typed(text: str, thousands: str) -> str:
    """A number in the spelling with these thousands as Python writes it, 1.234,5 as 1234.5; any other text as it is."""
    found = TYPED[thousands].fullmatch(text.strip())
    if found is None:
        return text
    whole, rest = "".join(filter(str.isdigit, found[1])), found[2]
    return f"{whole}.{rest}" if rest else whole
