"""One rerun of a generation: its row, what came back so far, and the whole answer."""

import uuid
import zlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left
from django.urls import reverse
from django.utils import timezone

from dashboard.consents.models import Consent
from dashboard.models import GatewayConnection, Team, User
from dashboard.telemetry import logs
from generations.models.batch import Batch
from generations.models.generation import Generation, HideableQuerySet, ShownManager
from generations.models.replay_indexes import INDEXES
from generations.models.stored_record import StoredRecord

RESEND_AFTER, RESEND_SOON = timedelta(seconds=30), timedelta(seconds=8)
NEVER_STARTED_AFTER = timedelta(minutes=10)
SILENT_AFTER = timedelta(seconds=20)


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    INTERRUPTED = "interrupted", "Interrupted"


RECORD_TRIES = 20  # how often the record of a new generation is asked for

OPEN_STATES = (State.WAITING, State.QUEUED, State.RUNNING)

EXPIRED_PATCH = "[]"
"""What is left of a patch whose content was taken away: that there was one. Its values quote the request."""

QUOTING = ("error_finish", "empty_answer")
"""Reasons whose `detail` are the answer's own words."""

WORDLESS = {"why": "", "text_key": "", "calls_key": "", "answer_start": "", "similarity": -1}
"""Columns of a replay that say nothing of what was said."""
IS_WORDLESS = (
    Q(patch__in=["", EXPIRED_PATCH], why="", text_key="", calls_key="")
    & (Q(answer_start=None) | Q(answer_start=""))
    & (Q(similarity=None) | Q(similarity=-1))
)


def outcome(state: str, reason: str, *, reproduced: bool = False) -> str:
    """The name under which a state is shown and counted."""
    if reproduced:
        return "reproduced"
    return "empty" if state == State.SUCCEEDED and reason == "empty_answer" else str(state)


class ReplayQuerySet(HideableQuerySet["Replay"]):
    def named(self, *texts: str) -> Self:
        """Those with these IDs. What is no ID names none."""
        known = []
        for text in texts:
            with suppress(ValueError):
                known.append(uuid.UUID(text))
        return self.filter(pk__in=known)

    def waiting(self) -> Self:
        """Members of a batch whose turn has not come."""
        return self.filter(state=State.WAITING)

    def under_way(self) -> Self:
        """Queued or running: those that take a worker's thread."""
        return self.filter(state__in=[State.QUEUED, State.RUNNING])

    def queued(self) -> Self:
        return self.filter(state=State.QUEUED)

    def running(self) -> Self:
        return self.filter(state=State.RUNNING)

    def unfinished(self) -> Self:
        return self.filter(state__in=OPEN_STATES)

    def unsent(self, now: datetime, patience: timedelta) -> Self:
        """Queued ones whose message seems lost: queued, or last sent again, over `patience` ago."""
        return self.queued().filter(message_sent_at__lt=now - patience)

    def drop_words(self) -> int:
        """Delete what may quote request and answer: patch, reason, words of errors, the keys of equal answers."""
        quoting = ~Q(detail="") & Q(reason__in=QUOTING)
        worded = self.exclude(~quoting, IS_WORDLESS)
        return worded.update(
            detail=models.Case(
                models.When(reason__in=QUOTING, then=models.Value("", output_field=models.TextField())),
                default=models.F("detail"),
            ),
            **WORDLESS,
            patch=models.Case(
                models.When(patch="", then=models.Value("")), default=models.Value(EXPIRED_PATCH)
            ),
        )

    def never_started(self, now: datetime) -> Self:
        """Queued for over 10 minutes."""
        return self.queued().filter(queued_at__lt=now - NEVER_STARTED_AFTER)

    def silent(self, now: datetime) -> Self:
        """Running ones whose worker has not beaten for 20 s."""
        return self.running().filter(heartbeat_at__lt=now - SILENT_AFTER)


