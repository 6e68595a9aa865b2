"""One catalogue of everything that can go wrong with a request: title, whose fault, advice, may a replay help, action.

Errors of calls (`gateway.errors`), records and replays (`reading.verdict`) all read it. Pure data and look-ups.
"""

from collections.abc import Iterable

from generations.gateway.error_catalogue.categories import CATEGORIES, LIKELY, REJECTED
from generations.gateway.error_catalogue.codes import CODES
from generations.gateway.error_catalogue.connections import CONNECTIONS
from generations.gateway.error_catalogue.entry import (
    FAULTS,
    HELPS,
    RETRIES,
    Action,
    CatalogueEntry,
    Help,
    Retry,
    Whose,
)
from generations.gateway.error_catalogue.reasons import OF_KEYS, REASONS, TRANSIENT
from generations.gateway.error_catalogue.statuses import GENERIC, STATUSES, by_status

__all__ = [
    "CATEGORIES",
    "CODES",
    "CONNECTIONS",
    "FAULTS",
    "GENERIC",
    "HELPS",
    "LIKELY",
    "OF_KEYS",
    "REASONS",
    "REJECTED",
    "RETRIES",
    "STATUSES",
    "TRANSIENT",
    "Action",
    "CatalogueEntry",
    "Help",
    "Retry",
    "Whose",
    "by_status",
    "everything",
    "likely_cause",
]


def likely_cause(statuses: Iterable[int]) -> CatalogueEntry | None:
    """The likely cause by the HTTP statuses of failed providers, when all agree."""
    found = {LIKELY.get(status) for status in statuses}
    return found.pop() if len(found) == 1 else None


def everything() -> list[tuple[str, CatalogueEntry]]:
    """Every entry with the name of its table."""
    tables = {
        "category": CATEGORIES,
        "code": CODES,
        "connection": CONNECTIONS,
        "reason": REASONS,
        "status": STATUSES,
        "rejected": {REJECTED.key: REJECTED},
        "generic": {GENERIC.key: GENERIC},
    }
    return [(name, entry) for name, entries in tables.items() for entry in entries.values()]
