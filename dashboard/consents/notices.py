"""Which consents end soon or have ended, for the banner on every page and for the mails."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from dashboard import mail
from dashboard.access import RANK, Right
from dashboard.consents.models import DISCONNECTED, EXPIRED, LEFT, REPLACED, SOON, Consent
from dashboard.models import GatewayConnection, Membership, Team

LAST_DAY = timedelta(days=1)
READ = 100
ENDED = {
    "key_expired": "The key of {name} has ended: a consent lasts seven days.",
    EXPIRED: "The key of {name} has ended: a consent lasts seven days.",
    "oauth_authorization_revoked": (
        "The consent for {name} was taken back at the gateway, or whoever gave it lost the workspace."
    ),
    "key_not_found_or_revoked": "The key of {name} was revoked at the gateway.",
    REPLACED: "The key of {name} has ended, because the same person consented again for another team.",
    LEFT: "The key of {name} has ended, because whoever consented left the team.",
}
OTHER = "The gateway no longer accepts the key of {name}."


@dataclass(frozen=True, slots=True)
class Notice:
    """One connection that needs a consent. `ends_at` is None where it has ended already."""

    source: GatewayConnection
    consent: Consent
    text: str
    ends_at: datetime | None = None


def for_team(team: Team) -> list[Notice]:
    """What the team's admins should know: one query."""
    rows = Consent.objects.filter(connection__team=team).exclude(end_reason=DISCONNECTED)
    by_connection: dict[int | None, list[Consent]] = defaultdict(list)
    for consent in rows.newest_first().defer("key").select_related("connection")[:READ]:
        by_connection[consent.connection_id].append(consent)
    found = (_notice(consents) for consents in by_connection.values())
    return [notice for notice in found if notice]


def _notice(consents: list[Consent]) -> Notice | None:
    """About one connection, whose consents are given the newest first."""
    source, now = consents[0].connection, timezone.now()
    if source is None:
        return None
    good = [consent for consent in consents if consent.is_good]
    if not good:
        latest = consents[0]
        reason = latest.refused or latest.end_reason or EXPIRED
        return Notice(source, latest, ENDED.get(reason, OTHER).format(name=source.name))
    last = max(good, key=lambda consent: consent.expires_at)
    if last.expires_at - now > SOON:
        return None
    text = f"The key of {source.name} ends soon. Reconnect before: nothing stops meanwhile."
    return Notice(source, last, text, last.expires_at)


# --- mails --------------------------------------------------------------------------------------------------------


def send_due() -> None:
    """Mail the admins two days and one day before a key ends, each once."""
    if not settings.MAIL_WORKS:
        return
    now = timezone.now()
    soon = Consent.objects.good(now).filter(expires_at__lte=now + SOON).defer("key")
    for consent in soon.select_related("team", "connection")[:READ]:
        stage = 2 if consent.expires_at - now <= LAST_DAY else 1
        if _is_last(consent) and Consent.objects.filter(pk=consent.pk, warned__lt=stage).update(warned=stage):
            _mail(consent)


def _is_last(consent: Consent) -> bool:
    """Whether no other key of the connection lasts longer."""
    others = Consent.objects.good().filter(
        connection=consent.connection_id, expires_at__gt=consent.expires_at
    )
    return consent.connection_id is not None and not others.exists()


def _mail(consent: Consent) -> None:
    path = reverse("team_connections", args=[consent.team.slug])
    context = {"consent": consent, "url": settings.PUBLIC_URL + path}
    text = render_to_string("dashboard/mail/consent_ends.txt", context)
    subject = f"[Retake] {consent.team}: the key of {consent.connection} ends soon"
    mail.send_notice(admins(consent.team), subject, text)


def admins(team: Team) -> list[str]:
    """The addresses of those who may reconnect."""
    roles = [role for role in RANK if Right.MANAGE.held_by(role)]
    people = Membership.objects.filter(team=team, role__in=roles, user__is_active=True)
    return list(people.values_list("user__email", flat=True))
