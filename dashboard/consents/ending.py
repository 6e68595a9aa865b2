"""Ending consents: here at once, at the gateway as soon as it answers."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from dashboard.connections import clients
from dashboard.consents import identity
from dashboard.consents.models import DISCONNECTED, EXPIRED, LEFT, Consent, ConsentRequest
from dashboard.models import GatewayConnection, Team, User
from generations.gateway import oauth

log = logging.getLogger(__name__)
A_TURN = 50
REQUESTS_KEPT = timedelta(days=7)


def disconnect(consent: Consent) -> None:
    """End a consent that somebody does not want any more."""
    _end([consent], DISCONNECTED)


def of_connection(source: GatewayConnection) -> None:
    """End the consents of a connection that is removed or moved to another address."""
    _end(source.consents.live(), DISCONNECTED)


def of_member(team: Team, user: User) -> list[str]:
    """End what somebody who leaves the team has consented to; the names of the connections, each once."""
    mine = list(Consent.objects.live().filter(team=team, connected_by=user).select_related("connection"))
    _end(mine, LEFT)
    return sorted({consent.connection.name for consent in mine if consent.connection})


def _end(consents: Iterable[Consent], reason: str) -> None:
    for consent in consents:
        consent.end(reason, revoke=consent.key is not None)
        transaction.on_commit(partial(revoke, consent.pk))


def revoke(consent_id: int) -> bool:
    """Have the gateway end the key of a consent that has ended here. False when it has to be tried again later."""
    consent = Consent.objects.filter(pk=consent_id, revoke_due=True).select_related("team").first()
    if consent is None or consent.key is None:
        return True
    try:
        clients.revoke(identity.of_consent(consent.base_url, consent.client_id, consent.team), consent.key)
    except (clients.AddressNotAllowed, oauth.OAuthUnusable, oauth.OAuthFailure) as reason:
        log.warning("The key of consent %s is not revoked yet: %s", consent.pk, reason)
        return False
    consent.forget_key()
    return True


def tidy() -> None:
    """What time brings: keys that have ended are deleted, revocations are tried again, old requests go."""
    now = timezone.now()
    for consent in Consent.objects.live().filter(expires_at__lte=now)[:A_TURN]:
        consent.end(EXPIRED)
    for consent in Consent.objects.filter(revoke_due=True).defer("key")[:A_TURN]:
        if consent.expires_at <= now:
            consent.forget_key()
        else:
            revoke(consent.pk)
    ConsentRequest.objects.filter(created_at__lt=now - REQUESTS_KEPT).delete()
