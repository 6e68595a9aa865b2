"""A row of the gateway's log. One that is not stored holds nobody's words, so it is drawn once and kept in this process."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.people.appearance import current
from dashboard.templatetags.site import ago, icon
from generations.lists.columns import WITHOUT_WHO
from generations.log.listing import LogItem
from generations.templatetags.row_cells import row_cells

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
    row, action = item.shown, SafeString()
    if row.action_url:
        action = format_html(
            '<a class="btn small" href="{}">{} Replay<span class="hidden-visually"> {}</span></a>',
            *(row.action_url, icon("replay"), row.request_id),
        )
    return format_html('<tr>{}<td class="act">{}</td></tr>', row_cells(row, WITHOUT_WHO, "pick"), action)
