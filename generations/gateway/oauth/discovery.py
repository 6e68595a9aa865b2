"""What a gateway announces about its OAuth. contract: "Discovery"."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from generations.gateway.rawjson.values import Unreadable, Value, is_text, loads

__all__ = ["PATHS", "Discovery", "OAuthUnusable", "origin_of", "read"]

# Asked in this order; the gateway gives the same document at six addresses.
PATHS = ("/.well-known/oauth-authorization-server/oauth", "/.well-known/oauth-authorization-server")
NEEDED = ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint")
LONGEST_URL = 2000


class OAuthUnusable(Exception):
    """The gateway offers no OAuth that Retake can use. The text says why."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Where to ask. `documents`: whether a metadata document may stand for a client; `scopes`: all that exist."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    scopes: tuple[str, ...]
    documents: bool


def origin_of(base_url: str) -> str:
    """The origin of a gateway's base URL: contract: the API's, without `/v1`."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}"


def read(body: bytes, base_url: str) -> Discovery:
    """What the document says. Raises OAuthUnusable: an endpoint elsewhere would get codes and keys."""
    try:
        document = loads(body)
    except Unreadable:
        raise OAuthUnusable("The gateway's discovery document is no JSON.") from None
    if not isinstance(document, dict):
        raise OAuthUnusable("The gateway's discovery document is no JSON object.")
    origin = origin_of(base_url)
    if document.get("issuer") != f"{origin}/oauth":
        raise OAuthUnusable("The gateway's discovery document names another issuer than the gateway.")
    _require_own(document, origin)
    if "S256" not in _words(document.get("code_challenge_methods_supported")):
        raise OAuthUnusable("The gateway does not announce PKCE with S256.")
    return Discovery(
        issuer=f"{origin}/oauth",
        **{name: str(document[name]) for name in NEEDED},
        scopes=_words(document.get("scopes_supported")),
        documents=document.get("client_id_metadata_document_supported") is True,
    )


def _require_own(document: dict[str, Value], origin: str) -> None:
    """Every address that the document names is on the gateway's own origin, and those that are needed are there."""
    named = {name: value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))}
    for name in NEEDED:
        if not is_text(named.get(name)):
            raise OAuthUnusable(f"The gateway's discovery document has no {name}.")
    for name, value in named.items():
        if not _is_own(value, origin):
            raise OAuthUnusable(
                f"The gateway's discovery document puts {name[:60]} on another origin than the gateway's."
            )


def _is_own(value: Value, origin: str) -> bool:
    if not is_text(value) or len(value) > LONGEST_URL or not value.isascii() or not value.isprintable():
        return False
    try:
        parts, own = urlsplit(value), urlsplit(origin)
        same = (parts.scheme, parts.hostname, parts.port) == (own.scheme, own.hostname, own.port)
    except ValueError:
        return False
    return same and parts.username is None and not parts.fragment and " " not in value


def _words(value: Value) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    return tuple(item for item in items[:200] if is_text(item) and len(item) < 100)
