"""What a live log amounts to."""

from generations.replay.live.log import LogEntry
from generations.replay.live.log_html import visible_from


def text_of(entries: list[LogEntry]) -> str:
    """The plain text: text only, after the last replacement."""
    return "".join(entry.text for entry in visible_from(entries)[1] if entry.kind == "text")
