"""Two generations or replays side by side: what they said, what it took, what was asked.

Two clocks are not compared: the gateway's times stand against the gateway's, times measured here against times
measured here; where neither is possible both are shown without a difference.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlencode

from generations.compare.sides import FAILED, GenerationSide, ReplaySide, Subject
from generations.gateway.rawjson.values import Value
from generations.models import Generation, Replay
from generations.reading.answer import replayed, vocabulary
from generations.reading.diff import answer_diff, deltas
from generations.reading.diff.answer_diff import AnswerDiff
from generations.reading.diff.deltas import Delta
from generations.reading.diff.passages import Lines, View
from generations.reading.figures import formatting
from generations.reading.figures import recorded_times as times_of
from generations.reading.figures.recorded_times import Times
from generations.reading.page_types.conversation import Part
from generations.reading.page_types.outline import Verdict
from generations.replay import failures
from generations.replay.failures import FailurePair

HERE = "measured here"
AT_ONCE = 2**19  # bytes of two sides that a page thread compares


class Comparison:
    """What differs between two subjects, drawn for one view; each part is made when it is asked for."""

    def __init__(self, a: Subject, b: Subject, view: View = "inline") -> None:
        self.a, self.b, self.view = a, b, view

    @property
    def subjects(self) -> list[tuple[str, Subject]]:
        return [("A", self.a), ("B", self.b)]

    @property
    def takes_long(self) -> bool:
        """Whether so much is compared that no page thread should do it."""
        return self.a.weight + self.b.weight > AT_ONCE

    @cached_property
    def failures(self) -> FailurePair:
        """Why each side failed, and what differs in their errors."""
        return failures.pair(self.a.failure, self.b.failure)

    @cached_property
    def deltas(self) -> list[Delta]:
        """The figures of both sides. A failed side has few: those that one side does not have are left out."""
        failed = self.a.failure or self.b.failure
        return [
            delta
            for delta in figures(self.a, self.b)
            if formatting.UNKNOWN not in (delta.before, delta.after)
            or (not failed and delta.before != delta.after)
        ]

    @property
    def clock(self) -> str:
        """Whose times stand there, in words."""
        if self.a.recorded and self.b.recorded:
            return "both as the gateway recorded them"
        return (
            "times measured here" if self.a.replay and self.b.replay else "two clocks: times are not compared"
        )

    @cached_property
    def silent(self) -> list[tuple[str, Subject]]:
        """The sides without an answer that can be compared, each with its letter."""
        return [(letter, subject) for letter, subject in self.subjects if subject.said is None]

    @cached_property
    def answers(self) -> AnswerDiff | None:
        """What differs between the answers, None when one of them is silent."""
        if self.a.said is None or self.b.said is None:
            return None
        return answer_diff.compare(self.a.said, self.b.said, self.view)

    @cached_property
    def offers(self) -> list["MissingAnswer"]:
        """For each silent side why it is silent, and what can be compared in its place."""
        return [_offer(letter, self.a, self.b) for letter, _ in self.silent]

    @property
    def is_unrelated(self) -> bool:
        """Whether B is no replay of the generation A, so that nothing was done again."""
        return self.a.replay is not None or self.b.replay is None or self.a.generation != self.b.generation

    @property
    def failed(self) -> list[tuple[str, Subject, Verdict]]:
        """The sides that failed, each with its letter and the card that explains it."""
        cards = self.failures.original, self.failures.again
        return [(*side, card) for side, card in zip(self.subjects, cards, strict=True) if card]

    @cached_property
    def _requests(self) -> "Lines | str":
        return answer_diff.requests(self.a.request, self.b.request)

    @property
    def requests(self) -> Lines | None:
        """What differs between the requests, None where that is not known."""
        return self._requests if isinstance(self._requests, Lines) else None

    @property
    def why_no_requests(self) -> str:
        return self._requests if isinstance(self._requests, str) else ""

    @cached_property
    def galleries(self) -> list[tuple[str, Subject, list[Part]]]:
        """The pictures of both sides; empty when there is none."""
        found = [
            (letter, subject, replayed.media_in(subject.side, "image")) for letter, subject in self.subjects
        ]
        return found if any(parts for _, _, parts in found) else []


def compare(replay: Replay, view: View = "inline") -> Comparison:
    """A replay against its original."""
    return Comparison(GenerationSide(replay.generation), ReplaySide(replay), view)


@dataclass(frozen=True, slots=True)
class MissingAnswer:
    """Why one side is silent, and replays in its place, each with the query of that comparison.

    `paste_url` is where its answer can be pasted, "" where it cannot. `is_explained`: it failed, which its card says.
    """

    letter: str
    why: str
    replays: list[tuple[Replay, str]]
    paste_url: str = ""
    is_explained: bool = False


def _offer(letter: str, a: Subject, b: Subject) -> MissingAnswer:
    subject, other = (a, b) if letter == "A" else (b, a)
    found = [(replay, str(replay.pk)) for replay in subject.others if str(replay.pk) != other.key]
    keys = [(key, other.key) if letter == "A" else (other.key, key) for _, key in found]
    queries = [urlencode({"a": first, "b": second}) for first, second in keys]
    replays = [(replay, query) for (replay, _), query in zip(found, queries, strict=True)]
    paste_url = f"{subject.url}/paste" if subject.may_be_pasted else ""
    return MissingAnswer(letter, subject.why_silent, replays, paste_url, _is_explained(subject, replays))


def _is_explained(subject: Subject, replays: list[tuple[Replay, str]]) -> bool:
    return subject.why_silent == FAILED and subject.failure is not None and not replays


# -- figures -------------------------------------------------------------------------------------------------


def figures(a: Subject, b: Subject) -> list[Delta]:
    """The figures that people compare."""
    first, other = a.recorded or a.replay, b.recorded or b.replay
    assert first is not None, "a subject is recorded or a replay"
    assert other is not None, "a subject is recorded or a replay"
    changes = [
        *times(a, b),
        deltas.figure("Input tokens", first.input_tokens, other.input_tokens, formatting.count, neutral=True),
        deltas.figure(
            "Output tokens", first.output_tokens, other.output_tokens, formatting.count, neutral=True
        ),
        deltas.figure("Cost", first.cost_nanos, other.cost_nanos, _dollars),
        deltas.word("Finish", first.finish_reason, other.finish_reason, vocabulary.same_finish),
        deltas.word("Provider", first.provider, other.provider),
        _model(a, b),
        deltas.word("Status", first.status_code, other.status_code),
    ]
    endpoints = a.generation.endpoint, b.generation.endpoint
    return changes if endpoints[0] == endpoints[1] else [*changes, deltas.word("Endpoint", *endpoints)]


def _dollars(nanos: "int | Decimal | None") -> str:
    return formatting.dollars(None if nanos is None else int(nanos))


def _model(a: Subject, b: Subject) -> Delta:
    """Records and answers name models differently, so only names from one source are said to differ."""
    before, after = ((subject.recorded or subject.replay).model_id for subject in (a, b))  # type: ignore[union-attr]
    delta = deltas.word("Model", before, after, vocabulary.same_model)
    fair = (a.recorded is None) == (b.recorded is None)
    return delta if fair or delta.tone == "same" else Delta("Model", delta.before, delta.after)


def times(a: Subject, b: Subject) -> list[Delta]:
    """First token and total, in ms, clock by clock."""
    made = _recorded(a.recorded, b.recorded) if a.recorded and b.recorded else []
    made += _measured(a.replay, b.replay) if a.replay and b.replay else []
    return made or _two_clocks(a, b)


def _recorded(before: Generation, after: Generation) -> list[Delta]:
    first, second = gateway_times(before), gateway_times(after)
    fair = (first.meaning == "failed") == (second.meaning == "failed")
    return _known(
        _time("First token", first.first, second.first),
        _time("Total", first.total, second.total, fair=fair),
        _time("After the first token", first.after, second.after),
    )


def _known(*deltas: Delta) -> list[Delta]:
    """Those of which at least one side is known."""
    return [
        delta for delta in deltas if (delta.before, delta.after) != (formatting.UNKNOWN, formatting.UNKNOWN)
    ]


def gateway_times(row: Generation) -> Times:
    """The gateway's times in ms under the meaning that they had when it wrote them."""
    fields: dict[str, Value] = {
        "latency_ms": row.latency_ms,  # type: ignore[dict-item]  # decimals are read as they are
        "generation_ms": row.generation_ms,  # type: ignore[dict-item]
        "success": row.success,
        "stream": row.stream,
        "status_code": row.status_code,  # type: ignore[dict-item]
    }
    known = times_of.read(fields, row.made_at)
    return known if known.total is None or row.wait_ms is None else replace(known, total=row.wait_ms)


def _measured(first: Replay, other: Replay) -> list[Delta]:
    return _known(
        _time("First token", first.first_token_ms, other.first_token_ms, note=HERE),
        _time("Total", first.total_ms, other.total_ms, note=HERE),
    )


def _two_clocks(a: Subject, b: Subject) -> list[Delta]:
    times = [_own(subject) for subject in (a, b)]
    note = HERE if a.recorded else f"the first one {HERE}"
    labels = ("First token", "Total")
    return _known(
        *(_time(label, *pair, note=note, fair=False) for label, *pair in zip(labels, *times, strict=True))
    )


def _own(subject: Subject) -> "tuple[int | Decimal | None, int | Decimal | None]":
    """First token and total of a subject by whichever clock there is."""
    if subject.recorded:
        known = gateway_times(subject.recorded)
        return known.first, known.total
    assert subject.replay is not None, "a subject is recorded or a replay"
    return subject.replay.first_token_ms, subject.replay.total_ms


def _time(
    label: str,
    before: "int | Decimal | None",
    after: "int | Decimal | None",
    *,
    note: str = "",
    fair: bool = True,
) -> Delta:
    return deltas.figure(label, before, after, formatting.duration, note=note, fair=fair)
