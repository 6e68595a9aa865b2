"""The columns of rows: which there are, which a person has chosen, and what a click on their heads sorts by."""

from collections.abc import Collection, Mapping
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
    "age": "When",
    "who": "By",
}
USUAL = ("verdict", "model", "tokens", "cost", "wait", "age", "who")
WITHOUT_WHO = USUAL[:-1]
"""Those of the log, which does not say who, and of what one person has opened."""
NUMBERS = ("tokens", "cost", "wait")
SORTED_BY = {"tokens": "tokens", "cost": "cost", "wait": "wait", "age": "time"}


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


def choose(user: User, wanted: Collection[str]) -> None:
    """Keep which columns the lists of this person show; none of them brings the usual ones back."""
    preferences.choose(user, columns=[name for name in COLUMNS if name in wanted] or None)


def heads(
    lead: str,
    shown: Collection[str] = USUAL,
    sort: str = "",
    rest: str | None = None,
    sorted_by: Mapping[str, str] = SORTED_BY,
) -> list[Head]:
    """The heads of rows that are called `lead`. With `rest`, the filters of the page, some of them sort by a click.

    `sorted_by` says by what, for the name of a column or "lead".
    """
    named = [("lead", lead), *((name, label) for name, label in COLUMNS.items() if name in shown)]
    return [_head(name, label, sort, rest, sorted_by) for name, label in named]


def _head(name: str, label: str, sort: str, rest: str | None, sorted_by: Mapping[str, str]) -> Head:
    by, css = sorted_by.get(name), "n" if name in NUMBERS else ""
    return Head(label, css) if rest is None or by is None else sorting_head(label, by, sort, rest, css)


def sorting_head(label: str, by: str, sort: str, rest: str, css: str = "") -> Head:
    """A head that sorts. The first click puts the largest (the newest) first, the second one the smallest."""
    wanted = by if sort == f"-{by}" else f"-{by}"
    direction = {by: "ascending", f"-{by}": "descending"}.get(sort, "")
    return Head(label, css, f"{rest}&sort={wanted}" if rest else f"sort={wanted}", direction)
