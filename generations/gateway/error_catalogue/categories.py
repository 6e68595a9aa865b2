"""The categories of `provider_failure_diagnostics`, and a rejected request. contract: "Authentication and errors"."""

from generations.gateway.error_catalogue.entry import CatalogueEntry, table

CATEGORIES = table(
    CatalogueEntry(
        "credentials_not_configured",
        "The gateway has no credentials for {provider}.",
        "gateway",
        "Replay on another provider, or contact the gateway's support. If the provider key is your own, check it.",
        "other",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "credentials_invalid_or_forbidden",
        "{provider} refused the credentials.",
        "gateway",
        "If the provider key is your own, renew it at the provider; if it is the gateway's, contact its support.",
        "other",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "provider_access_missing",
        "{provider} refused the gateway's access.",
        "gateway",
        "Replay on another provider. Access to {model} at {provider} has to be granted first.",
        "other",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "region_or_project_restriction",
        "{provider} does not serve this model in that region or project.",
        "provider",
        "Replay on another provider, or ask for another region in `provider`.",
        "other",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "model_unavailable_for_endpoint",
        "{provider} does not offer {model} at this endpoint.",
        "gateway",
        "Replay on another provider or with another model.",
        "other",
        "replay_other_provider",
    ),
    CatalogueEntry(
        "rate_limited",
        "{provider} rate-limited the request.",
        "provider",
        "Wait a moment, or replay on another provider. Allowing fallbacks avoids this.",
        "same",
        "replay",
    ),
    CatalogueEntry(
        "server_error",
        "{provider} had an internal error.",
        "provider",
        "Replay it; if it fails again, try another provider.",
        "same",
        "replay",
    ),
)

REJECTED = CatalogueEntry(
    "provider_rejected",
    "{provider} rejected the request as invalid.",
    "you",
    "Fix what the provider's message describes; other providers may be less strict.",
    "other",
    "replay_other_provider",
)

# The likely category by a failed provider's HTTP status, when none is given.
LIKELY: dict[int, CatalogueEntry] = {
    **dict.fromkeys((400, 422), REJECTED),
    401: CATEGORIES["credentials_invalid_or_forbidden"],
    403: CATEGORIES["provider_access_missing"],
    404: CATEGORIES["model_unavailable_for_endpoint"],
    429: CATEGORIES["rate_limited"],
    **dict.fromkeys((408, 500, 502, 503, 504, 529), CATEGORIES["server_error"]),
}
