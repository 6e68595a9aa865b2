"""The replays of one original in a strip: which there are, what each changed, and where two are compared."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.db.models.functions import Left
from django.urls import reverse

from generations.models import Replay
from generations.models.replay import EXPIRED_PATCH, ReplayQuerySet
from generations.reading.edits import chips

SHOWN = 12
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
class Siblings:
    """The newest replays of one original, and the one that is shown, the `number`th; `left` are not in the strip."""

    shown: list[Sibling]
    left: int
    with_original: str
    number: int


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
    original = f"{base}?{urlencode({'a': replay.generation.slug, 'b': replay.pk})}"
    return Siblings(made, total - len(made), original, number)


def _narrow(found: ReplayQuerySet) -> ReplayQuerySet:
    columns = ("id", "created_at", "state", "reason", "reproduced", "status_code", "team_id")
    return found.annotate(patch_head=Left("patch", PATCH_READ)).only(*columns)


def _sibling(shown: Replay, number: int, row: Replay, base: str) -> Sibling:
    patch = getattr(row, "patch_head", None)
    patch = row.patch if patch is None else patch
    words = ["changed"] if patch == EXPIRED_PATCH else chips.of_patch(patch) or ["as stored"]
    first, second = (row, shown) if row.created_at <= shown.created_at else (shown, row)
    query = urlencode({"a": first.pk, "b": second.pk})
    return Sibling(number, row, words, "" if row.pk == shown.pk else f"{base}?{query}")
