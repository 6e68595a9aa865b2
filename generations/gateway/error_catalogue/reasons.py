"""The reasons: `reason` of an error body (in a POST's 401: `description`), and kinds finer than a code.

contract: "Authentication and errors".
"""

from generations.gateway.error_catalogue.entry import CatalogueEntry, table

_NEW = "Create a new key at the gateway and use that one."
_WHOLE = "Copy the whole key again, without quotes or spaces."
_OAUTH = "Grant access again at the gateway and use the new key."
_LATER = "Nothing is wrong with the key. Try again later."

REASONS = table(
    CatalogueEntry(
        "all_candidates_failed",
        "All providers that were tried failed.",
        "provider",
        "Read what each one returned. Replay it, or choose another model.",
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "feature_temporarily_disabled",
        "The gateway has turned off this feature.",
        "gateway",
        "Nothing in the request needs to change. Try again when the gateway offers it.",
    ),
    CatalogueEntry(
        "data_handling_policy_no_routes",
        "No provider of this model meets the workspace's data policy.",
        "account",
        "Set or loosen the data policy at the gateway, or choose a model whose providers meet it.",
        "later",
    ),
    CatalogueEntry(
        "missing_or_invalid_authorization_header",
        "No usable key was sent.",
        "you",
        "Send `Authorization: Bearer <key>`.",
        "later",
    ),
    CatalogueEntry(
        "invalid_key_format", "The value sent as a key does not look like one.", "you", _WHOLE, "later"
    ),
    CatalogueEntry(
        "legacy_key_prefix_retired", "The gateway has retired keys of this kind.", "account", _NEW, "later"
    ),
    CatalogueEntry(
        "management_key_not_valid_for_gateway",
        "This is a management key: it can neither read generations nor send requests.",
        "account",
        "Use a gateway key, or a delegated key with generations:read.",
        "later",
    ),
    CatalogueEntry(
        "key_not_found_or_revoked", "The key does not exist or was revoked.", "account", _NEW, "later"
    ),
    CatalogueEntry("key_expired", "The key has expired.", "account", _NEW, "later"),
    CatalogueEntry("invalid_secret", "The secret half of the key is wrong.", "you", _WHOLE, "later"),
    CatalogueEntry(
        "oauth_managed_key_invalid", "The delegated key is no longer valid.", "account", _OAUTH, "later"
    ),
    CatalogueEntry(
        "oauth_authorization_revoked",
        "The authorization behind the key was revoked.",
        "account",
        _OAUTH,
        "later",
    ),
    CatalogueEntry(
        "oauth_gateway_scope_required",
        "The delegated key is not allowed to send requests.",
        "account",
        "Grant the scope gateway:access.",
        "later",
    ),
    CatalogueEntry(
        "oauth_resource_token_not_valid_for_api",
        "The token was issued for another service.",
        "you",
        "Use a key of this gateway.",
        "later",
    ),
    CatalogueEntry(
        "oauth_not_configured",
        "The gateway does not accept OAuth tokens.",
        "gateway",
        "Use a gateway key.",
        "later",
    ),
    CatalogueEntry(
        "invalid_jwt_format", "The access token is malformed.", "you", "Copy the whole token again.", "later"
    ),
    CatalogueEntry(
        "invalid_oauth_token", "The access token is invalid or has expired.", "account", _OAUTH, "later"
    ),
    CatalogueEntry(
        "oauth_authentication_failed", "The gateway refused the access token.", "account", _OAUTH, "later"
    ),
    CatalogueEntry(
        "oauth_delegated_key_required",
        "An access token cannot send requests.",
        "account",
        "Use a delegated key with gateway:access, or a gateway key.",
        "later",
    ),
    CatalogueEntry(
        "management_key_required",
        "This address needs a management key.",
        "account",
        "Use a management key.",
        "later",
    ),
    CatalogueEntry(
        "management_key_scopes_required",
        "The management key lacks a scope.",
        "account",
        "Add the scope to the key at the gateway.",
        "later",
    ),
    CatalogueEntry(
        "key_soft_blocked",
        "The key is blocked at the gateway.",
        "account",
        "Unblock the key at the gateway, or use another one.",
        "later",
    ),
    CatalogueEntry(
        "requires_internal_token",
        "Testing mode is for the gateway's own staff.",
        "you",
        "Remove the header x-phaseo-testing-mode.",
        "same",
        "replay",
    ),
    CatalogueEntry(
        "db_error",
        "The gateway's database failed.",
        "gateway",
        "Nothing is wrong with the request or the key. Try again later.",
        "same",
        "replay",
    ),
    CatalogueEntry(
        "server_misconfig_missing_pepper",
        "The gateway could not check the key.",
        "gateway",
        _LATER,
        "same",
        "replay",
    ),
    CatalogueEntry(
        "oauth_jwks_unavailable",
        "The gateway could not check the token.",
        "gateway",
        _LATER,
        "same",
        "replay",
    ),
)
OF_KEYS = frozenset(REASONS) - {
    "all_candidates_failed",
    "feature_temporarily_disabled",
    "data_handling_policy_no_routes",
}
"""The reasons of a 401."""
TRANSIENT = frozenset(("db_error", "server_misconfig_missing_pepper", "oauth_jwks_unavailable"))
"""Those for which the gateway is to blame and no key."""
