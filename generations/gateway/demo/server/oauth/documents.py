"""Client metadata documents: fetched without cookies or redirects, at most 5 KiB within 10 s, kept for an hour.

The real gateway takes https only. The demo also fetches from loopback over http, and its consent page says so.
"""

import json
from urllib.parse import urlsplit

from generations.gateway.demo.server.oauth.people import KnownClient
from generations.gateway.oauth import document

HOUR = 3600
LOOPBACK = "127.0.0.1"


def is_document(client_id: str) -> bool:
    """Whether this client ID is the address of a document."""
    return document.is_client_id(client_id) or _is_local(client_id)


def _is_local(client_id: str) -> bool:
    try:
        parts = urlsplit(client_id)
    except ValueError:
        return False
    return (
        parts.scheme == "http"
        and parts.hostname == LOOPBACK
        and document.is_client_id(f"https{client_id[4:]}")
    )


class Documents:
    """The documents that were fetched, with the moment until which they count."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[float, bytes]] = {}

    async def client(self, client_id: str, redirect_uri: str, now: float) -> KnownClient | None:
        """The client of a good document, None for every fault. contract: faults are not distinguished."""
        ends, body = self.kept.get(client_id, (0.0, b""))
        if now >= ends:
            body = await _fetched(client_id)
            if document.faults(body, client_id, redirect_uri):
                return None
            self.kept[client_id] = (now + HOUR, body)
        if document.faults(body, client_id, redirect_uri):
            return None
        fields = json.loads(body)
        return KnownClient(
            client_id, fields["client_name"], tuple(fields["redirect_uris"]), document.scopes_of(fields)
        )


async def _fetched(client_id: str) -> bytes:
    """The body of a 200, as far as the limit; empty for everything else."""
    import httpx  # a third of what the demo gateway loads, and few ask for a document

    body = b""
    try:
        async with (
            httpx.AsyncClient(timeout=10, follow_redirects=False, trust_env=False) as http,
            http.stream("GET", client_id, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                return b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > document.LARGEST:
                    break
    except (httpx.HTTPError, OSError):
        return b""
    return body
