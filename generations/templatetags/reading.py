"""Thin filters over `reading`: numbers with units, unknown as "unknown"; marks for what is not seen."""

from decimal import Decimal

from django import template
from django.utils.safestring import SafeString, mark_safe

from generations.reading.diff import invisible_characters
from generations.reading.figures import formatting

register = template.Library()
Amount = int | Decimal | None


@register.filter
def duration(ms: Amount) -> str:
    """Milliseconds: `412 ms`, `1.83 s`."""
    return formatting.duration(ms)


@register.filter
def exact_ms(ms: Amount) -> str:
    """Milliseconds with every digit."""
    return formatting.exact_ms(ms)


@register.filter
def count(value: Amount) -> str:
    """`1,234`."""
    return formatting.count(value)


@register.filter
def rate(value: Amount) -> str:
    """Tokens per second: `70 tok/s`."""
    return formatting.rate(value)


@register.filter
def dollars(nanos: int | None) -> str:
    """Nanos (1e-9 USD) with three significant digits: `$0.0000533`."""
    return formatting.dollars(nanos)


@register.filter
def exact_dollars(nanos: int | None) -> str:
    """Nanos (1e-9 USD) with every digit."""
    return formatting.exact_dollars(nanos)


@register.filter
def nanos(value: int | None) -> str:
    """`53,300 nanos`."""
    return formatting.exact_nanos(value)


@register.filter
def size(value: int | None) -> str:
    """Bytes: `1.9 KB`."""
    return formatting.size(value)


@register.filter
def filesize_exact(value: int | None) -> str:
    """Bytes, rounded and exact: `1.9 KB (1,893 bytes)`."""
    if value is None:
        return formatting.UNKNOWN
    return formatting.size(value) if value < 1000 else f"{formatting.size(value)} ({value:,} bytes)"


@register.filter
def marked(text: str) -> SafeString:
    """A text that differs, with marks for what nobody sees."""
    return mark_safe(invisible_characters.marked(text))  # noqa: S308 - `unseen` escapes the text


@register.filter
def calm(text: str) -> SafeString:
    """A text that is the same on both sides; nothing in it turns the order of the page around."""
    return mark_safe(invisible_characters.with_order_marks(text))  # noqa: S308 - `unseen` escapes the text
