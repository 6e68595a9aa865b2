"""One side of a comparison: a stored generation or a replay. What it said and was asked is read when it is wanted."""

from functools import cached_property
from typing import TypeAlias
from uuid import UUID

from django.db.models import Q

from dashboard.models import Team
from generations.gateway.rawjson.values import Unreadable
from generations.lists.rows import changes
from generations.models import Generation, PastedAnswer, Replay, ReplayAnswer, StoredRecord
from generations.reading.answer import replayed
from generations.reading.diagnosis.failure import Failure
from generations.reading.diff.answer_diff import ComparedAnswer
from generations.reading.large import strings
from generations.reading.page_types.conversation import ReplayedAnswer, Side
from generations.reading.page_types.outline import Outline
from generations.reading.record_sides import FROM_PROVIDER
from generations.records import pasted_answers
from generations.records.lookup import without_disproved_cause
from generations.records.rebuild import outline_of
from generations.replay import derived_answer, failures
from generations.replay.order import orders

REQUEST_UP_TO = 32 * 2**20
OFFERED = 20  # replays to compare with instead
FAILED = "It failed, so there is no answer to compare."
UNREADABLE = "Its answer is of a kind that Retake cannot read."
REQUESTS = ("/replay_request", "/io_log/payload/request_payload")


class GenerationSide:
    """A generation, as the gateway recorded it."""

    kind = "generation"
    replay = None

    def __init__(self, generation: Generation) -> None:
        self.generation = self.recorded = generation

    @property
    def key(self) -> str:
        """What names it in the address of a comparison."""
        return self.generation.slug

    @property
    def url(self) -> str:
        return self.generation.get_absolute_url()

    @cached_property
    def record(self) -> StoredRecord | None:
        """The record with most bodies."""
        return self.generation.records.best_first().first()

    @cached_property
    def outline(self) -> Outline | None:
        return (
            without_disproved_cause(self.generation, outline_of(self.record.pk, self.record.outline))
            if self.record
            else None
        )

    @property
    def weight(self) -> int:
        """Bytes that a comparison reads, about."""
        return self.record.size if self.record else 0

    @property
    def side(self) -> Side:
        """The answer as pages show it."""
        return self.outline.answer if self.outline else Side()

    @cached_property
    def pasted(self) -> PastedAnswer | None:
        """What somebody pasted in the place of an answer that the record lacks."""
        if self.outline is not None and not self.outline.lacks_answer:
            return None
        return PastedAnswer.objects.of(self.generation.team).filter(generation=self.generation).first()

    @property
    def may_be_pasted(self) -> bool:
        """Whether pages offer to paste its answer."""
        return self.outline is not None and pasted_answers.is_offered(self.generation, self.outline)

    @property
    def stands_in(self) -> str:
        """Whose answer is compared, where it is not the gateway's own: "pasted", "provider", or ""."""
        if self.side.note == FROM_PROVIDER:
            return "provider"
        return "pasted" if self.said is not None and self.pasted is not None else ""

    @cached_property
    def said(self) -> ComparedAnswer | None:
        """What it answered, None where `why_silent` says why that is not known."""
        if not isinstance(self._read, str):
            return self._read
        return derived_answer.pasted(self.pasted) if self.pasted else None

    @property
    def why_silent(self) -> str:
        """Why there is no answer to compare, "" when there is one."""
        return self._read if isinstance(self._read, str) and self.said is None else ""

    @cached_property
    def _read(self) -> "ComparedAnswer | str":
        """What the record says that it answered, or why that is not known."""
        failed = self.generation.success is False
        record = self.record
        if record is None or not record.has_answer or not self.side.at:
            return FAILED if failed else " ".join(["Its answer is not in the record.", *self._causes()])
        found = record.value(self.side.at)
        try:
            answer = derived_answer.stored(self.generation.endpoint, found) if found else None
        except (Unreadable, strings.TooManyValues):
            answer = None
        if answer is not None and failed and answer.facts.is_empty:
            return FAILED
        return answer or UNREADABLE

    def _causes(self) -> list[str]:
        """Why the record holds no answer, and what to do, as far as the record says."""
        missing = self.side.missing
        if self.outline is not None and [cause.code for cause in missing] == ["same"]:
            missing = self.outline.request.missing
        return [f"{cause.what} {cause.fix}".strip() for cause in missing]

    @cached_property
    def failure(self) -> Failure | None:
        """Why it failed, None where it did not."""
        return failures.of_original(self.generation, self.record)

    @cached_property
    def request(self) -> bytes | None:
        """The exact request as the gateway kept it."""
        for at in REQUESTS:
            body = _read(self.record, at)
            if body and body.startswith(b"{") and body[1:-1].strip():
                return body
        return None

    @cached_property
    def others(self) -> list[Replay]:
        """Replays with an answer that can be compared in its place, the newest first."""
        mine = Q(generation=self.generation) | Q(new_generation=self.generation)
        rows = Replay.objects.filter(mine, team=self.generation.team_id).exclude(answer=None)
        return list(rows.select_related("requested_by").order_by("-created_at")[:OFFERED])


