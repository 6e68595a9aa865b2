"""The columns of rows: which there are, which a person has chosen, and what a click on their heads sorts by."""

from collections.abc import Collection
from dataclasses import dataclass

from dashboard.models import User
from dashboard.people import preferences

COLUMNS = {
    "verdict": "Verdict",
    "model": "Model",
    "endpoint": "Endpoint",
    "tokens": "Tokens",
    "cost": "Cost",
    "wait": "Wait",
    "age": "Age",
    "who": "By",
}
USUAL = ("verdict", "model", "tokens", "cost", "wait", "age", "who")
LOGGED = USUAL[:-1]
"""Those of the log, which does not say who."""
NUMBERS = ("tokens", "cost", "wait")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: `query` sorts by it, `direction` is how it is sorted now ("" for not)."""

    label: str
    css: str = ""
    query: str = ""
    direction: str = ""

    @property
    def arrow(self) -> str:
        return "up" if self.direction == "ascending" else "down"


def chosen(user: User) -> list[str]:
    """The columns that the lists of this person show, in their order."""
    kept = preferences.chosen(user, "columns")
    wanted = kept if isinstance(kept, list) else USUAL
    return [name for name in COLUMNS if name in wanted] or list(USUAL)


def heads(lead: str, shown: Collection[str] = USUAL) -> list[Head]:
    """The heads of rows that are called `lead`; nothing sorts by them."""
    return [Head(lead), *(Head(label, _css(name)) for name, label in COLUMNS.items() if name in shown)]


def _css(name: str) -> str:
    return "n" if name in NUMBERS else ""
