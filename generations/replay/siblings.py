"""The replays of one original in a strip: which there are, what each changed, and where two are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.db.models.functions import Left
from django.urls import reverse

from generations.models import Generation, Replay
from generations.models.replay import EXPIRED_PATCH, ReplayQuerySet
from generations.reading.edits import chips

SHOWN = 8
MOST_OPEN = 6
"""Pairs that stand in the strip by themselves; more would push the answers off a phone, so they open as a menu."""
PATCH_READ = 2000  # characters


@dataclass(frozen=True, slots=True)
class Candidate:
    """What can be one side of a comparison: the original, or a replay of it (`row`), by number from 1. `key` names it in
    the address; `words` say what it changed.
    """

    name: str
    key: str
    words: str = ""
    row: Replay | None = None


@dataclass(frozen=True, slots=True)
class Sibling:
    """One replay of the strip. `number`: which it is of its original, from 1. `compare` is the address of its comparison
    with the replay that the page shows, "" for that one itself.
    """

    number: int
    row: Replay
    words: str
    compare: str


@dataclass(frozen=True, slots=True)
class PairLine:
    """What stands in the strip, and the addresses of its comparison with each one that stands before it, by name."""

    name: str
    words: str
    compare: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Siblings:
    """The newest replays of one original, and the one that is shown, the `number`th; `left` are not in the strip.

    `pairs` has every two of them that can be compared. `others` are those that the shown one is not in, where they are
    few: both names, and the address.
    """

    shown: list[Sibling]
    left: int
    with_original: str
    number: int
    pairs: list[PairLine]
    others: list[tuple[str, str, str]]


def of(replay: Replay) -> Siblings:
    """The strip on the page of a replay, and which of its original it is. Two queries, whatever there is."""
    numbered, total = _newest(replay.generation, [replay])
    base = reverse("compare", args=[replay.team.slug])
    named = _candidates(replay.generation, [pair for pair in numbered if not pair[1].is_open])
    return Siblings(
        shown=[_sibling(replay, number, row, base) for number, row in numbered],
        left=total - len(numbered),
        with_original=_address(base, replay.generation.slug, replay.pk),
        number=next(number for number, row in numbered if row.pk == replay.pk),
        pairs=_pairs(named, base),
        others=_others(named, str(replay.pk), base),
    )


def to_compare(original: Generation, *chosen: Replay) -> tuple[list[Candidate], int]:
    """What a side of a comparison can be instead: the original and its newest replays that have ended, `chosen` among
    them; and how many are left out. Two queries.
    """
    numbered, total = _newest(original, list(dict.fromkeys(chosen)))
    ended = [pair for pair in numbered if pair[1] in chosen or not pair[1].is_open]
    return _candidates(original, ended), total - len(numbered)


def _newest(original: Generation, kept: Sequence[Replay]) -> tuple[list[tuple[int, Replay]], int]:
    """Its newest replays, `kept` among them, in their order with their numbers; and how many it has."""
    found = Replay.objects.filter(generation=original)
    before = {f"before_{place}": Count("id", filter=_before(row)) for place, row in enumerate(kept)}
    total, *places = found.aggregate(total=Count("id"), **before).values()
    rows = enumerate(_narrow(found).order_by("-created_at", "-id")[:SHOWN])
    newest = [(total - place, row) for place, row in rows if row not in kept]
    numbered = [(place + 1, row) for place, row in zip(places, kept, strict=True)]
    numbered += newest[: max(0, SHOWN - len(kept))]
    for _, row in numbered:
        row.team = original.team
    return sorted(numbered, key=lambda pair: pair[0]), total


def _before(row: Replay) -> Q:
    return Q(created_at__lt=row.created_at) | Q(created_at=row.created_at, id__lt=row.pk)


def _narrow(found: ReplayQuerySet) -> ReplayQuerySet:
    columns = ("id", "created_at", "state", "reason", "reproduced", "status_code", "team_id")
    return found.annotate(patch_head=Left("patch", PATCH_READ)).only(*columns)


def _words(row: Replay) -> str:
    patch = getattr(row, "patch_head", None)
    patch = row.patch if patch is None else patch
    return "changed" if patch == EXPIRED_PATCH else ", ".join(chips.of_patch(patch) or ["as stored"])


def _sibling(shown: Replay, number: int, row: Replay, base: str) -> Sibling:
    first, second = (row, shown) if row.created_at <= shown.created_at else (shown, row)
    return Sibling(number, row, _words(row), "" if row == shown else _address(base, first.pk, second.pk))


def _candidates(original: Generation, numbered: Sequence[tuple[int, Replay]]) -> list[Candidate]:
    replays = [Candidate(str(number), str(row.pk), _words(row), row) for number, row in numbered]
    return [Candidate("Original", original.slug), *replays]


def _pairs(named: Sequence[Candidate], base: str) -> list[PairLine]:
    """A line for each, the earlier ones in it."""
    return [
        PairLine(
            later.name,
            later.words,
            [(earlier.name, _address(base, earlier.key, later.key)) for earlier in named[:place]],
        )
        for place, later in enumerate(named)
    ]


def _others(named: Sequence[Candidate], shown: str, base: str) -> list[tuple[str, str, str]]:
    """Every two without the shown one; nothing where these are too many."""
    rest = [candidate for candidate in named if candidate.key != shown]
    found = [(a.name, b.name, _address(base, a.key, b.key)) for a, b in combinations(rest, 2)]
    return found if len(found) <= MOST_OPEN else []


def _address(base: str, first: object, second: object) -> str:
    return f"{base}?{urlencode({'a': first, 'b': second})}"
