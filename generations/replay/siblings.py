"""The replays of one original in a strip: which there are, what each changed, and where two are compared."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.db.models.functions import Left
from django.urls import reverse

from generations.models import Replay
from generations.models.replay import EXPIRED_PATCH, ReplayQuerySet
from generations.reading.edits import chips

SHOWN = 8
PATCH_READ = 2000  # characters


@dataclass(frozen=True, slots=True)
class Sibling:
    """One replay of the strip. `number`: which it is of its original, from 1. `compare` is the address of its comparison
    with the replay that the page shows, "" for that one itself.
    """

    number: int
    row: Replay
    chips: list[str]
    compare: str

    @property
    def words(self) -> str:
        return ", ".join(self.chips)


@dataclass(frozen=True, slots=True)
class PairLine:
    """What stands in the strip, and the addresses of its comparison with each one that stands before it, by name."""

    name: str
    words: str
    compare: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Siblings:
    """The newest replays of one original, and the one that is shown, the `number`th; `left` are not in the strip.

    `pairs` has every two of them that can be compared.
    """

    shown: list[Sibling]
    left: int
    with_original: str
    number: int
    pairs: list[PairLine]


def of(replay: Replay) -> Siblings:
    """The strip on the page of a replay, and which of its original it is. Two queries, whatever there is."""
    found = Replay.objects.filter(generation=replay.generation_id)
    before = Q(created_at__lt=replay.created_at) | Q(created_at=replay.created_at, id__lt=replay.pk)
    total, number = found.aggregate(total=Count("id"), number=Count("id", filter=before) + 1).values()
    rows = list(_narrow(found).order_by("-created_at", "-id")[:SHOWN])
    numbered = [(total - place, row) for place, row in enumerate(rows)]
    if all(row.pk != replay.pk for row in rows):
        numbered[-1:] = [(number, replay)]
    base = reverse("compare", args=[replay.team.slug])
    for _, row in numbered:
        row.team = replay.team
    made = [_sibling(replay, at, row, base) for at, row in sorted(numbered, key=lambda pair: pair[0])]
    return Siblings(
        shown=made,
        left=total - len(made),
        with_original=_address(base, replay.generation.slug, replay.pk),
        number=number,
        pairs=_pairs(replay.generation.slug, made, base),
    )


def _narrow(found: ReplayQuerySet) -> ReplayQuerySet:
    columns = ("id", "created_at", "state", "reason", "reproduced", "status_code", "team_id")
    return found.annotate(patch_head=Left("patch", PATCH_READ)).only(*columns)


def _sibling(shown: Replay, number: int, row: Replay, base: str) -> Sibling:
    patch = getattr(row, "patch_head", None)
    patch = row.patch if patch is None else patch
    words = ["changed"] if patch == EXPIRED_PATCH else chips.of_patch(patch) or ["as stored"]
    first, second = (row, shown) if row.created_at <= shown.created_at else (shown, row)
    return Sibling(number, row, words, "" if row.pk == shown.pk else _address(base, first.pk, second.pk))


def _pairs(original: str, shown: list[Sibling], base: str) -> list[PairLine]:
    """Every two of the original and its ended replays: a line for each, the earlier ones in it."""
    ended = [sibling for sibling in shown if not sibling.row.is_open]
    named: list[tuple[str, str, object]] = [("Original", "", original)]
    named += [(str(sibling.number), sibling.words, sibling.row.pk) for sibling in ended]
    return [
        PairLine(name, words, [(earlier, _address(base, key, own)) for earlier, _, key in named[:place]])
        for place, (name, words, own) in enumerate(named)
    ]


def _address(base: str, first: object, second: object) -> str:
    return f"{base}?{urlencode({'a': first, 'b': second})}"
