"""The page data of one generation."""

from typing import Literal

from generations.reading.page_types.base import Cause, Fact, Shape, Tone, quoted
from generations.reading.page_types.conversation import Part, Side
from generations.reading.page_types.figures import Cost, Parameter, Tile, Timing, Tool, UsageCount


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

    @property
    def notice(self) -> str:
        """The kind of notice that shows it."""
        return "info" if self.tone == "none" else self.tone


class AlteredValue(Shape, frozen=True):
    """A value that the gateway replaced: `at` is its pointer in the record, `path` the one in the request."""

    at: str
    path: str
    shown: str
    what: str


class BlamedField(Shape, frozen=True):
    """A value of the request that the error is about. `at` is its pointer in the record, "" where the request has none;
    `path` the same for reading, `anchor` the turn that it stands in. Unless `sure` it is only most likely.
    """

    at: str
    path: str
    words: str = ""
    value: str = ""
    sure: bool = True
    anchor: str = ""


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
    `sent`: it holds what went to the provider. `question` and `reply`: how the user's last message and the answer begin.
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
    usage: list[UsageCount] = []
    damage: list[AlteredValue] = []
    damage_total: int = 0
    warnings: list[str] = []
    refusals: list[Cause] = []
    blamed: list[BlamedField] = []
    facts: list[Fact] = []
    unknown_keys: list[str] = []
    repeats: list[Fact] = []
    oddities: list[Fact] = []
    tree: Node | None = None
    made_at: str = ""
    unreadable: str = ""
    beginning: str = ""
    unread: bool = False
    question: str = ""
    reply: str = ""

    @property
    def repeats_cause(self) -> bool:
        """Whether what keeps the request from being replayed is what keeps it from being shown."""
        return bool(self.refusals) and self.refusals == self.request.missing
