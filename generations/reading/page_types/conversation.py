"""Request and answer as pages show them: turns and their parts."""

from itertools import takewhile
from typing import Literal

from generations.gateway.rawjson.display import visible
from generations.reading.page_types.base import Cause, Shape, quoted
from generations.reading.page_types.figures import UsageCount


class ResultRow(Shape, frozen=True):
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
    have a `url` or nothing. `small` ones are shown at once; `width` and `height` are px, 0 where they are not known.
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
    rows: list[ResultRow] = []
    small: bool = False
    width: int = 0
    height: int = 0

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
    """Who speaks, and the parts of what is said. `anchor` names the turn on the page, `wrong` says that the error is
    about something in it.
    """

    role: str
    parts: list[Part]
    label: str = ""
    anchor: str = ""
    wrong: bool = False

    @property
    def css(self) -> str:
        """The role if it is a known one: roles are remote data."""
        return self.role if self.role in ROLES else "other"

    @property
    def gist(self) -> str:
        """What it begins with, on one line."""
        heads = (part.head or part.name or part.kind.replace("_", " ") for part in self.parts)
        return " ".join(next(filter(None, heads), "").split())[:GIST]


GIST = 80  # characters of a turn in the outline of turns
FOLDED_FROM = 8  # turns of a request from which on the early ones are folded
LAST = 4  # turns that stay open at the end
LEADING = ("system", "developer")
UNPARSED = "cannot be read as JSON"


class Side(Shape, frozen=True):
    """Request or answer. `total` items stand in the list at `list_at`, of which the first `shown` are in
    `turns` and those from `tail_from` on in `tail`. `frame` is the last frame of a stream, where nothing else was kept
    of it.
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
    tail: list[Turn] = []
    tail_from: int = 0

    @property
    def is_long(self) -> bool:
        """Whether its early turns are folded."""
        return bool(self.tail) or len(self.turns) > FOLDED_FROM

    @property
    def turn_count(self) -> int:
        """How many turns or items it has, shown or not."""
        return self.total or len(self.turns)

    @property
    def leading(self) -> list[Turn]:
        """The system turns at the beginning."""
        return list(takewhile(lambda turn: turn.role in LEADING, self.turns))

    @property
    def early(self) -> list[Turn]:
        """The turns that are folded."""
        found = self.turns[len(self.leading) :]
        return found if self.tail else found[:-LAST]

    @property
    def late(self) -> list[Turn]:
        """The last turns."""
        return self.tail or self.turns[len(self.leading) :][-LAST:]

    @property
    def last_anchor(self) -> str:
        """The name of its last turn on the page."""
        return self.late[-1].anchor if self.late else ""

    @property
    def is_early_wrong(self) -> bool:
        """Whether the error is about something in a turn that is folded."""
        return any(turn.wrong for turn in self.early)

    @property
    def is_unparsed(self) -> bool:
        """Whether it is shown as the bytes that came, because they are no JSON object."""
        return self.note == UNPARSED

    @property
    def left(self) -> int:
        """Items that are not shown yet."""
        return (self.tail_from or self.total) - self.shown

    @property
    def list_query(self) -> str:
        """The pointer of the list, ready for an address."""
        return quoted(self.list_at)


class ReplayedAnswer(Shape, frozen=True):
    """The answer of a replay as its page shows it: its side, every figure in it, and the events outside the body."""

    side: Side
    usage: list["UsageCount"] = []
    events: int = 0
