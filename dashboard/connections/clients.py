"""The only place that opens keys. A client is given one when the operator allows its address.

A connection outlives GATEWAY_URLS, so an address that was allowed when its key was saved may not be any more.
"""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

from django.core.cache import cache

from dashboard.consents.models import Consent
from dashboard.fields import NoKey, Secret
from dashboard.models import Team, allowed_urls
from generations.gateway import oauth
from generations.gateway.client import Client

NO_KEY = Secret("none")  # for the health page, which needs no key, though a client does


class AddressNotAllowed(ValueError):
    """The operator does not allow the address, so no key was sent to it."""

    def __init__(self) -> None:
        super().__init__("The operator no longer allows this gateway address (GATEWAY_URLS).")


def client(base_url: str, key: Secret, **options: Any) -> Client:
    """A client of the gateway at `base_url`; `options` are those of `Client`.

    Raises AddressNotAllowed, or ValueError for an address or a key that cannot be used.
    """
    _require_allowed(base_url)
    return Client(base_url, key.reveal(), **options)


def lasting_client(base_url: str, key: Secret, max_record_bytes: int) -> Client:
    """The same, whose connections are kept alive in this process. Raises the same."""
    _require_allowed(base_url)
    return _lasting(base_url, key.reveal(), max_record_bytes)


@lru_cache(maxsize=64)
def _lasting(base_url: str, credential: str, limit: int) -> Client:
    return Client(base_url, credential, max_record_bytes=limit)


def keys_of(team: Team) -> list[str]:
    """The team's keys as they are, to be masked wherever they come back."""
    pairs = [(source.read_key, source.replay_key, source.log_key) for source in team.connections.all()]
    consents = [consent.key for consent in Consent.objects.filter(team=team).exclude(key=None).only("key")]
    keys = [*(key for pair in pairs for key in pair), *consents]
    return [key.reveal() for key in keys if key and key.is_readable]


# --- Consents -----------------------------------------------------------------------------------------------------


def exchange(client: oauth.OAuthClient, code: str, verifier: Secret, asked: tuple[str, ...]) -> oauth.Grant:
    """The key for a code. Raises oauth.OAuthFailure."""
    return client.exchange(code, verifier.reveal(), asked)


def revoke(client: oauth.OAuthClient, key: Secret) -> None:
    """Have the gateway end a key. Raises oauth.OAuthFailure, and oauth.OAuthUnusable for a key that cannot be read."""
    client.revoke(_revealed(key))


def _revealed(secret: Secret) -> str:
    try:
        return secret.reveal()
    except NoKey as unreadable:
        raise oauth.OAuthUnusable(str(unreadable)) from None


KNOWN_SECONDS, UNKNOWN_SECONDS = 300, 30


def oauth_client(
    base_url: str, client_id: str, secret: Secret | None, redirect_uri: str
) -> oauth.OAuthClient:
    """The OAuth client for the gateway at `base_url`. Raises AddressNotAllowed, oauth.OAuthUnusable, oauth.OAuthFailure."""
    found = discovery(base_url)
    return oauth.OAuthClient(found, client_id, _revealed(secret) if secret else None, redirect_uri)


def discovery(base_url: str) -> oauth.Discovery:
    """What the gateway announces, asked once in five minutes.

    Raises AddressNotAllowed, oauth.OAuthUnusable, oauth.OAuthFailure.
    """
    _require_allowed(base_url)
    name = f"oauth-discovery:{base_url}"
    known = cache.get(name)
    if known is None:
        known = _asked(base_url)
        cache.set(name, known, KNOWN_SECONDS if isinstance(known, dict) else UNKNOWN_SECONDS)
    if isinstance(known, str):
        raise oauth.OAuthUnusable(known)
    return oauth.Discovery(**known)


def _asked(base_url: str) -> dict[str, Any] | str:
    """The announcement, or why there is none: in the cache, so that a gateway that hangs costs one page its wait."""
    try:
        return asdict(oauth.discover(base_url))
    except (oauth.OAuthUnusable, oauth.OAuthFailure) as reason:
        return str(reason)


def _require_allowed(base_url: str) -> None:
    if base_url not in allowed_urls():
        raise AddressNotAllowed