class ReplaySide:
    """A replay. Its figures are the gateway's where the record of the new generation is there."""

    kind = "replay"
    others: tuple[Replay, ...] = ()
    pasted = None
    may_be_pasted = False
    stands_in = ""

    def __init__(self, replay: Replay) -> None:
        self.replay, self.generation, self.recorded = replay, replay.generation, replay.new_generation

    @property
    def key(self) -> str:
        """What names it in the address of a comparison."""
        return str(self.replay.pk)

    @property
    def url(self) -> str:
        return self.replay.get_absolute_url()

    @property
    def changes(self) -> list[str]:
        """What it changed in the stored request, in a few words; "exact" for nothing."""
        return changes(self.replay.patch)

    @cached_property
    def answer(self) -> ReplayAnswer | None:
        """What came back, as today's reader reads it; without its bodies."""
        rows = ReplayAnswer.objects.filter(pk=self.replay.pk)
        row = rows.readable().first()
        if row is not None and row.version != derived_answer.VERSION:
            row = derived_answer.current(row, self.generation.endpoint, self.replay.content_type)
        return row

    @property
    def weight(self) -> int:
        """Bytes that a comparison reads, about."""
        return (self.answer.size if self.answer else 0) + self.replay.record.size

    @cached_property
    def shown(self) -> ReplayedAnswer:
        """What its page shows."""
        return replayed.load(self.answer.outline) if self.answer else ReplayedAnswer(Side())

    @property
    def side(self) -> Side:
        """The answer as pages show it."""
        return self.shown.side

    @cached_property
    def said(self) -> ComparedAnswer | None:
        """What it answered, None where `why_silent` says why that is not known."""
        return None if isinstance(self._read, str) else self._read

    @property
    def why_silent(self) -> str:
        """Why there is no answer to compare, "" when there is one."""
        return self._read if isinstance(self._read, str) else ""

    @cached_property
    def _read(self) -> "ComparedAnswer | str":
        """What it answered, or why that is not known."""
        if self.answer is None:
            return self._why_none()
        try:
            return derived_answer.said(self.answer, self.generation.endpoint)
        except (Unreadable, strings.TooManyValues):
            return UNREADABLE

    def _why_none(self) -> str:
        if self.replay.is_open:
            return "It has not ended yet."
        if self.failure is not None:
            return FAILED
        return "Its answer is no longer stored." if self.replay.received_bytes else "It brought no answer."

    @cached_property
    def failure(self) -> Failure | None:
        """Why it failed; None where it did not, or where nothing is stored to explain it."""
        return failures.of_replay(self.replay, self.answer)

    @cached_property
    def request(self) -> bytes | None:
        """The exact body that was sent: the stored one with the patch applied."""
        stored = _read(self.replay.record, REQUESTS[0]) if not self.replay.patch_expired else None
        try:
            return orders.patched(stored, self.replay.patch) if stored else None
        except orders.ReplayRefused:
            return None


Subject: TypeAlias = GenerationSide | ReplaySide


def _read(record: StoredRecord | None, at: str) -> bytes | None:
    found = record.value(at) if record else None
    return found.read().strip() if found and found.size <= REQUEST_UP_TO else None


def find(team: Team, key: str) -> Subject | None:
    """The replay (a UUID) or generation (a request ID, or ~ and a row number) of this team, None if there is none."""
    replay = _replay(team, key)
    if replay is not None:
        return ReplaySide(replay)
    if "\0" in key:  # which PostgreSQL does not take
        return None
    row = Generation.objects.of(team).named(key).first()
    if row is None:
        return None
    row.team = team
    return GenerationSide(row)


def _replay(team: Team, key: str) -> Replay | None:
    try:
        pk = UUID(key)
    except ValueError:
        return None
    rows = Replay.objects.filter(team=team).select_related(
        "generation", "new_generation", "requested_by", "record"
    )
    row = rows.filter(pk=pk).first()
    return None if row is None else of_team(row, team)


def of_team(replay: Replay, team: Team) -> Replay:
    """The replay with its team at hand wherever an address is made of it."""
    replay.team = replay.generation.team = team
    if replay.new_generation:
        replay.new_generation.team = team
    return replay
