"""A row of the gateway's log. One that is not stored holds nobody's words, so it is drawn once and kept in this process."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from dashboard.people.appearance import current
from dashboard.templatetags.site import ago
from generations.log.listing import LogItem

register = template.Library()
KEPT = 2000


@register.simple_tag
def log_row(item: LogItem) -> SafeString:
    """The row as HTML."""
    if item.stored is not None:
        return _row(item)
    return _drawn(item, current().numbers, ago(item.row.created_at, focusable=False))


@lru_cache(maxsize=KEPT)
def _drawn(item: LogItem, _numbers: str, _age: str) -> SafeString:
    """The row as it is drawn for who spells numbers like this, while it is so old."""
    return _row(item)


def _row(item: LogItem) -> SafeString:
    return mark_safe(render_to_string("generations/log/cells.html", {"item": item}))  # noqa: S308  a template's
