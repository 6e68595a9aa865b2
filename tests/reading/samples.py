"""Every record of the demo gateway as bytes, in each form that the gateway has."""

import json
import time
from collections.abc import Iterator
from typing import Any, Literal

from generations.gateway.demo import records
from generations.gateway.demo.exchange import pretty
from generations.gateway.demo.rows import Rows, legacy, scoped
from generations.gateway.demo.sanitiser import sanitise
from generations.gateway.record import Record

Form = Literal["scoped", "plain", "legacy"]


def demo_records(form: Form = "scoped") -> Iterator[tuple[str, str, bytes]]:
    """(name, request ID, body) of every story."""
    now = int(time.time() * 1000)
    for story in records.STORIES:
        request_id = records.id_of(story, now)
        if story.raw:
            yield story.name, request_id, story.raw(request_id)[2]
        else:
            rows = Rows(story, request_id)
            shown = legacy(rows) if form == "legacy" else scoped(rows, replay=form == "scoped")
            yield story.name, request_id, pretty(sanitise(shown))


def demo_record(name: str, form: Form = "scoped") -> bytes:
    """The body of one story."""
    return next(body for found, _, body in demo_records(form) if found == name)


def record(**fields: Any) -> Record:
    """A record with these fields only."""
    return Record.read(json.dumps(fields).encode())
