"""`format_html` for plain texts, in a third of the time: rows of lists are made of hundreds of pieces."""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString


def fill(markup: str, *values: object) -> SafeString:
    """`markup` with its `{}` filled: what is not marked safe is escaped."""
    shown = [value if isinstance(value, SafeString) else escape(str(value)) for value in values]
    return SafeString(markup.format(*shown))


def joined(pieces: Iterable[SafeString], between: str = "") -> SafeString:
    """Pieces of HTML one after another, `between` them a constant."""
    return SafeString(between.join(pieces))
