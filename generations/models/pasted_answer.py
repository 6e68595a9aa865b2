"""Answers that people pasted, because the gateway did not keep them."""

import zlib
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.models import Team
from generations.gateway import endpoints
from generations.models.generation import Generation, ShownManager
from generations.reading.answer import pasted
from generations.reading.answer.pasted import Pasted
from generations.reading.page_types.conversation import Side


class PastedAnswerQuerySet(models.QuerySet["PastedAnswer"]):
    def of(self, team: Team) -> Self:
        """The team's pasted answers, with who pasted them."""
        return self.filter(team=team).select_related("pasted_by")


class PastedAnswer(models.Model):
    """The answer of one generation as somebody pasted it. Never the gateway's own: whoever shows it says so.

    `packed` is the pasted text without its credentials, `removed` says how many there were.
    """

    generation = models.OneToOneField(
        Generation, models.CASCADE, primary_key=True, related_name="pasted_answer"
    )
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    pasted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    pasted_at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=10)
    packed = models.BinaryField()
    size = models.PositiveIntegerField()
    removed = models.PositiveIntegerField(default=0)

    hidden = models.BooleanField(default=False, db_default=False)

    objects = ShownManager.from_queryset(PastedAnswerQuerySet)()
    rows = PastedAnswerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"pasted answer of {self.generation_id}"

    @staticmethod
    def pack(text: str) -> bytes:
        """The stored form of a text."""
        return zlib.compress(text.encode("utf-8", "surrogatepass"), 3)

    @property
    def text(self) -> str:
        """What was pasted, without its credentials."""
        return zlib.decompress(bytes(self.packed)).decode("utf-8", "surrogatepass")

    @property
    def wire(self) -> str:
        """The wire format of the generation's endpoint."""
        known = endpoints.find(self.generation.endpoint)
        return known.wire if known else ""

    @property
    def read(self) -> Pasted:
        """What it says."""
        return pasted.read_stored(self.text, self.kind, self.wire, self.removed)

    @property
    def side(self) -> Side:
        """The answer as pages show it."""
        return pasted.side(self.wire, self.read)
