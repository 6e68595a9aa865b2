"""Thin filters over `reading`: numbers with units, unknown as "unknown"; marks for what is not seen."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.defaultfilters import date, truncatechars
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard.people.appearance import SEPARATORS, current
from generations.reading.diff import invisible_characters
from generations.reading.diff.deltas import Delta
from generations.reading.diff.likeness import Likeness, of_kind
from generations.reading.diff.text_diff import Piece
from generations.reading.edits.patch_summary import PatchLine
from generations.reading.figures import formatting, spelling
from generations.reading.figures.batch_stats import Bin
from generations.reading.figures.daily_chart import DayBar
from generations.reading.glossary import WORDS

register = template.Library()
FIELDS = {
    "model": "model",
    "provider": "provider",
    "session": "session",
    "key": "key",
    "app": "app",
    "error_code": "error code",
}
Amount = int | Decimal | None


@register.simple_tag(takes_context=True)
def term(context: template.Context, slug: str, words: str = "") -> SafeString | str:
    """A word of the glossary, as a link to what it means; the word alone where the page has linked it already.

    Raises KeyError for one that is not there.
    """
    word = words or WORDS[slug].lower()
    linked = _linked_terms(context)
    if slug in linked:
        return word
    linked.add(slug)
    return format_html('<a class="term" href="{}#{}">{}</a>', reverse("help"), slug, word)


def _linked_terms(context: template.Context) -> set[str]:
    """What the page of this request has linked so far; what this part has, where it is drawn for every request."""
    request = context.get("request")
    kept: Any = vars(request) if request else context.render_context.dicts[0]
    linked: set[str] = kept.setdefault("linked_terms", set())
    return linked


@register.simple_tag
def all_like(page: str, field: str, value: str, words: str = "") -> SafeString | str:
    """A value of a head as a link to all with the same one; `page` is their address. Words alone where there is none."""
    shown = words or truncatechars(value, 60)
    if not value:
        return shown
    address = f"{page}?{urlencode({field: value})}"
    return format_html(
        '<a class="like" href="{}" title="All with this {}">{}</a>', address, FIELDS[field], shown
    )


@register.filter
def spelled(text: object) -> str:
    """A text of figures, with its numbers written as who reads prefers it."""
    return spelling.spell(str(text), *SEPARATORS[current().numbers])


@register.filter
def written(delta: Delta) -> Delta:
    """A difference with its figures as who reads prefers them; the names of models and providers stay as they are."""
    if not delta.is_figure:
        return delta
    before, after = spelled(delta.before), spelled(delta.after)
    changes = spelled(delta.difference), spelled(delta.change)
    return replace(delta, before=before, after=after, difference=changes[0], change=changes[1])


@register.filter
def duration(ms: Amount) -> str:
    """Milliseconds: `412 ms`, `1.83 s`."""
    return spelled(formatting.duration(ms))


@register.filter
def exact_ms(ms: Amount) -> str:
    """Milliseconds with every digit."""
    return spelled(formatting.exact_ms(ms))


@register.filter
def count(value: Amount) -> str:
    """`1,234`."""
    return spelled(formatting.count(value))


@register.filter
def rate(value: Amount) -> str:
    """Tokens per second: `70 tok/s`."""
    return spelled(formatting.rate(value))


@register.filter
def dollars(nanos: int | None, currency: str = "USD") -> str:
    """Nanos (1e-9 of the currency) with three significant digits: `$0.0000533`."""
    return spelled(formatting.dollars(nanos, currency))


@register.filter
def exact_dollars(nanos: int | None) -> str:
    """Nanos (1e-9 USD) with every digit."""
    return spelled(formatting.exact_dollars(nanos))


@register.filter
def nanos(value: int | None) -> str:
    """`53,300 nanos`."""
    return spelled(formatting.exact_nanos(value))


@register.filter
def size(value: int | None) -> str:
    """Bytes: `1.9 KB`."""
    return spelled(formatting.size(value))


@register.filter
def filesize_exact(value: int | None) -> str:
    """Bytes, rounded and exact: `1.9 KB (1,893 bytes)`."""
    if value is None:
        return formatting.UNKNOWN
    return size(value) if value < 1000 else f"{size(value)} ({count(value)} bytes)"


@register.filter
def marked(text: str) -> SafeString:
    """A text that differs, with marks for what nobody sees."""
    return mark_safe(invisible_characters.marked(text))  # noqa: S308 - `unseen` escapes the text


@register.filter
def calm(text: str) -> SafeString:
    """A text that is the same on both sides; nothing in it turns the order of the page around."""
    return mark_safe(invisible_characters.with_order_marks(text))  # noqa: S308 - `unseen` escapes the text


@register.simple_tag
def diff_piece(piece: Piece) -> SafeString:
    """A piece of a diff: equal, gone, new or left out. No white space comes around it: the page keeps that of a text."""
    if piece.kind == "same":
        return calm(piece.text)
    if piece.kind == "skip":
        return format_html('<span class="skipped">{}</span>', piece.text)
    return format_html("<{0}>{1}</{0}>", "del" if piece.kind == "gone" else "ins", marked(piece.text))


@register.simple_tag
def likeness(found: Likeness | str, side: str = "") -> SafeString:
    """How alike two things are, as word and colour: a likeness, or the kind of a difference that `side` alone has."""
    shown = of_kind(found, side) if isinstance(found, str) else found
    return format_html('<span class="likeness {}">{}</span>', shown.tone, shown.word)


@register.simple_tag
def amount(value: Amount, unit: str) -> str:
    """A value in its unit: "duration" (ms), "dollars" (nanos) or "count"."""
    if unit == "dollars":
        return dollars(None if value is None else int(value))
    return duration(value) if unit == "duration" else count(value)


@register.filter
def histogram(bins: Sequence[Bin], unit: str) -> str:
    """The bins in words: how many values from where on."""
    return ", ".join(f"{bin_.number} from {amount(bin_.low, unit)}" for bin_ in bins)


@register.filter
def changes(lines: Sequence[PatchLine]) -> str:
    """The first changes of a request in one line."""
    return ", ".join(truncatechars(line.text, 120) for line in lines[:20])


@register.simple_tag
def bar_title(bar: DayBar, money: bool) -> str:
    """What a bar of the ledger's chart stands for, in words."""
    days = {date(bar.first, "j M Y"): None, date(bar.last, "j M Y"): None}
    if not money:
        return f"{' to '.join(days)}: {count(bar.sure)}"
    unknown = f", up to {dollars(bar.open)} unknown" if bar.open else ""
    return f"{' to '.join(days)}: {dollars(bar.sure)} known{unknown}"
