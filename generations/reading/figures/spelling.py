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


# What people type for what stands between thousands.
TYPED = {
    "\N{NARROW NO-BREAK SPACE}": r"\s",
    "\N{RIGHT SINGLE QUOTATION MARK}": "[\N{RIGHT SINGLE QUOTATION MARK}']",
}


def typed(text: str, thousands: str, point: str) -> str:
    """A number in this spelling as Python writes it, 1.234,5 as 1234.5; any other text as it is."""
    between = TYPED.get(thousands, re.escape(thousands))
    number = rf"(0|[1-9]\d{{0,2}}(?:{between}\d{{3}})+|[1-9]\d*)(?:{re.escape(point)}(\d+))?"
    found = re.fullmatch(number, text.strip(), re.ASCII if between != r"\s" else 0)
    if found is None:
        return text
    whole, rest = re.sub(r"\D", "", found[1]), found[2]
    return f"{whole}.{rest}" if rest else whole