class Replay(models.Model):
    """One click, at most one POST. The claim (QUEUED to RUNNING, exactly one winner) is what may spend money."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="replays")
    generation = models.ForeignKey(Generation, models.CASCADE, related_name="replays")
    record = models.ForeignKey(StoredRecord, models.RESTRICT, related_name="replays")
    connection = models.ForeignKey(GatewayConnection, models.SET_NULL, null=True, related_name="+")
    # Whose consent pays, since the claim; null is a pasted key.
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, related_name="+", db_index=False)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="replays")
    click = models.UUIDField()
    # What is changed in the stored request: a JSON Patch (RFC 6902), "" for nothing.
    patch = models.TextField(blank=True)
    why = models.CharField(max_length=300, blank=True)
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="replays")
    place = models.PositiveIntegerField(null=True)
    # What it was expected to cost, in nanos, when it was ordered; null is unknown.
    expected_low = models.BigIntegerField(null=True)
    expected_high = models.BigIntegerField(null=True)
    expected_most = models.BigIntegerField(null=True)  # what its own limit allows
    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now)
    message_sent_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    reproduced = models.BooleanField(default=False)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    # What was measured here: ms from the POST, by the worker's own clock.
    headers_ms = models.IntegerField(null=True)
    first_token_ms = models.IntegerField(null=True)
    total_ms = models.IntegerField(null=True)

    # Whether the POST reached the gateway: None while that is not known.
    sent = models.BooleanField(null=True)

    # What the answer reported.
    body_sha256 = models.CharField(max_length=64)
    status_code = models.IntegerField(null=True)
    retry_after_s = models.IntegerField(null=True)
    content_type = models.CharField(max_length=200, blank=True)
    received_bytes = models.BigIntegerField(default=0)
    finish_reason = models.CharField(max_length=60, blank=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cost_nanos = models.BigIntegerField(null=True)
    model_id = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=120, blank=True)
    # Equal for equal answers (white space and JSON spelling apart), and for equal tool calls.
    text_key = models.CharField(max_length=64, blank=True)
    calls_key = models.CharField(max_length=64, blank=True)
    # How the answer begins, for lists: content. Null: not read yet.
    answer_start = models.CharField(max_length=200, null=True)  # noqa: DJ001  "" is known to be none
    # Percent of the characters that it shares with the original's answer; -1: nothing to compare, null: not compared yet.
    similarity = models.SmallIntegerField(null=True)
    # The version of Retake's reader that made the columns and keys above; see `replay/derived_answer.py`.
    derived = models.PositiveIntegerField(db_default=0)
    new_request_id = models.CharField(max_length=256, blank=True)
    new_generation = models.ForeignKey(Generation, models.SET_NULL, null=True, related_name="made_by")
    record_tries = models.PositiveSmallIntegerField(default=0)
    # When the record of the new generation is asked for next; null where it is there, or not awaited.
    record_due_at = models.DateTimeField(null=True)

    hidden = models.BooleanField(default=False, db_default=False)

    objects = ShownManager.from_queryset(ReplayQuerySet)()
    rows = ReplayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "click"], name="one_replay_per_click")]
        indexes = INDEXES

    def __str__(self) -> str:
        return f"replay {self.id} ({self.state})"

    def get_absolute_url(self) -> str:
        return reverse("replay", args=[self.team.slug, self.id])

    @property
    def patch_expired(self) -> bool:
        """Whether it sent a changed request and the change is no longer kept."""
        return self.patch == EXPIRED_PATCH

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_unsent(self) -> bool:
        """No byte of it reached the gateway: `replay_costs.UNSENT`."""
        return self.sent is False or (self.state, self.reason) == (State.CANCELLED, "before_start")

    @property
    def paid_through(self) -> "Consent | None":
        """The consent that pays, where it is not known to be that of who asked. None for a pasted key."""
        consent = self.consent if self.consent_id else None
        if (
            consent
            and consent.connected_by_id is not None
            and consent.connected_by_id == self.requested_by_id
        ):
            return None
        return consent

    @property
    def outcome(self) -> str:
        """The state as it is shown: reproduced failures and empty answers have names of their own."""
        return outcome(self.state, self.reason, reproduced=self.reproduced)

    @property
    def age_s(self) -> float:
        """Seconds since the click."""
        return round((timezone.now() - self.created_at).total_seconds(), 1)

    def ask_to_stop(self, user: User) -> bool:
        """Ask for the end: one that has not begun at once, a running one by its worker's heartbeat. True if it was open."""
        now = timezone.now()
        asked = {"cancel_asked_at": now, "cancelled_by": user}
        rows = Replay.objects.filter(pk=self.pk)
        ended = {"state": State.CANCELLED, "reason": "before_start", "finished_at": now}
        if rows.filter(state__in=[State.WAITING, State.QUEUED]).update(**asked, **ended):
            self.log_end(state=State.CANCELLED, reason="before_start")
            return True
        return rows.running().filter(cancel_asked_at=None).update(**asked) == 1

    def give_up(self, seen: State, state: State, reason: str, detail: str, **facts: Any) -> bool:
        """End this replay from outside, if it is still in the state that was seen. True if it was."""
        rows = Replay.objects.filter(pk=self.pk, state=seen, heartbeat_at=self.heartbeat_at)
        ended = (
            rows.update(state=state, reason=reason, detail=detail, finished_at=timezone.now(), **facts) == 1
        )
        if ended:
            self.log_end(state=state, reason=reason)
        return ended

    def refuse(self, detail: str) -> None:
        """End a claimed replay before its POST: nothing was sent."""
        mine = Replay.objects.filter(pk=self.pk, claim=self.claim, state=State.RUNNING)
        mine.update(
            state=State.FAILED, reason="not_sent", detail=detail, sent=False, finished_at=timezone.now()
        )
        self.log_end(state=State.FAILED, reason="not_sent", sent=False)

    def log_end(self, **facts: Any) -> None:
        """The log line of a replay that has ended. `facts` are those that this row does not hold yet."""
        own = {"state": self.state, "reason": self.reason, "status": self.status_code, "sent": self.sent}
        logs.line(
            "replay",
            replay=str(self.pk),
            team=self.team.slug,
            duration_ms=self.total_ms,
            **{name: str(value) if name == "state" else value for name, value in {**own, **facts}.items()},
        )


