"""What an authorize request asks for, checked in the gateway's order. contract: every error is JSON in place."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from generations.gateway.demo.server.oauth.people import CLIENTS, KnownClient

DEFAULT_SCOPES = "openid profile email gateway:access"
CHALLENGE = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
LONGEST = 2048
KNOWN = (
    *("client_id", "redirect_uri", "response_type", "scope", "state"),
    *("code_challenge", "code_challenge_method", "resource"),
)
FindClient = Callable[[str, str], Awaitable[KnownClient | None]]


class OAuthRefused(Exception):
    """An OAuth error in place: status, code, description."""

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status, self.error, self.description = status, error, description
        super().__init__(description)


INVALID_CLIENT = (401, "invalid_client", "OAuth client or redirect_uri is invalid")
NOT_ALLOWED = (400, "invalid_scope", "One or more requested scopes are not allowed for this client")


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """A good authorize request."""

    client: KnownClient
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str | None
    resource: str
    given: dict[str, str]

    def query(self) -> str:
        """The parameters that go on to the consent page: as they came, with the scopes in one form."""
        return urlencode({**self.given, "scope": " ".join(self.scopes), "phaseo_oauth": "1"})


async def read(query: Mapping[str, str], find: FindClient) -> AuthorizeRequest:
    """The request of this query. Raises OAuthRefused."""
    client_id, redirect_uri = query.get("client_id", "").strip(), query.get("redirect_uri", "").strip()
    if any(len(query.get(name, "")) > LONGEST for name in ("client_id", "redirect_uri", "state", "scope")):
        raise OAuthRefused(400, "invalid_request", "OAuth request parameters are too large")
    challenge = query.get("code_challenge", "")
    method = query.get("code_challenge_method", "S256")
    if not (client_id and redirect_uri and method == "S256" and CHALLENGE.fullmatch(challenge)):
        raise OAuthRefused(400, "invalid_request", "client_id, redirect_uri, and S256 PKCE are required")
    if query.get("response_type", "code") != "code":
        raise OAuthRefused(400, "unsupported_response_type", "Only response_type=code is supported")
    resource = _resource(query.get("resource", ""))
    client = await find(client_id, redirect_uri)
    if client is None:
        raise OAuthRefused(*INVALID_CLIENT)
    elsewhere = bool(resource) and urlsplit(resource).hostname != "127.0.0.1"
    scopes = _scopes(query.get("scope", "") or DEFAULT_SCOPES, client, needs_gateway=not elsewhere)
    given = {name: query[name] for name in query if name in KNOWN}
    return AuthorizeRequest(client, redirect_uri, scopes, challenge, query.get("state"), resource, given)


def _resource(text: str) -> str:
    parts = urlsplit(text)
    if text and not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1")):
        raise OAuthRefused(
            400, "invalid_target", "resource must be an HTTPS or loopback protected resource URL"
        )
    return text


def _scopes(text: str, client: KnownClient, *, needs_gateway: bool) -> tuple[str, ...]:
    """contract: separated by blanks or commas; each once."""
    words = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if any(word not in client.scopes for word in words):
        raise OAuthRefused(*NOT_ALLOWED)
    if needs_gateway and "gateway:access" not in words:
        raise OAuthRefused(400, "invalid_scope", "gateway:access is required for third-party OAuth")
    return words


def registered(client_id: str, redirect_uri: str, extra: Mapping[str, KnownClient]) -> KnownClient | None:
    """A client of the settings whose redirect is exactly this one."""
    client = extra.get(client_id) or CLIENTS.get(client_id)
    return client if client and redirect_uri in client.redirect_uris else None
