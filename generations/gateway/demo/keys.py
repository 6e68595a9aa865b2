"""Demo credentials. All of them are invented here and worth nothing anywhere else.

contract: a gateway key is `phaseo_v1_sk_<12 base62>_<40 base62>`, a management key has `mk` instead of `sk`,
an OAuth delegated key looks like a gateway key, an OAuth access token is a JWT in three parts.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["gateway", "delegated", "management", "token"]
WORKSPACE = "7c2d6d0e-9c35-4a53-8d7e-3d8b0d1f2a10"
OTHER_WORKSPACE = "3f0a9f52-1f6b-4d0e-9d53-6c1be0a7c7aa"
SECRET = "DemoOnlyThisIsNotASecret".ljust(40, "0")


@dataclass(frozen=True, slots=True)
class Holder:
    """What the demo gateway knows about one credential. `refused` is the reason of its 401, if any."""

    name: str
    kind: Kind
    key_id: str
    scopes: frozenset[str] = frozenset()
    workspace: str = WORKSPACE
    refused: str | None = None
    role: str = "owner"

    @property
    def oauth(self) -> bool:
        """Delegated keys and access tokens carry scopes; plain keys carry none."""
        return self.kind in ("delegated", "token")


def _key(kid: str, kind: str = "sk", family: str = "phaseo") -> str:
    return f"{family}_v1_{kind}_{kid.ljust(12, '0')}_{SECRET}"


def _token(subject: str) -> str:
    parts = ('{"alg":"none","typ":"JWT"}', f'{{"iss":"phaseo","sub":"{subject}"}}', "demo signature")
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


PLAIN_KEY = _key("DemoPlain")
LEGACY_KEY = _key("DemoLegacy", family="aistats")
SCOPED_KEY = _key("DemoScoped")
FULL_KEY = _key("DemoFull")
UNSCOPED_KEY = _key("DemoUnscoped")
MANAGEMENT_KEY = _key("DemoManage", kind="mk")
OTHER_TEAM_KEY = _key("DemoOther")
ACCESS_TOKEN = _token("demo")

EXPIRED_KEY = _key("DemoExpired")
REVOKED_KEY = _key("DemoRevoked")
WRONG_SECRET_KEY = PLAIN_KEY[:-1] + "X"
RETIRED_KEY = _key("DemoRetired", kind="k", family="aistats")
MALFORMED_KEY = "phaseo_v1_sk_too-short"
MANAGED_INVALID_KEY = _key("DemoManaged")
UNLINKED_KEY = _key("DemoUnlinked")
NO_GATEWAY_KEY = _key("DemoNoAccess")
BLOCKED_KEY = _key("DemoBlocked", kind="mk")
BARE_MANAGEMENT_KEY = _key("DemoBare", kind="mk")
DATABASE_DOWN_KEY = _key("DemoDbError")
NO_PEPPER_KEY = _key("DemoNoPepper")
RESOURCE_TOKEN = _token("resource")
UNCONFIGURED_TOKEN = _token("unconfigured")
INVALID_TOKEN = _token("invalid")
FAILED_TOKEN = _token("failed")
NO_KEYS_TOKEN = _token("no-jwks")
BROKEN_TOKEN = "eyJhbGciOiJub25lIn0.not*base64.x"

_SCOPED = frozenset({"gateway:access", "generations:read", "activity:read"})
_FULL = _SCOPED | {
    "keys:read",
    "models:read",
    "providers:read",
    "pricing:read",
    "credits:read",
    "feedback:read",
    "feedback:write",
}
_PLAIN_ID = "b7b6f9de-5d0a-4f1e-8c5e-3f1c2d7a9e11"


def _refused(name: str, reason: str, kind: Kind = "gateway") -> Holder:
    return Holder(name, kind, _PLAIN_ID, refused=reason)


HOLDERS: dict[str, Holder] = {
    PLAIN_KEY: Holder("Support chat", "gateway", _PLAIN_ID),
    LEGACY_KEY: Holder("Old website", "gateway", "0b1f4f0e-6a1d-4a8e-b6f6-0d1e2c3b4a59"),
    SCOPED_KEY: Holder("Retake", "delegated", "5e2c1d8a-77aa-4c0f-9a3b-2f6d8c1b0e44", _SCOPED),
    FULL_KEY: Holder("Operations", "delegated", "9d4b7a10-3c5e-4f7b-8a21-6e0f1d2c3b95", _FULL),
    UNSCOPED_KEY: Holder(
        "Agent", "delegated", "1a6e8c3d-90b2-4d5f-a7c4-8b9e0f1a2d36", frozenset({"gateway:access"})
    ),
    MANAGEMENT_KEY: Holder("Administration", "management", "c3f1a9b8-2d4e-4b6a-9c7d-5e8f0a1b2c47", _FULL),
    OTHER_TEAM_KEY: Holder(
        "Another team",
        "delegated",
        "e8d7c6b5-a4f3-4e2d-8c1b-0a9f8e7d6c58",
        _SCOPED,
        workspace=OTHER_WORKSPACE,
    ),
    ACCESS_TOKEN: Holder("Signed-in person", "token", "", _FULL),
    EXPIRED_KEY: _refused("expired", "key_expired"),
    REVOKED_KEY: _refused("revoked", "key_not_found_or_revoked"),
    WRONG_SECRET_KEY: _refused("wrong secret", "invalid_secret"),
    MANAGED_INVALID_KEY: _refused("managed", "oauth_managed_key_invalid", "delegated"),
    UNLINKED_KEY: _refused("unlinked", "oauth_authorization_revoked", "delegated"),
    NO_GATEWAY_KEY: _refused("no access", "oauth_gateway_scope_required", "delegated"),
    BLOCKED_KEY: _refused("blocked", "key_soft_blocked", "management"),
    BARE_MANAGEMENT_KEY: Holder("bare", "management", "d2c3b4a5-9687-4f5e-8d6c-7b8a9f0e1d69"),
    DATABASE_DOWN_KEY: _refused("database down", "db_error"),
    NO_PEPPER_KEY: _refused("no pepper", "server_misconfig_missing_pepper"),
    RESOURCE_TOKEN: _refused("resource", "oauth_resource_token_not_valid_for_api", "token"),
    UNCONFIGURED_TOKEN: _refused("unconfigured", "oauth_not_configured", "token"),
    INVALID_TOKEN: _refused("invalid", "invalid_oauth_token", "token"),
    FAILED_TOKEN: _refused("failed", "oauth_authentication_failed", "token"),
    NO_KEYS_TOKEN: _refused("no key set", "oauth_jwks_unavailable", "token"),
}


def _nobody(_: str) -> Holder | None:
    return None


# Who holds a key that came of a consent; `oauth` puts its own in place.
issued: Callable[[str], Holder | None] = _nobody

_GATEWAY_FORM = re.compile(r"(phaseo|aistats)_v1_sk_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}")
_MANAGEMENT_FORM = re.compile(r"phaseo_v1_mk_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}")
_TOKEN_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


def identify(header: str | None) -> Holder | str:
    """Takes the Authorization header; gives the holder, or the reason of the 401.

    contract: the header starts exactly with `Bearer `; more blanks are cut off (§0.2).
    """
    if header is None or not header.startswith("Bearer ") or not header[7:].strip():
        return "missing_or_invalid_authorization_header"
    credential = header[7:].strip()
    holder = HOLDERS.get(credential) or issued(credential)
    if holder is None:
        return _unknown(credential)
    return holder.refused if holder.refused and holder.kind != "management" else holder


def _unknown(credential: str) -> str:
    if _GATEWAY_FORM.fullmatch(credential) or _MANAGEMENT_FORM.fullmatch(credential):
        return "key_not_found_or_revoked"
    if credential.count(".") != 2:
        return "invalid_key_format"
    if not _TOKEN_FORM.fullmatch(credential):
        return "invalid_jwt_format"
    return "invalid_oauth_token" if _is_of_gateway(credential) else "invalid_key_format"


def _is_of_gateway(token: str) -> bool:
    """Whether a JWT carries the gateway's claims; others are no credentials at all (contract §0.2)."""
    part = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(claims, dict) and "iss" in claims


def gateway_refusal(holder: Holder, *, inference: bool) -> str | None:
    """Why this holder may not use gateway routes (`inference`: the POST ones), or None."""
    if holder.kind == "management":
        return "management_key_not_valid_for_gateway"
    if holder.kind == "token" and inference:
        return "oauth_delegated_key_required"
    return None


def management_refusal(holder: Holder) -> str | None:
    """Why this holder may not use management routes such as /v1/logs, or None.

    Scopes of OAuth are asked later.
    """
    if holder.refused:
        return holder.refused
    if holder.kind == "gateway":
        return "management_key_required"
    if holder.kind == "management" and not holder.scopes:
        return "management_key_scopes_required"
    return None