class ReplayPart(models.Model):
    """One checkpoint: the entries of the live log since the last one, and the raw bytes they came from.

    `entries` is a JSON list of [seq, kind, text]; `first_seq` to `last_seq` are the engine's own numbers from 1.
    """

    replay = models.ForeignKey(Replay, models.CASCADE, related_name="parts")
    first_seq = models.IntegerField()
    last_seq = models.IntegerField()
    entries = models.TextField()
    wire = models.BinaryField()

    class Meta:
        ordering = ["first_seq"]
        constraints = [models.UniqueConstraint(fields=["replay", "first_seq"], name="one_part_per_seq")]

    def __str__(self) -> str:
        return f"part {self.first_seq}-{self.last_seq} of {self.replay_id}"


WORDS = 20_000  # characters of an answer's text that a page may hold


class ReplayAnswerQuerySet(models.QuerySet["ReplayAnswer"]):
    def slim(self) -> Self:
        """Without the bytes and the whole text: what pages read."""
        return self.defer("packed", "assembled", "text")

    def readable(self) -> Self:
        """The same with its document: `kept` is `assembled`, or `packed` where the bytes are the document's body.

        `words` is the beginning of the text.
        """
        raw = models.Q(assembled=b"")
        kept = models.Case(models.When(raw, then="packed"), default="assembled")
        is_raw = models.ExpressionWrapper(raw, models.BooleanField())
        return self.slim().annotate(kept=kept, is_raw=is_raw, words=Left("text", WORDS + 1))


class ReplayAnswer(models.Model):
    """The whole answer of an ended replay: the bytes as received, and what was read out of them once, at its end.

    `assembled` is the document that pointers of the outline lead into (see `reading/replayed.py`); empty where it is
    the received JSON itself, or where the bytes are a medium. `unread`: bytes that were too many to be read.
    """

    replay = models.OneToOneField(Replay, models.CASCADE, primary_key=True, related_name="answer")
    packed = models.BinaryField()
    size = models.BigIntegerField()
    text = models.TextField()
    outline = models.TextField()
    version = models.PositiveIntegerField(db_default=0)
    assembled = models.BinaryField(db_default=b"")
    unread = models.BigIntegerField(db_default=0)

    objects = ReplayAnswerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["version"], name="answers_by_version")]

    @property
    def wire(self) -> bytes:
        """The bytes as received."""
        return zlib.decompress(bytes(self.packed))

    def __str__(self) -> str:
        return f"answer of {self.replay_id}"
