"""Rows of consents. `dashboard.models` imports them, so that Django finds them."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.fields import EncryptedText

REQUEST_LIFE = timedelta(minutes=10)
SOON = timedelta(days=2)  # before a key ends, its team's admins read of it
EXPIRED, REPLACED, DISCONNECTED, LEFT = "expired", "replaced", "disconnected", "left"

# What `Consent.is_good`, `ConsentQuerySet.good` and `newest_first` say, for statements by hand: of a table `consent`,
# at the time `at`. NEWEST_GOOD joins the consent whose key pays for what is sent through a table `source`.
IN_FORCE = "consent.ended_at IS NULL AND consent.refused = '' AND consent.expires_at > %(at)s"
GOOD = f"{IN_FORCE} AND consent.key IS NOT NULL"
NEWEST_FIRST = "consent.granted_at DESC, consent.id DESC"
NEWEST_GOOD = f"""LEFT JOIN LATERAL (
    SELECT * FROM dashboard_consent AS consent WHERE consent.connection_id = source.id AND {GOOD}
    ORDER BY {NEWEST_FIRST} LIMIT 1
) AS consent ON true"""  # noqa: S608 -- constants of this module


def hash_state(state: str) -> str:
    """The form in which a state is stored."""
    return hashlib.sha256(state.encode()).hexdigest()


class RegisteredClient(models.Model):
    """A client that a team has made in the gateway's settings, for one gateway address."""

    team = models.ForeignKey("dashboard.Team", models.CASCADE, related_name="oauth_clients")
    base_url = models.URLField(max_length=300)
    client_id = models.CharField(max_length=500)
    secret = EncryptedText(null=True, blank=True)
    scopes = models.TextField(blank=True)

    class Meta:
        app_label = "dashboard"
        constraints = [models.UniqueConstraint(fields=["team", "base_url"], name="one_client_per_gateway")]

    def __str__(self) -> str:
        return self.client_id


class ConsentRequest(models.Model):
    """One press of Connect. Its state comes back once, within ten minutes, to whoever pressed.

    `outcome` is a key of `outcomes.WORDS`, "" until something came back; `details` are its facts, nothing secret.
    """

    team = models.ForeignKey("dashboard.Team", models.CASCADE, related_name="consent_requests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    connection = models.ForeignKey("dashboard.GatewayConnection", models.CASCADE, null=True, related_name="+")
    base_url = models.URLField(max_length=300)
    client_id = models.CharField(max_length=500)
    redirect_uri = models.CharField(max_length=500)
    scopes = models.TextField()
    state_hash = models.CharField(max_length=64, unique=True)
    verifier = EncryptedText(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        app_label = "dashboard"
        indexes = [models.Index(fields=["team", "-created_at"], name="consent_request_by_team")]

    def __str__(self) -> str:
        return f"consent asked by {self.user} for {self.team}"

    @classmethod
    def issue(cls, **fields: Any) -> tuple[Self, str, str]:
        """A saved request, its state and its verifier."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        made = cls(state_hash=hash_state(state), verifier=verifier, **fields)
        made.save()
        return made, state, verifier

    @property
    def is_fresh(self) -> bool:
        return timezone.now() < self.created_at + REQUEST_LIFE

    def use(self) -> bool:
        """True for the one caller that may go on. The stored verifier is gone then."""
        unused = type(self).objects.filter(pk=self.pk, used_at=None)
        return unused.update(used_at=timezone.now(), verifier=None) == 1

    def end(self, outcome: str, **details: Any) -> None:
        """Remember what came of it."""
        self.outcome, self.details = outcome, details
        self.save(update_fields=["outcome", "details"])


class ConsentQuerySet(models.QuerySet["Consent"]):
    def live(self) -> Self:
        """Not ended here; the gateway may think otherwise."""
        return self.filter(ended_at=None)

    def good(self, now: datetime | None = None) -> Self:
        """Those whose key can be used."""
        usable = self.live().filter(refused="", expires_at__gt=now or timezone.now())
        return usable.exclude(key=None)

    def newest_first(self) -> Self:
        return self.order_by("-granted_at", "-pk")

    def of_place(self, base_url: str, client_id: str, subject: str, workspace_id: str) -> Self:
        """Of one person at one gateway through one client in one workspace: the gateway keeps one key for these."""
        return self.filter(base_url=base_url, client_id=client_id, subject=subject, workspace_id=workspace_id)


class Consent(models.Model):
    """A key that came out of a consent, whose it is and until when. The key is deleted when the consent ends.

    `refused` is the reason with which the gateway turned the key down; `end_reason` says why it ended here.
    """

    team = models.ForeignKey("dashboard.Team", models.CASCADE, related_name="consents")
    connection = models.ForeignKey(
        "dashboard.GatewayConnection", models.SET_NULL, null=True, related_name="consents"
    )
    connected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    base_url = models.URLField(max_length=300)
    client_id = models.CharField(max_length=500)
    subject = models.CharField(max_length=100)
    workspace_id = models.CharField(max_length=100)
    scopes = models.TextField()
    key = EncryptedText(null=True)
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    refused = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True)
    revoke_due = models.BooleanField(default=False)
    warned = models.PositiveSmallIntegerField(default=0)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        app_label = "dashboard"
        indexes = [models.Index(fields=["connection", "-granted_at"], name="consent_by_connection")]
        constraints = [
            models.UniqueConstraint(
                fields=["base_url", "client_id", "subject", "workspace_id"],
                condition=models.Q(ended_at=None),
                name="one_live_consent_per_place",
            )
        ]

    def __str__(self) -> str:
        return f"the consent of {self.connected_by or 'somebody who is gone'}"

    @property
    def granted(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    @property
    def is_good(self) -> bool:
        return not self.ended_at and not self.refused and self.expires_at > timezone.now()

    @property
    def left(self) -> timedelta:
        """Until the key ends."""
        return self.expires_at - timezone.now()

    def end(self, reason: str, *, revoke: bool = False) -> None:
        """Use it no more. With `revoke` the key is kept until the gateway has ended it, otherwise deleted now."""
        self.ended_at, self.end_reason, self.revoke_due = timezone.now(), reason, revoke
        if not revoke:
            self.key = None
        self.save(update_fields=["ended_at", "end_reason", "revoke_due", "key"])

    def forget_key(self) -> None:
        """The gateway has ended the key."""
        type(self).objects.filter(pk=self.pk).update(key=None, revoke_due=False)
