"""Whether a price holds for a usage: yes, no, or not known (None).

contract: "Prices": `conditions` are `{path, op, value, or_group, and_index}`; groups are alternatives, within one all hold.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from generations.gateway.prices import Condition
from generations.gateway.rawjson.values import Value
from generations.reading.prices.amounts import UsageFacts
from generations.reading.text import decimal, items, words

Bounds = tuple[Decimal, Decimal | None]


def holds(conditions: Sequence[Condition], facts: UsageFacts) -> bool | None:
    """Whether one of the groups holds; without conditions it does."""
    groups: dict[str, list[bool | None]] = {}
    for condition in conditions:
        groups.setdefault(condition.group, []).append(_one(condition, facts))
    return _any([_all(answers) for answers in groups.values()]) if groups else True


def _all(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def _any(answers: list[bool | None]) -> bool | None:
    return True if True in answers else None if None in answers else False


def _one(condition: Condition, facts: UsageFacts) -> bool | None:
    bounds, text = facts.bounds.get(condition.path), facts.texts.get(condition.path)
    if condition.op in _EQUAL and text is not None and bounds is None:
        return _equal(condition, text)
    value = decimal(condition.value)
    compare = _COMPARE.get(condition.op)
    return None if bounds is None or value is None or compare is None else compare(bounds, value)


_EQUAL = ("eq", "ne", "neq", "in", "not_in")


def _equal(condition: Condition, text: str) -> bool:
    """Texts are compared as they are, with one or with a list."""
    wanted = items(condition.value) or [condition.value]
    return (text in [_text(value) for value in wanted]) == (condition.op in ("eq", "in"))


def _text(value: Value) -> str | None:
    return words(value)


def _above(bounds: Bounds, value: Decimal) -> bool | None:
    low, high = bounds
    return True if low > value else False if high is not None and high <= value else None


def _from(bounds: Bounds, value: Decimal) -> bool | None:
    low, high = bounds
    return True if low >= value else False if high is not None and high < value else None


def _same(bounds: Bounds, value: Decimal) -> bool | None:
    low, high = bounds
    if low == high:
        return low == value
    return False if low > value or (high is not None and high < value) else None


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


_COMPARE: dict[str, Callable[[Bounds, Decimal], bool | None]] = {
    "gt": _above,
    "gte": _from,
    "lt": lambda bounds, value: _not(_from(bounds, value)),
    "lte": lambda bounds, value: _not(_above(bounds, value)),
    "eq": _same,
    "ne": lambda bounds, value: _not(_same(bounds, value)),
    "neq": lambda bounds, value: _not(_same(bounds, value)),
}
