"""Figures as pages show them."""

from typing import Literal

from generations.reading.page_types.base import Fact, Shape, Tone, quoted


class Tile(Shape, frozen=True):
    """One big number with its units apart. `measure` names the figure of a row that it shows, "" for none."""

    label: str
    number: str
    before: str = ""
    unit: str = ""
    note: str = ""
    title: str = ""
    measure: str = ""


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


class UsageCount(Shape, frozen=True):
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
    wrong: bool = False

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
    wrong: bool = False

    @property
    def query(self) -> str:
        """The pointer, ready for an address."""
        return quoted(self.at)
