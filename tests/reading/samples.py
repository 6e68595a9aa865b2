"""Every record of the demo gateway as bytes, in each form that the gateway has."""

import json
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from generations.gateway.demo import stories
from generations.gateway.demo.records.io_log import legacy, scoped
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.sanitiser import sanitise
from generations.gateway.demo.server.exchange import pretty
from generations.gateway.demo.shapes import Story
from generations.gateway.record import Record
from generations.reading.figures import tiles

Form = Literal["scoped", "plain", "legacy"]
NOW = int(time.time() * 1000)
# Of the one tile that tells how long a generation took.
TIME_LABELS = {"Total wait", tiles.AFTER_BYTE, *tiles.TOTALS.values()}


def demo_records(form: Form = "scoped") -> Iterator[tuple[str, str, bytes]]:
    """(name, request ID, body) of every story."""
    for story in stories.STORIES:
        yield story.name, stories.id_of(story, NOW), demo_record(story.name, form)


@cache
def demo_record(name: str, form: Form = "scoped") -> bytes:
    """The body of one story."""
    story = next(story for story in stories.STORIES if story.name == name)
    return _body(story, stories.id_of(story, NOW), form)


def _body(story: Story, request_id: str, form: Form) -> bytes:
    if story.raw:
        return story.raw(request_id)[2]
    rows = Rows(story, request_id)
    shown = legacy(rows) if form == "legacy" else scoped(rows, replay=form == "scoped")
    return pretty(sanitise(shown))


def record(**fields: Any) -> Record:
    """A record with these fields only."""
    return Record.read(json.dumps(fields).encode())
