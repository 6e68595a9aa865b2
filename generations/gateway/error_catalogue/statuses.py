"""The meaning of an HTTP status when neither code nor reason is known."""

from generations.gateway.error_catalogue.entry import CatalogueEntry, table

_FIX = "Fix what the message describes."

STATUSES = table(
    CatalogueEntry("400", "The request was rejected as invalid.", "you", _FIX),
    CatalogueEntry("401", "The gateway refused the key.", "account", "Check the key that was sent.", "later"),
    CatalogueEntry("402", "Payment is required.", "account", "Top up the gateway account.", "later"),
    CatalogueEntry(
        "403", "The request was forbidden.", "account", "Check what the key and the workspace allow.", "later"
    ),
    CatalogueEntry(
        "404",
        "Something the request refers to does not exist.",
        "you",
        "Check the IDs and names in the request.",
    ),
    CatalogueEntry(
        "408", "The request took too long.", "unknown", "Replay it, or ask for less.", "unsure", "replay"
    ),
    CatalogueEntry("409", "The result was not ready yet.", "gateway", "Try again later.", "later", "replay"),
    CatalogueEntry(
        "413",
        "The request was too large.",
        "you",
        "Send less: the limit is 16 MiB for JSON, 32 MiB for uploads.",
    ),
    CatalogueEntry("422", "The request was rejected as invalid.", "you", _FIX),
    CatalogueEntry(
        "429",
        "Rate-limited: there were too many requests, or a limit was reached.",
        "account",
        "The limit may be the key's, the model's or the provider's. Wait, then replay it.",
        "same",
        "replay",
    ),
    CatalogueEntry(
        "499",
        "The client closed the connection.",
        "you",
        "Look for a timeout in the client.",
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "500", "The gateway failed.", "gateway", "Replay it; report it if it fails again.", "unsure", "replay"
    ),
    CatalogueEntry("501", "The gateway does not offer this.", "gateway", "Use another endpoint or model."),
    CatalogueEntry(
        "502",
        "The provider failed.",
        "provider",
        "Replay it, or choose another provider.",
        "unsure",
        "replay",
    ),
    CatalogueEntry(
        "503", "The service was unavailable.", "gateway", "Wait a moment, then replay it.", "same", "replay"
    ),
    CatalogueEntry(
        "504", "The provider took too long.", "provider", "Replay it, or ask for less.", "unsure", "replay"
    ),
    CatalogueEntry(
        "529", "The provider was overloaded.", "provider", "Wait a moment, then replay it.", "same", "replay"
    ),
)
GENERIC = CatalogueEntry(
    "",
    "The request failed with a code that Retake does not know.",
    "unknown",
    "Read the response below.",
    "unsure",
    "replay",
)


def by_status(status: int | None) -> CatalogueEntry:
    """The entry of the status; of its class (4xx, 5xx) where it has no entry of its own."""
    known = STATUSES.get(str(status))
    if known is None and status is not None and 400 <= status < 600:
        known = STATUSES["400" if status < 500 else "500"]
    return known or GENERIC
