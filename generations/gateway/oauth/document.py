"""The client metadata document: what Retake serves, and what the gateway demands of it.

contract: "Who is the client" and its measurement. The gateway has one sentence for every fault of a document and leaves
the person on its own error page, so a client has to check its document by itself. `faults` holds the gateway's rules.
"""

import json
import re
import unicodedata
from urllib.parse import urlsplit

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, Value, is_text, loads

__all__ = ["LARGEST", "SCOPES", "faults", "is_client_id", "render", "scopes_of"]

LARGEST = 5 * 1024  # bytes
SCOPES = (
    "openid",
    "profile",
    "email",
    "gateway:access",
    "models:read",
    "providers:read",
    "pricing:read",
    "credits:read",
    "activity:read",
    "analytics:read",
    "generations:read",
)
GRANTS = {"authorization_code", "refresh_token"}
RESERVED = re.compile(r"(?<![0-9a-z])(phaseo|ai[\s_-]?stats)(?![0-9a-z])")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def render(client_id: str, redirect_uri: str, home: str, scopes: tuple[str, ...]) -> bytes:
    """The document that lets `client_id`, its own address, stand for Retake.

    A home that is not https is left out: the gateway refuses a document with such a `client_uri`.
    """
    document = {
        "client_id": client_id,
        "client_name": "Retake",
        "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": " ".join(scopes),
    }
    if home.startswith("https://"):
        document["client_uri"] = home
    return json.dumps(document, indent=2).encode()


def is_client_id(text: str) -> bool:
    """Whether the gateway takes this address for a metadata document: https, a path, no user info, no fragment."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    named = parts.scheme == "https" and bool(parts.hostname) and parts.path not in ("", "/")
    return named and "@" not in parts.netloc and "#" not in text and len(text) <= 2048


def faults(body: bytes, client_id: str, redirect_uri: str) -> list[str]:
    """What the gateway would not accept, in sentences; empty for a good document."""
    if len(body) > LARGEST:
        return [f"The document has {len(body):,} bytes; the gateway reads at most {LARGEST:,}."]
    try:
        document = loads(body)
    except Unreadable:
        return ["The answer is no JSON: a sign-in page or a proxy may stand in front of it."]
    if not isinstance(document, dict):
        return ["The document is no JSON object."]
    found = (
        _named(document, client_id),
        _name(document.get("client_name")),
        _redirects(document.get("redirect_uris"), redirect_uri),
        *(_link(document, member) for member in ("client_uri", "logo_uri")),
        _kinds(document),
        _scope(document.get("scope")),
    )
    return [fault for fault in found if fault]


def scopes_of(document: dict[str, Value]) -> tuple[str, ...]:
    """The scopes that a client with this document may ask for; words that are unknown or not for it are dropped."""
    if "scope" not in document:
        return SCOPES
    return tuple(word for word in str(document["scope"]).split() if word in SCOPES)


def _named(document: dict[str, Value], client_id: str) -> str:
    other = document.get("client_id")
    if other == client_id:
        return ""
    return f"Its client_id is {visible(str(other))[:200]!r}, not its own address {client_id!r}. Check PUBLIC_URL."


def _name(name: Value) -> str:
    if not is_text(name) or not 0 < len(name.strip()) <= 100:
        return "Its client_name must have 1 to 100 characters."
    if any(unicodedata.category(letter) in ("Cc", "Cf") for letter in name):
        return "Its client_name holds control characters."
    if RESERVED.search(unicodedata.normalize("NFKC", name).lower()):
        return "Its client_name holds a name that the gateway keeps for itself."
    return ""


def _redirects(value: Value, redirect_uri: str) -> str:
    listed = value if isinstance(value, list) else []
    if not 1 <= len(listed) <= 10:
        return "Its redirect_uris must name 1 to 10 addresses."
    wrong = [item for item in listed if not _returns(item)]
    if wrong:
        return f"The redirect URI {visible(str(wrong[0]))[:200]!r} is neither https nor http on loopback."
    return "" if redirect_uri in listed else f"Its redirect_uris do not hold {redirect_uri!r}."


def _returns(value: Value) -> bool:
    if not is_text(value) or "#" in value:
        return False
    parts = urlsplit(value)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _link(document: dict[str, Value], member: str) -> str:
    value = document.get(member, "https://")
    return "" if is_text(value) and value.startswith("https://") else f"Its {member} is no https address."


def _kinds(document: dict[str, Value]) -> str:
    if document.get("token_endpoint_auth_method", "none") != "none":
        return "Its token_endpoint_auth_method must be none."
    grants = _set(document.get("grant_types", ["authorization_code"]))
    if "authorization_code" not in grants or not grants <= GRANTS:
        return "Its grant_types must hold authorization_code and nothing that the gateway does not know."
    return (
        ""
        if document.get("response_types", ["code"]) == ["code"]
        else "Its response_types must be code alone."
    )


def _scope(value: Value) -> str:
    if value is None:
        return ""
    allowed = is_text(value) and set(value.split()) & set(SCOPES)
    return "" if allowed else "Its scope holds nothing that such a client may have."


def _set(value: Value) -> set[str]:
    return {str(item) for item in value} if isinstance(value, list) else set()
