"""What a story, a reply and a failure are. Everything else in the demo gateway turns these into JSON."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
IoStatus = Literal["none", "not_enabled", "stored", "missing_bucket", "too_large", "error", "deleted"]


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A tool call of the model; `arguments` is JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said, before any wire format.

    `whole` is the body of endpoints that are not about text.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: tuple[ModelCall, ...] = ()
    finish: str = "stop"
    whole: Json | Callable[[], Json] | None = None
    image: str | None = None  # a data URL, next to the text
    turn: Callable[[Json], Json] | None = None  # what a whole answer has of its own, put into its body

    def other(self) -> Json:
        """The body of an endpoint that is not about text; big ones are made when asked for."""
        return self.whole() if callable(self.whole) else self.whole or {}


@dataclass(frozen=True, slots=True)
class FlatError:
    """A flat error.

    contract: `error` is a string, never an object; attribution is user, gateway or upstream.
    """

    status: int
    error: str
    description: str
    origin: Literal["user", "gateway", "upstream"] = "upstream"
    more: Json = field(default_factory=dict)  # optional keys of the body, in order
    bare: bool = False  # the body has neither error_type nor error_origin
    code: str | None = None  # error_code of the record without its attribution, when it differs from `error`


@dataclass(frozen=True, slots=True)
class StoryUsage:
    """Tokens and other quantities of one request. `extra` goes into the stored usage as it is."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cached: int = 0
    cache_write: int = 0
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoryTiming:
    """Milliseconds: provider time to first token, dispatch to last frame, time spent in the gateway."""

    first: int
    total: int
    overhead: int = 48


@dataclass(frozen=True, slots=True)
class Story:
    """One record and everything around it. Built small; big bodies are made when asked for."""

    name: str  # gives the id, the seed of all variation, and never changes
    title: str
    group: str
    ago: float  # minutes before the server's start
    endpoint: str
    model: str
    make_body: Callable[[], Json]
    provider: str | None = None
    reply: Reply | None = None
    failure: FlatError | None = None
    usage: StoryUsage | None = None
    timing: StoryTiming | None = None
    lines: tuple[Json, ...] | None = None  # pricing lines, when they are not the list price of `usage`
    attempts: tuple[Json, ...] | None = None
    io: IoStatus = "stored"
    row: Json = field(default_factory=dict)  # columns that differ from what the builder makes
    without: tuple[str, ...] = ()  # columns this row does not have
    stored: Callable[[], Json] | None = None  # request_payload, when it is not the body (multipart)
    fixed_id: str | None = None
    settles: bool = False  # an async job: cost and usage come later
    again: str | None = None  # the fault that a replay of this body meets
    agent: str = "python-httpx/0.28"  # the User-Agent of the client
    log: Json = field(default_factory=dict)  # members of the log's payload that differ
    raw: Callable[[str], tuple[int, str, bytes]] | None = None  # the whole answer: status, content type, body
