"""The tab with what went to the provider."""

from generations.models import Generation
from generations.reading import documents
from generations.reading.diff import provider_request
from generations.reading.diff.provider_request import ProviderRequest
from generations.reading.page_types.outline import Outline


def sent_of(row: Generation, outline: Outline) -> ProviderRequest | None:
    """What the best record of a generation says of it; None where it holds nothing of the kind."""
    record = row.records.best_first().defer("outline").first()
    found = record.value(documents.RAW_SENT) if record else None
    if record is None or found is None:
        return None
    asked = record.value(outline.request.at) if outline.request.at else None
    if max(found.size, asked.size if asked else 0) > provider_request.READ_UP_TO:
        return provider_request.too_large(found, asked)
    raw = found.read().strip()
    return None if raw == b"null" else provider_request.read(asked.read().strip() if asked else None, raw)
