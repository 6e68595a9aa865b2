"""The only place that opens keys. A client is given one when the operator allows its address.

A connection outlives GATEWAY_URLS, so an address that was allowed when its key was saved may not be any more.
"""

from functools import lru_cache
from typing import Any

from dashboard.fields import Secret
from dashboard.models import Team, allowed_urls
from generations.gateway.client import Client

NO_KEY = Secret("none")  # for the health page, which needs no key, though a client does


class Withdrawn(ValueError):
    """The operator does not allow the address, so no key was sent to it."""

    def __init__(self) -> None:
        super().__init__("The operator no longer allows this gateway address (GATEWAY_URLS).")


def client(base_url: str, key: Secret, **options: Any) -> Client:
    """A client of the gateway at `base_url`; `options` are those of `Client`.

    Raises Withdrawn, or ValueError for an address or a key that cannot be used.
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
    pairs = [(source.read_key, source.replay_key) for source in team.connections.all()]
    return [key.reveal() for pair in pairs for key in pair if key]


def _require_allowed(base_url: str) -> None:
    if base_url not in allowed_urls():
        raise Withdrawn
