"""Who you are, which team, which keys."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from dashboard.fields import EncryptedText, unreadable

INVITATION_LIFE = timedelta(days=7)
SIGN_IN_LIFE = timedelta(minutes=10)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A saved user. The email is kept in lower case; without a password nobody can sign in with one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user who may open the Django admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # What the person has chosen for their own pages; see `people.preferences`.
    preferences = models.JSONField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_email")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """One or two capital letters for the avatar."""
        words = (self.name or self.email.split("@")[0]).replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class Team(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=50, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When the next thing that somebody has forgotten is to be deleted; null: nothing is.
    forgets_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    MEMBER = "member", "Member"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(default=timezone.now)

    connected: bool
    """Whether the team has a gateway connection; only where `access.memberships` read it."""
    needs_consent: bool
    """Whether `notices.for_team` has something to say: a consent has ended, or ends soon; the same."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} as {self.role}"


def hash_token(token: str) -> str:
    """The form in which a link's token is stored: who reads the database cannot use the link."""
    return hashlib.sha256(token.encode()).hexdigest()


class LinkQuerySet(models.QuerySet[Any]):
    def usable(self, token: str) -> Self:
        """Links with this token that are neither used nor expired."""
        return self.filter(token_hash=hash_token(token), used_at=None, expires_at__gt=timezone.now())


class Link(models.Model):
    """A link that works once and not for long. Only the hash of its token is stored."""

    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def issue(cls, life: timedelta, **fields: Any) -> tuple[Self, str]:
        """A saved link and its token, which is shown once and cannot be read again."""
        token = secrets.token_urlsafe(32)
        link = cls(token_hash=hash_token(token), expires_at=timezone.now() + life, **fields)
        link.save()
        return link, token

    def use(self) -> bool:
        """True for the one caller who uses the link first."""
        unused = type(self)._default_manager.filter(pk=self.pk, used_at=None)
        return unused.update(used_at=timezone.now()) == 1


class Invitation(Link):
    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"invitation to {self.team} as {self.role}"


class SignInLink(Link):
    """Signs a demo user in; `make up` prints one at each start. Works from the loopback address only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"sign-in link for {self.user}"


class ConnectionQuerySet(models.QuerySet["GatewayConnection"]):
    def usable(self) -> Self:
        """Those whose address the operator still allows (GATEWAY_URLS), with the consents whose keys can be used."""
        return self.filter(base_url__in=allowed_urls()).with_consents()

    def with_consents(self) -> Self:
        """With `good_consents` read for all of them at once."""
        good = Consent.objects.good().newest_first().select_related("connected_by")
        return self.prefetch_related(models.Prefetch("consents", good, to_attr="good_consents"))


def allowed_urls() -> list[str]:
    """The addresses that a connection may have: GATEWAY_URLS, and the demo gateway's where there is one."""
    demo = [settings.DEMO_GATEWAY] if settings.DEMO_GATEWAY else []
    return [*settings.GATEWAY_URLS, *(url for url in demo if url not in settings.GATEWAY_URLS)]


UNREADABLE = {"read_key": "the lookup key", "replay_key": "the replay key", "log_key": "the management key"}


class GatewayConnection(models.Model):
    """A base URL with its credentials, owned by a team. Connections are asked in the order of `position`."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="connections")
    name = models.CharField(max_length=80)
    base_url = models.URLField(max_length=300)
    read_key = EncryptedText()
    replay_key = EncryptedText(null=True, blank=True)
    # A management key: it browses the log, and neither looks up nor replays.
    log_key = EncryptedText(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_result = models.JSONField(null=True, blank=True)
    # The workspace of its first consent, "" before that.
    workspace_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    # A consent is being exchanged since then: no replay begins with a key that is about to end.
    swapping_at = models.DateTimeField(null=True, blank=True)

    good_consents: "list[Consent]"
    """Only where `with_consents` was asked for; `keys.good` reads them otherwise."""
    newest_consents: "list[Consent]"
    """The newest usable one, if any, where only that was read: enough to send with (`keys.sending`)."""

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="one_connection_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def unreadable_keys(self) -> list[str]:
        """What cannot be read with FIELD_ENCRYPTION_KEYS, as the connection's form calls it."""
        pasted = [UNREADABLE[name] for name in unreadable(self)]
        shut = [consent for consent in getattr(self, "good_consents", []) if unreadable(consent)]
        return [*pasted, *(f"the key of {consent}" for consent in shut)]

    @property
    def reads_bodies(self) -> bool:
        """Whether a record with a stored request has been read with this key."""
        return (self.check_result or {}).get("read", {}).get("reads_bodies") is True

    def remember_check(self, result: dict[str, Any], at: datetime | None = None) -> None:
        """Keep what a connection test saw (shape: `gateway.Probe` as a dict; no credential in it).

        What lookups have shown stays: a test cannot see whether the key reads stored requests.
        """
        seen = result.get("read", {})
        if self.reads_bodies and seen.get("reads_bodies") is None and seen.get("accepted") is not False:
            result = {**result, "read": {**seen, "reads_bodies": True}}
        self.check_result, self.checked_at = result, at or timezone.now()
        self.save(update_fields=["check_result", "checked_at"])


class AuditEvent(models.Model):
    """Who did what in a team. `subject` names the thing; nothing private stands in `details`."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="audit_events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["team", "-at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


from dashboard.consents.models import Consent, ConsentRequest, RegisteredClient  # noqa: E402, F401  they name models of this file
from dashboard.processes.models import Process  # noqa: E402, F401
