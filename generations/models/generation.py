"""What a team has looked up: narrow rows for lists, the bytes of the records apart."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self, TypeVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Team, User
from generations.gateway import endpoints
from generations.gateway.request_ids import NUMBERED
from generations.reading.figures.recorded_times import OPEN

# What can stand in a path as it is. Everything else is addressed as ~<pk>.
PLAIN_ID = re.compile(r"(?!~)(?!.*\.json$)(?!\.+$)[A-Za-z0-9._:@=+-]{1,256}")
YOUNG = timedelta(minutes=10)
STALE_AFTER = timedelta(seconds=30)
Row = TypeVar("Row", bound=models.Model)
WAIT = ("wait_ms", "generation_ms", "latency_ms")
"""The time that a page names first is the first of these that is known."""
TOKENS = Coalesce(
    F("input_tokens") + F("output_tokens"),
    "output_tokens",
    "input_tokens",
    output_field=models.BigIntegerField(),
)
"""All tokens that are known."""


class HideableQuerySet(models.QuerySet[Row]):
    def shown(self) -> Self:
        """Those that are not hidden, as lists find and count them.

        The few hidden ones have an index of their own. What is asked for otherwise can be counted in one index, because
        `hidden` is read of no row.
        """
        return self.exclude(pk__in=self.model._base_manager.filter(hidden=True).values("pk"))


class GenerationQuerySet(HideableQuerySet["Generation"]):
    def of(self, team: Team) -> Self:
        """The team's generations."""
        return self.filter(team=team)

    def named(self, *slugs: str) -> Self:
        """The generations that these URL parts name: each a request ID, or ~ and a row number."""
        numbers = [int(slug[1:]) for slug in slugs if NUMBERED.fullmatch(slug)]
        request_ids = [slug for slug in slugs if not NUMBERED.fullmatch(slug)]
        return self.filter(Q(request_id__in=request_ids) | Q(pk__in=numbers))

    def of_apps(self) -> Self:
        """Those that no replay of the team made: what its apps did."""
        return self.filter(is_replay=False)

    def recently_opened(self) -> Self:
        """Those somebody opened, the latest first, with the visit's time as `opened_at`."""
        return self.exclude(last_opened_at=None).order_by("-last_opened_at").select_related("last_opened_by")

    def newest_first(self) -> Self:
        """By the time they were made (looked up, where the record does not say)."""
        return self.order_by("-sorted_at", "-id")

    def matching_text(self, words: str) -> Self:
        """Those with these words in the first part of prompt or answer; takes "a phrase", or, -not."""
        query = SearchQuery(words, config="simple", search_type="websearch")
        return self.filter(first_words__vector=query)

    def with_duration(self, least: Decimal | None, most: Decimal | None) -> Self:
        """Those with a total time (see `total_ms`) in this range of ms, either end open."""
        found = self.alias(total=Coalesce(*WAIT))
        found = found.filter(total__gte=least) if least is not None else found
        return found.filter(total__lte=most) if most is not None else found


class ShownManager(models.Manager[Row]):
    """Rows that nobody has just forgotten: `hidden` ones are deleted in a moment, or brought back (`Forgetting`)."""

    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().filter(hidden=False)


