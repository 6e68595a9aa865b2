"""What changed between two figures: sign, percent, better or worse. None is unknown and gives no change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from operator import eq
from typing import Any, Literal

from generations.reading.diff.likeness import KINDS
from generations.reading.figures import formatting
from generations.reading.figures.formatting import Amount

Tone = Literal["up", "down", "same", ""]
MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Delta:
    """One figure before and after, ready to be shown. `difference` has its sign and unit, `change` its percent.

    `tone`: up is worse, down is better, same is equal, "" cannot be compared.
    """

    label: str
    before: str
    after: str
    difference: str = ""
    change: str = ""
    tone: Tone = ""
    note: str = ""
    is_figure: bool = field(default=False, compare=False)


def figure(
    label: str,
    before: Amount | None,
    after: Amount | None,
    show: Callable[[Any], str],
    *,
    note: str = "",
    fair: bool = True,
    neutral: bool = False,
    more_is_better: bool = False,
) -> Delta:
    """A figure with its change. `show` writes it with its unit (milliseconds, nanos, tokens).

    `fair` is false for two clocks, which are not compared; `neutral` is for what is neither good nor bad.
    """
    shown = show(before), show(after)
    if not fair or before is None or after is None:
        return Delta(label, *shown, note=note, is_figure=True)
    worse = (after < before) if more_is_better else (after > before)
    tone: Tone = "same" if before == after or neutral else "up" if worse else "down"
    changes = signed(after - before, show), percent(before, after)
    return Delta(label, *shown, *changes, tone, note, is_figure=True)


def word(
    label: str,
    before: str | int | None,
    after: str | int | None,
    same: Callable[[str, str], bool] = eq,
) -> Delta:
    """Two words or codes: the same or not. `same` says whether two words that differ mean one thing."""
    shown = tuple(formatting.UNKNOWN if value in (None, "") else str(value) for value in (before, after))
    if formatting.UNKNOWN in shown:
        return Delta(label, shown[0], shown[1])
    equal = shown[0] == shown[1] or same(shown[0], shown[1])
    return Delta(
        label, shown[0], shown[1], "", KINDS["same" if equal else "changed"].word, "same" if equal else ""
    )


def signed(difference: Amount, show: Callable[[Any], str]) -> str:
    """`+32 ms`, `−$0.00001`, "" for no difference."""
    if not difference:
        return ""
    return "+" + show(difference) if difference > 0 else MINUS + show(-difference)


def percent(before: Amount, after: Amount) -> str:
    """`−8%`, `+0.3%`, `×5.0` from three times on, `same`, "was 0" where no percentage exists."""
    if before == after:
        return KINDS["same"].word
    if before <= 0 or after < 0:
        return "was 0" if not before else ""
    ratio = Decimal(after) / Decimal(before)
    if ratio >= 3:
        return f"×{ratio:,.1f}"
    share = abs(ratio - 1) * 100
    shown = "<0.1" if share < Decimal("0.1") else f"{share:.1f}" if share < 1 else f"{share:.0f}"
    return f"{'+' if ratio > 1 else MINUS}{shown}%"
