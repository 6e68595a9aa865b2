"""What the page of the connections shows about consents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from dashboard.connections import clients
from dashboard.consents import identity, keys, scopes
from dashboard.consents.identity import CannotConnect
from dashboard.consents.models import Consent, ConsentRequest
from dashboard.consents.outcomes import LIKELY, OF_CLIENTS, OF_DOCUMENTS
from dashboard.consents.storing import gateway_name
from dashboard.models import GatewayConnection, Team, allowed_urls
from generations.gateway import oauth

LOST_AFTER, LOST_UNTIL = timedelta(minutes=2), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GatewayOffer:
    """One gateway to connect to; `reason` is there where nobody can."""

    base_url: str
    name: str
    client: str = ""
    reason: CannotConnect | None = None


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One consent of a connection, in words."""

    consent: Consent
    can: str
    missing: str


@dataclass(frozen=True, slots=True)
class AbandonedConsent:
    """A consent that was begun and never came back, and the likely causes."""

    row: ConsentRequest
    causes: list[str]


def offers(team: Team) -> list[GatewayOffer]:
    """Every gateway with OAuth that the operator allows."""
    return [offer for url in allowed_urls() if (offer := _offer(team, url))]


def _offer(team: Team, base_url: str) -> GatewayOffer | None:
    name = gateway_name(base_url)
    try:
        found = clients.discovery(base_url)
    except (clients.AddressNotAllowed, oauth.OAuthUnusable):
        return None
    try:
        client = identity.choose(team, base_url, found)
    except CannotConnect as reason:
        return GatewayOffer(base_url, name, reason=reason)
    how = (
        "its client metadata document" if client.is_document else f"the registered client {client.client_id}"
    )
    return GatewayOffer(base_url, name, how)


def held(source: GatewayConnection) -> list[ConsentRow]:
    """The consents of a connection that are not ended, the newest first."""
    consents = source.consents.live().newest_first().select_related("connected_by").defer("key")
    return [_held(consent) for consent in consents[:20]]


def _held(consent: Consent) -> ConsentRow:
    lacking = ", ".join(scopes.missing(scopes.WORDS.keys() & set(scopes.ASKED), consent.granted))
    return ConsentRow(consent, scopes.in_words(consent.granted), lacking)


def lost(team: Team) -> AbandonedConsent | None:
    """The newest request of the team, where it was never answered."""
    row = (
        ConsentRequest.objects.filter(team=team)
        .select_related("user", "connection")
        .order_by("-created_at")
        .first()
    )
    if row is None or row.used_at or not LOST_AFTER < timezone.now() - row.created_at < LOST_UNTIL:
        return None
    is_document = row.client_id == identity.document_url()
    more = OF_DOCUMENTS if is_document else [text.format(redirect=row.redirect_uri) for text in OF_CLIENTS]
    return AbandonedConsent(row, [*LIKELY, *more])


def stored_requests(source: GatewayConnection, consents: Sequence[ConsentRow]) -> str:
    """What is wrong where records come without stored requests although the consent covers them; "" otherwise."""
    covered = any(
        keys.STORED_REQUESTS in consent.consent.granted for consent in consents if consent.consent.is_good
    )
    seen = (source.check_result or {}).get("read", {}).get("reads_bodies")
    if not covered or seen is not False:
        return ""
    return (
        "Records arrive without stored requests although the consent covers them: the workspace's I/O logging is off. "
        "An owner of the workspace turns it on in the gateway's workspace settings. It counts for requests made after that."
    )
