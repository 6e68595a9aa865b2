"""What an answer says about its own end: its facts, and whether it came whole."""

from dataclasses import dataclass
from typing import Protocol

from generations.gateway import endpoints
from generations.gateway.streams.assemble import assemble
from generations.reading import answer_facts
from generations.reading.answer_facts import Facts

READ_UP_TO = 16 * 2**20  # bytes that are parsed


class Told(Protocol):
    """What is read out of an answer. `why` and `complete` as in events.Closed."""

    @property
    def facts(self) -> Facts: ...
    @property
    def why(self) -> str: ...
    @property
    def complete(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Read:
    facts: Facts
    why: str
    complete: bool


def read(endpoint: str, content_type: str, raw: bytes) -> Read:
    """What the answer of a stored endpoint name says; a larger one is read as far as it is parsed."""
    known = endpoints.find(endpoint)
    made = assemble(known.wire if known else "chat", content_type, raw[:READ_UP_TO])
    if made.body is None and made.why == "whole" and not made.streamed and raw.strip() != b"null":
        return Read(Facts(media=1), made.why, made.complete)
    return Read(answer_facts.read(made.wire, made.body, made.strays), made.why, made.complete)