class Generation(models.Model):
    """One request of the team as the gateway's newest record has it. Bodies are in `StoredRecord`."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="generations")
    request_id = models.CharField(max_length=256)
    connection = models.ForeignKey(GatewayConnection, models.SET_NULL, null=True, related_name="+")
    looked_up_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    looked_up_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(default=timezone.now)
    last_opened_at = models.DateTimeField(null=True)
    last_opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    # Columns for lists, read from the record. Null is "the record does not say".
    made_at = models.DateTimeField(null=True)
    sorted_at = models.GeneratedField(
        expression=Coalesce("made_at", "looked_up_at"), output_field=models.DateTimeField(), db_persist=True
    )
    endpoint = models.CharField(max_length=120, blank=True)
    model_id = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=120, blank=True)
    native_response_id = models.CharField(max_length=256, blank=True)
    session_id = models.CharField(max_length=256, blank=True)
    key_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    app_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    stream = models.BooleanField(null=True)
    byok = models.BooleanField(null=True)
    status_code = models.IntegerField(null=True)
    success = models.BooleanField(null=True)
    error_code = models.CharField(max_length=200, blank=True)
    finish_reason = models.CharField(max_length=60, blank=True)
    latency_ms = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    generation_ms = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    wait_ms = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    first_ms = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    speed = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cost_nanos = models.BigIntegerField(null=True)
    replayable = models.BooleanField(default=False)
    # Whether a replay of this team made it (`records/makers.py`).
    is_replay = models.BooleanField(default=False, db_default=False)
    # How the user's last message and the answer begin, for lists. Null: not read yet. They are content.
    prompt_start = models.CharField(max_length=200, null=True)  # noqa: DJ001  "" is known to be none
    answer_start = models.CharField(max_length=200, null=True)  # noqa: DJ001  "" is known to be none
    # The version of the outline that the columns above were made with.
    derived = models.PositiveIntegerField(db_default=0)
    hidden = models.BooleanField(default=False, db_default=False)

    objects = ShownManager.from_queryset(GenerationQuerySet)()
    rows = GenerationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "request_id"], name="one_row_per_request")]
        indexes = [
            models.Index(fields=["team", "-last_opened_at"]),
            models.Index(fields=["team", "-sorted_at", "-id"], name="by_time"),
            models.Index(fields=["team", "model_id", "-sorted_at", "-id"], name="by_model"),
            models.Index(fields=["team", "provider", "-sorted_at", "-id"], name="by_provider"),
            models.Index(fields=["team", "endpoint", "-sorted_at", "-id"], name="by_endpoint"),
            models.Index(fields=["team", "success", "-sorted_at", "-id"], name="by_success"),
            # The planner sees no order behind "is null", so null outcomes have an index of their own.
            models.Index(
                fields=["team", "-sorted_at", "-id"], condition=Q(success=None), name="by_no_success"
            ),
            models.Index(fields=["team", "status_code", "-sorted_at", "-id"], name="by_status"),
            models.Index(fields=["team", "error_code", "-sorted_at", "-id"], name="by_error"),
            models.Index(fields=["team", "stream", "-sorted_at", "-id"], name="by_stream"),
            models.Index(fields=["team", "byok", "-sorted_at", "-id"], name="by_byok"),
            models.Index(fields=["team", "is_replay", "-sorted_at", "-id"], name="by_is_replay"),
            models.Index(fields=["team", "looked_up_by", "-sorted_at", "-id"], name="by_person"),
            models.Index(
                fields=["team", "session_id", "-sorted_at", "-id"],
                condition=~Q(session_id=""),
                name="by_session",
            ),
            models.Index(
                fields=["team", "key_id", "-sorted_at", "-id"], condition=~Q(key_id=""), name="by_key"
            ),
            models.Index(
                fields=["team", "app_id", "-sorted_at", "-id"], condition=~Q(app_id=""), name="by_app"
            ),
            models.Index(fields=["team", "cost_nanos", "id"], name="cost_order"),
            models.Index("team", Coalesce(*WAIT), "id", name="wait_order"),
            models.Index("team", TOKENS, "id", name="token_order"),
            models.Index(fields=["derived", "-id"], name="by_derived"),
            models.Index(fields=["id"], condition=Q(hidden=True), name="hidden_generations"),
            # What words find is looked up by ID: where it stands, without a visit to its row.
            models.Index(fields=["id"], include=["team", "sorted_at"], name="place_of_id"),
            # The release before reads by these; the next may drop them.
            models.Index(fields=["team", "cost_nanos"], name="by_cost"),
            models.Index("team", Coalesce(*WAIT), name="by_wait"),
            models.Index("team", Coalesce("generation_ms", "latency_ms"), name="by_total"),
            models.Index(
                fields=["team", "native_response_id"],
                condition=~Q(native_response_id=""),
                name="by_native_id",
            ),
        ]

    def __str__(self) -> str:
        return self.request_id

    @property
    def slug(self) -> str:
        """The URL part that names this row."""
        return self.request_id if PLAIN_ID.fullmatch(self.request_id) else f"~{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("generation", args=[self.team.slug, self.slug])

    @property
    def is_pinned(self) -> bool:
        """Whether the team has pinned it, where its pin was read with it."""
        return self._state.fields_cache.get("pin") is not None

    @property
    def total_ms(self) -> Decimal | None:
        """The time in ms that its page names first, failed attempts included."""
        times: list[Decimal | None] = [getattr(self, name) for name in WAIT]
        return next((time for time in times if time is not None), None)

    def may_change(self, now: datetime) -> bool:
        """Whether the gateway may still write to its record: it is young, a job without a cost, or an open session."""
        born = self.made_at or self.looked_up_at
        unpaid = endpoints.is_job(self.endpoint) and self.cost_nanos is None
        return now - born < YOUNG or unpaid or self.status_code == OPEN

    def refresh_due(self, now: datetime) -> bool:
        """Whether opening the page should ask the gateway again."""
        return self.may_change(now) and now - self.fetched_at > STALE_AFTER

    def opened(self, user: User) -> None:
        """Remember who opened the page, for the team's recents."""
        now = timezone.now()
        visits = Visit.objects.filter(generation=self, user=user)
        if not visits.update(times=F("times") + 1, at=now):
            Visit.objects.create(team_id=self.team_id, generation=self, user=user, at=now)
        Generation.objects.filter(pk=self.pk).update(last_opened_at=now, last_opened_by=user)


class FirstWords(models.Model):
    """What free text finds: the first part of prompt and answer, as words.

    Apart from the row, because every visit writes the row, and each write would go into this index again.
    """

    generation = models.OneToOneField(
        Generation, models.CASCADE, primary_key=True, related_name="first_words"
    )
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="by_words", fastupdate=False)]

    def __str__(self) -> str:
        return f"first words of {self.generation_id}"


class VisitQuerySet(models.QuerySet["Visit"]):
    def newest_of(self, team: Team, user: User) -> Self:
        """Those of one person in one team, the latest first, with their generations; none of a hidden one."""
        mine = self.filter(team=team, user=user, generation__hidden=False)
        return mine.order_by("-at").select_related("generation__looked_up_by")


class Visit(models.Model):
    """Who opened which generation, when last and how often."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    generation = models.ForeignKey(Generation, models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visits")
    at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)

    objects = VisitQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "user"], name="one_visit_per_person")]
        indexes = [models.Index(fields=["team", "user", "-at"])]

    def __str__(self) -> str:
        return f"{self.user_id} opened {self.generation_id}"


class Fetch(models.Model):
    """One question to the gateway, so that two people who look up the same new ID cause one call.

    `lease_until` is the claim: whoever moves it from the past into the future asks the gateway.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    request_id = models.CharField(max_length=256)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    first_asked_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "request_id"], name="one_fetch_per_request")]

    def __str__(self) -> str:
        return f"fetch of {self.request_id}"

    def is_asking(self, now: datetime) -> bool:
        """Whether somebody waits for the gateway's answer."""
        return self.outcome is None and self.lease_until > now

    def is_due(self, now: datetime) -> bool:
        """Whether asking again is of use: nobody answered, or the record was not written yet and the pause is over."""
        waits = self.outcome is None or self.outcome["code"] == "not_yet"
        return waits and self.lease_until <= now
