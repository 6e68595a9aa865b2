"""Rows of the log with what the team has stored of them: two queries for any number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from django.urls import reverse

from dashboard.models import Team
from generations.gateway import endpoints
from generations.gateway.log import LogRow
from generations.models import Generation, StoredRecord
from generations.models.generation import PLAIN_ID
from generations.reading.page_types.conversation import Side
from generations.reading.text import short

WORDS = 120


class _Sides(msgspec.Struct):
    """Of an outline, what was asked. The rest is not read."""

    request: Side = Side()


_sides = msgspec.json.Decoder(_Sides)


@dataclass(frozen=True, slots=True)
class LogItem:
    """A row of the log, its stored generation if there is one, and how its request begins."""

    row: LogRow
    team: Team
    stored: Generation | None = None
    words: str = ""

    @property
    def url(self) -> str:
        """Its page; a request that is not stored is looked up there."""
        if self.stored is not None:
            return reverse("generation", args=[self.team.slug, self.stored.slug])
        if PLAIN_ID.fullmatch(self.row.request_id):
            return reverse("generation", args=[self.team.slug, self.row.request_id])
        return f"{reverse('waiting', args=[self.team.slug])}?{urlencode({'id': self.row.request_id})}"

    @property
    def replay_url(self) -> str:
        """Straight to the plan."""
        if self.stored is not None:
            return reverse("replay_form", args=[self.team.slug, self.stored.slug])
        query = urlencode({"id": self.row.request_id, "then": "replay"})
        return f"{reverse('waiting', args=[self.team.slug])}?{query}"

    @property
    def may_replay(self) -> bool:
        """Whether a plan may come of it: whether its request was kept is seen then."""
        if self.stored is not None:
            return self.stored.replayable
        endpoint = endpoints.find(self.row.endpoint)
        return endpoint is not None and endpoint.refusal is None


def items(team: Team, rows: Sequence[LogRow]) -> list[LogItem]:
    """The rows as pages show them."""
    ids = [row.request_id for row in rows]
    stored = {
        generation.request_id: generation
        for generation in Generation.objects.of(team).filter(request_id__in=ids)
    }
    words = first_words([generation.pk for generation in stored.values()])
    made = []
    for row in rows:
        generation = stored.get(row.request_id)
        made.append(LogItem(row, team, generation, words.get(generation.pk, "") if generation else ""))
    return made


def first_words(generations: Sequence[int]) -> dict[int, str]:
    """How the newest question of each stored request begins."""
    records = StoredRecord.objects.filter(generation__in=generations).order_by("fetched_at")
    outlines = records.values_list("generation_id", "outline") if generations else []
    found = {generation: _begins(outline) for generation, outline in outlines}
    return {generation: words for generation, words in found.items() if words}


def _begins(outline: str) -> str:
    try:
        turns = _sides.decode(outline).request.turns
    except msgspec.DecodeError:
        return ""
    asked = [turn for turn in turns if turn.role == "user"] or turns
    heads = [part.head for turn in asked[-1:] for part in turn.parts if part.head]
    return short(" ".join(heads[0].split()), WORDS) if heads else ""
