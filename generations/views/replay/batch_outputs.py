"""The distinct outputs of a batch next to a reference, each request by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models.functions import Left

from dashboard.web.recent_values import RecentValues
from generations.lists.batch_rows import BatchRow
from generations.models import Batch, ReplayAnswer
from generations.reading.diff import likeness, passages, text_diff
from generations.reading.diff.likeness import Likeness
from generations.reading.diff.text_diff import Piece
from generations.reading.figures.batch_stats import BatchStats, EqualOutputs, RequestOutputs

MOST_OUTPUTS, MOST_COMPARED = 12, 40  # of one request: shown, and compared for the grid
MOST_TOGETHER = 24  # of all requests
MOST_NAMED = 50  # requests that are only named
SHOWN_CHARACTERS = 2000  # of an output that is compared in place
_similar: RecentValues[str] = RecentValues(5000)


@dataclass(frozen=True, slots=True)
class Output:
    """Equal outputs next to the reference: the pieces that differ, or the reference's own beginning as one piece."""

    row: BatchRow
    number: int
    pieces: list[Piece]
    similarity: Likeness | None
    is_reference: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class RequestSection:
    """What was answered to one request: `outputs` are drawn, `distinct` and `known` count all. `row` is one of the
    most frequent."""

    row: BatchRow
    distinct: int
    known: int
    outputs: list[Output]


class Outputs:
    """The distinct outputs of each request next to a reference: the chosen replay's, else its most frequent output.

    Of one request all are shown and compared. Of several only those whose outputs differ: their grid shows how similar
    each answer is to its original's.
    """

    def __init__(
        self, batch: Batch, rows: Sequence[BatchRow], found: BatchStats, against: int | None
    ) -> None:
        self.rows, self.several = rows, len({row.generation for row in rows}) > 1
        asked = found.differing if self.several else [each for each in found.requests if each.outputs]
        holding = [each for each in asked if _group_of(each, rows, against)]
        self.chosen = against if holding else None
        self.requests = [*holding, *(each for each in asked if each not in holding)]
        self.drawn = list(self._drawn())
        self.texts = self._texts(batch)

    def _drawn(self) -> Iterator[tuple[RequestOutputs, list[EqualOutputs]]]:
        """The requests that are drawn, each with its reference and what is compared with it."""
        left, most = MOST_TOGETHER, MOST_OUTPUTS if self.several else MOST_COMPARED
        for request in self.requests:
            if left < 2:
                continue
            reference = _group_of(request, self.rows, self.chosen) or request.outputs[0]
            rest = [group for group in request.outputs if group is not reference]
            near = [reference, *rest][: min(most, left) if self.several else most]
            left -= len(near)
            yield request, near

    def _texts(self, batch: Batch) -> dict[tuple[int, str], str]:
        """The beginnings of those outputs by request and key: one query."""
        names = {
            self.rows[group.members[0]].place: (request.request, group.key)
            for request, near in self.drawn
            for group in near
        }
        texts = ReplayAnswer.objects.filter(replay__batch=batch, replay__place__in=list(names))
        parts = texts.annotate(part=Left("text", SHOWN_CHARACTERS + 1)).values_list("replay__place", "part")
        return {names[place]: part for place, part in parts if place is not None} if names else {}

    @property
    def shown(self) -> list[RequestSection]:
        """The outputs that are drawn, request by request, the reference first."""
        found = [self._request(request, near[:MOST_OUTPUTS]) for request, near in self.drawn]
        return [each for each in found if each.outputs]

    @property
    def named(self) -> list[RequestSection]:
        """More requests whose outputs differ."""
        return [self._request(each, []) for each in self.requests[len(self.drawn) :][:MOST_NAMED]]

    def _request(self, request: RequestOutputs, near: Sequence[EqualOutputs]) -> RequestSection:
        known = [group for group in near if (request.request, group.key) in self.texts]
        drawn = [self._output(request.request, group, known[0]) for group in known]
        return RequestSection(
            self.rows[request.outputs[0].members[0]], len(request.outputs), request.known, drawn
        )

    def _output(self, request: int, group: EqualOutputs, reference: EqualOutputs) -> Output:
        text, base = (self.texts[request, each.key] for each in (group, reference))
        is_reference = group is reference
        pieces = [Piece("same", text[:SHOWN_CHARACTERS])]
        if not is_reference:
            pieces = text_diff.texts(base[:SHOWN_CHARACTERS], text[:SHOWN_CHARACTERS]).pieces
        return Output(
            row=self.rows[group.members[0]],
            number=len(group.members),
            pieces=pieces,
            similarity=None if is_reference else self._between(request, reference.key, group.key),
            is_reference=is_reference,
            is_cut=len(text) > SHOWN_CHARACTERS,
        )

    def similarity(self, row: BatchRow) -> Likeness | None:
        """How similar an answer is to the reference, or to its original's where there are several; None for unknown."""
        if self.several:
            known = row.similarity is not None and row.similarity >= 0
            return likeness.of_percent(row.similarity or 0) if known else None
        if not self.drawn or row.key is None:
            return None
        request, near = self.drawn[0]
        return self._between(request.request, near[0].key, row.key)

    def _between(self, request: int, base: str, key: str) -> Likeness | None:
        if (request, base) not in self.texts or (request, key) not in self.texts:
            return None
        if key == base:
            return likeness.SAME
        before, after = (self.texts[request, name][:SHOWN_CHARACTERS] for name in (base, key))
        similar = int(_similar.get((base, key), lambda: str(passages.percent(before, after))))
        return likeness.of_percent(min(similar, 99))  # they differ, if only further on


def _group_of(request: RequestOutputs, rows: Sequence[BatchRow], place: int | None) -> EqualOutputs | None:
    return next(
        (group for group in request.outputs if any(rows[at].place == place for at in group.members)), None
    )
