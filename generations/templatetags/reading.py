"""Thin filters over `reading.numbers`: numbers with units, unknown as "unknown"."""

from decimal import Decimal

from django import template

from generations.reading import numbers

register = template.Library()
Amount = int | Decimal | None


@register.filter
def duration(ms: Amount) -> str:
    """Milliseconds: `412 ms`, `1.83 s`."""
    return numbers.duration(ms)


@register.filter
def exact_ms(ms: Amount) -> str:
    """Milliseconds with every digit."""
    return numbers.exact_ms(ms)


@register.filter
def count(value: Amount) -> str:
    """`1,234`."""
    return numbers.count(value)


@register.filter
def rate(value: Amount) -> str:
    """Tokens per second: `70 tok/s`."""
    return numbers.rate(value)


@register.filter
def dollars(nanos: int | None) -> str:
    """Nanos (1e-9 USD) with three significant digits: `$0.0000533`."""
    return numbers.dollars(nanos)


@register.filter
def exact_dollars(nanos: int | None) -> str:
    """Nanos (1e-9 USD) with every digit."""
    return numbers.exact_dollars(nanos)


@register.filter
def nanos(value: int | None) -> str:
    """`53,300 nanos`."""
    return numbers.exact_nanos(value)


@register.filter
def size(value: int | None) -> str:
    """Bytes: `1.9 KB`."""
    return numbers.size(value)


@register.filter
def filesize_exact(value: int | None) -> str:
    """Bytes, rounded and exact: `1.9 KB (1,893 bytes)`."""
    if value is None:
        return numbers.UNKNOWN
    return numbers.size(value) if value < 1000 else f"{numbers.size(value)} ({value:,} bytes)"
