"""Round numbers for the axis of a chart, so that its lines can be read without a calculator."""

from decimal import Decimal
from math import ceil

Amount = int | Decimal
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
TIME_STEPS = tuple(
    Decimal(number) * unit
    for unit, numbers in ((1000, (1, 2, 5, 10, 15, 30)), (60_000, (1, 2, 5, 10, 15, 30)))
    for number in numbers
)
SECOND, HOUR = Decimal(1000), Decimal(3_600_000)


def ticks(most: Amount, lines: int = 4, *, whole: bool = False) -> list[Decimal]:
    """From 0 in equal round steps to the first that is not below `most`; `lines` steps at most. `whole`: no fractions."""
    step = _step(Decimal(most) / lines, whole=whole) if most > 0 else Decimal(1)
    return _until(step, Decimal(most))


def time_ticks(most_ms: Amount, lines: int = 4) -> list[Decimal]:
    """The same for times in ms: above a second in steps that people count time in."""
    most = Decimal(most_ms)
    least = most / lines
    if least < SECOND:
        return ticks(most, lines)
    step = next((step for step in TIME_STEPS if step >= least), None)
    return _until(step or HOUR * _step(least / HOUR, whole=True), most)


def _step(least: Decimal, *, whole: bool = False) -> Decimal:
    """The smallest round number that is not below `least`."""
    scale = Decimal(1).scaleb(least.adjusted())
    scales = (scale, Decimal(1)) if whole and scale < 1 else (scale,)
    offered = (step * scale for scale in scales for step in STEPS)
    return next(step for step in offered if step >= least and not (whole and step % 1))


def _until(step: Decimal, most: Decimal) -> list[Decimal]:
    """Written without an exponent and without zeros at the end."""
    return [Decimal(f"{(step * at).normalize():f}") for at in range(max(1, ceil(most / step)) + 1)]
