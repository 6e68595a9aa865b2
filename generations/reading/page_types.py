"""The page data. Every text in it is ready to be shown (and still to be escaped, `html` excepted)."""

from typing import Literal
from urllib.parse import quote

import msgspec
from msgspec import Struct

from generations.gateway.rawjson.display import visible

Tone = Literal["good", "bad", "warn", "run", "none"]


class Shape(Struct, frozen=True, omit_defaults=True):
    """Immutable, quick to load, and small as JSON: members with their default value are left out."""


def encoded(shape: Shape) -> str:
    """Its JSON text for a text column: no NUL, no lone surrogate."""
    try:
        return msgspec.json.encode(shape).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_visible(msgspec.to_builtins(shape))).decode()


def _visible(value: object) -> object:
    if isinstance(value, dict):
        return {key: _visible(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_visible(child) for child in value]
    return visible(value) if isinstance(value, str) else value


def quoted(at: str) -> str:
    """A pointer, ready for an address. A lone surrogate in it, which no address can carry, is replaced."""
    return quote(at, safe="", errors="replace")


class Row(Shape, frozen=True):
    """One labelled value in a list of results. `level` is 0 to 1 for a meter, "" for none."""

    label: str
    value: str
    note: str = ""
    level: str = ""


PartKind = Literal[
    "text",
    "markdown",
    "reasoning",
    "refusal",
    "tool_call",
    "tool_result",
    "image",
    "audio",
    "video",
    "file",
    "citation",
    "rows",
    "json",
    "unknown",
]


class Part(Shape, frozen=True):
    """One piece of a turn. `at` is the JSON pointer of its value in the raw record ("" if it is not in one).

    `html` is sanitised markdown of the whole text; `head` then holds that text where it looks different. Otherwise
    `head` holds the first 2 KB and `more` says that there is more. `embedded` media can be served from `at`; others
    have a `url` or nothing.
    """

    kind: PartKind
    at: str = ""
    head: str = ""
    html: str = ""
    size: str = ""
    more: bool = False
    name: str = ""
    call_id: str = ""
    pair: str = ""
    mime: str = ""
    url: str = ""
    embedded: bool = False
    note: str = ""
    rows: list[Row] = []

    @property
    def form(self) -> str:
        """How it is drawn: text, fold, call, medium, rows, citation or code."""
        return FORMS[self.kind]

    @property
    def leads_on(self) -> bool:
        """Whether there is more, at a pointer that an address can carry."""
        return self.more and self.at != "" and visible(self.at) == self.at

    @property
    def query(self) -> str:
        """The pointer, ready for an address."""
        return quoted(self.at)


FORMS: dict[PartKind, str] = {
    **dict.fromkeys(("text", "markdown", "refusal"), "text"),
    "reasoning": "fold",
    **dict.fromkeys(("tool_call", "tool_result"), "call"),
    **dict.fromkeys(("image", "audio", "video", "file"), "medium"),
    "rows": "rows",
    "citation": "citation",
    **dict.fromkeys(("json", "unknown"), "code"),
}
ROLES = ("system", "developer", "user", "assistant", "tool", "error")


class Turn(Shape, frozen=True):
    """Who speaks, and the parts of what is said. `anchor` names the turn on the page."""

    role: str
    parts: list[Part]
    label: str = ""
    anchor: str = ""

    @property
    def css(self) -> str:
        """The role if it is a known one: roles are remote data."""
        return self.role if self.role in ROLES else "other"


class Cause(Shape, frozen=True):
    """Why something is missing or impossible. Unless `sure`, the record cannot prove it; the page says so."""

    code: str
    what: str
    fix: str
    sure: bool = True


UNPARSED = "cannot be read as JSON"


class Side(Shape, frozen=True):
    """Request or answer. `total` items stand in the list at `list_at`, of which the first `shown` are in
    `turns`. `frame` is the last frame of a stream, where nothing else was kept of it.
    """

    turns: list[Turn] = []
    size: str = ""
    note: str = ""
    at: str = ""
    list_at: str = ""
    total: int = 0
    shown: int = 0
    missing: list[Cause] = []
    frame: Part | None = None

    @property
    def is_unparsed(self) -> bool:
        """Whether it is shown as the bytes that came, because they are no JSON object."""
        return self.note == UNPARSED

    @property
    def left(self) -> int:
        """Items that are not shown yet."""
        return self.total - self.shown

    @property
    def list_query(self) -> str:
        """The pointer of the list, ready for an address."""
        return quoted(self.list_at)


class Answered(Shape, frozen=True):
    """The answer of a replay as its page shows it: its side, every figure in it, and the events outside the body."""

    side: Side
    usage: list["Count"] = []
    events: int = 0


class Fact(Shape, frozen=True):
    """A labelled value; `title` holds the exact one."""

    label: str
    value: str
    title: str = ""
    note: str = ""


class Tile(Shape, frozen=True):
    """One big number with its units apart."""

    label: str
    number: str
    before: str = ""
    unit: str = ""
    note: str = ""
    title: str = ""


class BarSegment(Shape, frozen=True):
    """A piece of a bar: `start` and `width` in percent of the whole width."""

    kind: Literal["gate", "wait", "gen", "fail"]
    start: str
    width: str
    label: str = ""
    title: str = ""


class Bar(Shape, frozen=True):
    segments: list[BarSegment]
    label: str = ""
    note: str = ""
    title: str = ""
    tone: Tone = "none"
    facts: list[Fact] = []


class Timing(Shape, frozen=True):
    """`reading` says which meaning of the gateway's two times was used."""

    reading: str
    main: list[Bar] = []
    attempts: list[Bar] = []
    scale: list[str] = []
    attempts_note: str = ""
    facts: list[Fact] = []


class CostLine(Shape, frozen=True):
    """Quantity / unit size x unit price = line."""

    name: str
    dimension: str
    quantity: str
    unit_price: str
    line: str
    units: str = ""
    title: str = ""
    note: str = ""


class Cost(Shape, frozen=True):
    """What the gateway charged. `check` compares the sum of the lines with the recorded cost."""

    total: str
    exact: str = ""
    currency: str = "USD"
    lines: list[CostLine] = []
    sum: str = ""
    check: Literal["equal", "differs", "unknown", "none"] = "none"
    difference: str = ""
    notes: list[str] = []


class Count(Shape, frozen=True):
    """One key of the usage. `share` is 0 to 1 of `whole` where it is a part of something."""

    name: str
    key: str
    value: str
    part: bool = False
    share: str = ""
    known: bool = True


class Parameter(Shape, frozen=True):
    name: str
    value: str
    at: str
    usual: str = ""
    differs: bool = False
    note: str = ""
    more: bool = False

    @property
    def query(self) -> str:
        """The pointer, ready for an address."""
        return quoted(self.at)


class Tool(Shape, frozen=True):
    name: str
    kind: str
    description: str
    schema: str
    at: str
    more: bool = False

    @property
    def query(self) -> str:
        """The pointer, ready for an address."""
        return quoted(self.at)


class Verdict(Shape, frozen=True):
    """What happened, whose fault it is, what to do, whether a replay can help, and the action to offer.

    body: the beginning of the error's JSON as it came.
    """

    tone: Tone
    word: str
    title: str = ""
    story: str = ""
    fault: str = ""
    advice: str = ""
    replay: str = ""
    action: Literal["none", "replay", "replay_other_provider"] = "none"
    action_label: str = ""
    rule: str = ""
    quotes: list[Fact] = []
    body: str = ""

    @property
    def pill(self) -> str:
        """The state whose pill shows it."""
        return {"bad": "failed", "run": "running", "none": "unknown"}.get(self.tone, "succeeded")


class Damage(Shape, frozen=True):
    """A value that the gateway replaced: `at` is its pointer in the record, `path` the one in the request."""

    at: str
    path: str
    shown: str
    what: str


class Node(Shape, frozen=True):
    """One member of a JSON box. `more` says that it can be opened or read in full at `at`."""

    key: str
    kind: Literal["object", "list", "string", "number", "true", "false", "null"]
    at: str
    value: str = ""
    more: bool = False
    children: list["Node"] = []
    rest: int = 0

    @property
    def css(self) -> str:
        """The class of its value."""
        return {"string": "str", "number": "num", "true": "bool", "false": "bool"}.get(self.kind, "null")

    @property
    def is_box(self) -> bool:
        return self.kind in ("object", "list")

    @property
    def query(self) -> str:
        """The pointer, ready for an address."""
        return quoted(self.at)


class Outline(Shape, frozen=True):
    """Everything that the pages of one generation show, made once from its record.

    `answered`: the record holds what was answered, an error included; `lacks_answer`: what the model said is not in it.
    `sent`: it holds what went to the provider.
    `unread`: Retake could not read it, so nothing is known of what it holds.
    """

    version: int
    request_id: str
    replayable: bool
    verdict: Verdict
    status: str = ""
    headline: list[Fact] = []
    tiles: list[Tile] = []
    timing: Timing = Timing(reading="")
    request: Side = Side()
    answer: Side = Side()
    answered: bool = False
    lacks_answer: bool = False
    sent: bool = False
    parameters: list[Parameter] = []
    tools: list[Tool] = []
    schema: Part | None = None
    cost: Cost = Cost(total="unknown")
    usage: list[Count] = []
    damage: list[Damage] = []
    damage_total: int = 0
    warnings: list[str] = []
    refusals: list[Cause] = []
    facts: list[Fact] = []
    unknown_keys: list[str] = []
    repeats: list[Fact] = []
    oddities: list[Fact] = []
    tree: Node | None = None
    made_at: str = ""
    unreadable: str = ""
    beginning: str = ""
    unread: bool = False

    @property
    def repeats_cause(self) -> bool:
        """Whether what keeps the request from being replayed is what keeps it from being shown."""
        return bool(self.refusals) and self.refusals == self.request.missing
