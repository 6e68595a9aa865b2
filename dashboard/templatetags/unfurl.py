"""What a link shows when it is pasted into a chat: made of its address alone, so nobody learns from it what exists."""

import re

from django import template

register = template.Library()

# Only IDs as the gateway makes them are repeated: nobody puts a sentence of their own into our title.
_KNOWN = (
    (re.compile(r"/(?:t/[A-Za-z0-9_-]{1,50}/)?g/(G-[0-9A-Za-z]{10,40})(?:[/?.].*)?", re.DOTALL), "{}"),
    (re.compile(r"/t/[A-Za-z0-9_-]{1,50}/r/([0-9a-f]{8})-[0-9a-f-]{27}(?:[/?.].*)?", re.DOTALL), "Replay {}"),
)


@register.filter
def unfurled(path: object) -> str:
    """The title for the address that somebody wants to open: `Retake · G-01M0…`, and `Retake` for every other."""
    for known, title in _KNOWN:
        found = known.fullmatch(str(path or ""))
        if found:
            return "Retake · " + title.format(found[1])
    return "Retake"
