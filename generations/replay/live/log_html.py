"""The live log as HTML that a page can append to."""

from collections.abc import Iterable

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from generations.replay.live.log import LogEntry

CARRIAGE_RETURN = SafeString("&#13;")


def render(entries: Iterable[LogEntry]) -> SafeString:
    """The log as escaped HTML: increments that a page can append to each other."""
    return format_html_join("", "{}", ((_render_one(entry),) for entry in entries))


def _render_one(entry: LogEntry) -> SafeString | str:
    if entry.kind in ("text", "reasoning", "refusal", "note", "tool", "args"):
        return format_html('<span class="live-{}">{}</span>', entry.kind, _escaped(entry.text))
    return ""


def _escaped(text: str) -> SafeString:
    """A carriage return would end a line of the event, so it travels as a character reference."""
    if "\r" not in text:
        return escape(text)
    return format_html_join(CARRIAGE_RETURN, "{}", ((piece,) for piece in text.split("\r")))


def visible_from(entries: list[LogEntry]) -> tuple[bool, list[LogEntry]]:
    """Whether the entries void what came before, and those that are still to be shown."""
    for place in range(len(entries) - 1, -1, -1):
        if entries[place].kind == "replace":
            return True, entries[place + 1 :]
    return False, entries


def shown_now(entries: list[LogEntry]) -> list[LogEntry]:
    """The entries that a page which opens now shows."""
    return visible_from(entries)[1]
