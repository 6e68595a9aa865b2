"""Which key a connection uses: the newest good consent's, else the pasted ones."""

from dataclasses import dataclass, field

from dashboard.consents.models import Consent
from dashboard.fields import Secret
from dashboard.models import GatewayConnection

STORED_REQUESTS, LOG, PRICES = "generations:read", "activity:read", "pricing:read"
# Reasons of a 401 that end a key for good or until somebody consents again. contract: "ConnectionKeys".
ENDINGS = frozenset(
    {
        *("key_expired", "oauth_authorization_revoked", "key_not_found_or_revoked"),
        *("oauth_managed_key_invalid", "oauth_gateway_scope_required"),
    }
)
NO_KEY = (
    "This connection has no key any more: its consent has ended. "
    "An admin can reconnect it in the team's settings, under Gateway connections."
)


@dataclass(frozen=True, slots=True)
class ConnectionKey:
    """A key, and the consent that it came from, None for a pasted one."""

    key: Secret = field(repr=False)
    consent: Consent | None = None


def good(source: GatewayConnection) -> list[Consent]:
    """The consents whose keys can be used, the newest first."""
    known = getattr(source, "good_consents", None)
    if known is not None or source._state.adding:
        return known or []
    return list(source.consents.good().newest_first())


def reading(source: GatewayConnection) -> list[ConnectionKey]:
    """The keys to look up with, the best first: one that sees stored requests before a pasted one."""
    consents = [ConnectionKey(consent.key, consent) for consent in good(source) if consent.key]
    seeing = [
        credential
        for credential in consents
        if credential.consent and STORED_REQUESTS in credential.consent.granted
    ]
    pasted = [ConnectionKey(source.read_key)] if source.read_key else []
    return _readable([*seeing, *pasted, *(credential for credential in consents if credential not in seeing)])


def _readable(found: list[ConnectionKey]) -> list[ConnectionKey]:
    """Without those that cannot be read, as far as others are there; a sentence comes of trying one that cannot."""
    return [used for used in found if used.key.is_readable] or found


def sending(source: GatewayConnection) -> ConnectionKey | None:
    """The key that a replay is sent with."""
    newest = getattr(source, "newest_consents", None)
    found = good(source) if newest is None else newest
    consents = [ConnectionKey(consent.key, consent) for consent in found if consent.key]
    return next(iter([*consents, *pasted_for_sending(source)]), None)


def browsing(source: GatewayConnection) -> list[ConnectionKey]:
    """The keys that may browse the gateway's log, the best first: consents that cover it, then a management key.

    The pasted key comes last: one out of a consent given elsewhere may, one of the gateway's settings never does.
    """
    consents = [
        ConnectionKey(consent.key, consent)
        for consent in good(source)
        if consent.key and LOG in consent.granted
    ]
    seen = (source.check_result or {}).get("log", {}).get("reads_log")
    pasted = [source.log_key, None if seen is False else source.read_key]
    return _readable([*consents, *(ConnectionKey(key) for key in pasted if key)])


def pricing(source: GatewayConnection) -> list[ConnectionKey]:
    """The keys that may read the gateway's prices, the best first: consents that cover it, then the pasted ones.

    contract: "Prices": a plain key may, a management key may not.
    """
    consents = [
        ConnectionKey(consent.key, consent)
        for consent in good(source)
        if consent.key and PRICES in consent.granted
    ]
    pasted = dict.fromkeys(key for key in (source.read_key, source.replay_key) if key)
    return _readable([*consents, *map(ConnectionKey, pasted)])


def browses_not(source: GatewayConnection, used: ConnectionKey) -> None:
    """The gateway keeps its log from the pasted key: it is not tried again until the connection changes."""
    if used.consent is None and used.key == source.read_key:
        result = {**(source.check_result or {}), "log": {"reads_log": False}}
        GatewayConnection.objects.filter(pk=source.pk).update(check_result=result)


def pasted_for_sending(source: GatewayConnection) -> list[ConnectionKey]:
    """The pasted key for replays, as far as there is one."""
    return [ConnectionKey(key) for key in (source.replay_key, source.read_key) if key][:1]


def refuse(consent_id: int | None, reason: str) -> None:
    """The gateway turned the key of this consent down: it is not used again."""
    if consent_id is not None and reason in ENDINGS:
        Consent.objects.live().filter(pk=consent_id, refused="").update(refused=reason)
