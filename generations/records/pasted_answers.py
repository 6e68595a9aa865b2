"""Keep and replace the answer that somebody pasted for a generation."""

from django.db import transaction
from django.utils import timezone

from dashboard.connections import clients
from dashboard.models import User
from dashboard.people.team_service import audit
from generations.gateway import endpoints
from generations.models import Forgetting, Generation, PastedAnswer
from generations.reading.answer import pasted
from generations.reading.page_types.outline import Outline

WIRES = ("chat", "responses", "messages", "transcription", "embeddings", "moderations", "rerank", "ocr")
PASTED, REPLACED, REMOVED = "answer.pasted", "answer.pasted_again", "answer.paste_removed"
BROKEN = ("upstream_stream_failure", "stream_error")  # codes of streams that broke, maybe after some words
KNOWN = "The gateway kept the answer of this generation, so nothing needs to be pasted."
NO_TEXT = "The answer of this endpoint is no text and no JSON, so it cannot be pasted."


def refusal(row: Generation, outline: Outline) -> str:
    """Why no answer can be pasted for this generation, "" when one can."""
    known = endpoints.find(row.endpoint)
    if known is not None and known.wire not in WIRES:
        return NO_TEXT
    return "" if outline.lacks_answer else KNOWN


def is_offered(row: Generation, outline: Outline) -> bool:
    """Whether the page offers it: not for what failed before a word was said, though it can be done there, too."""
    broke = row.error_code.rpartition(":")[2] in BROKEN
    return not refusal(row, outline) and (row.success is not False or broke)


def keep(row: Generation, user: User, text: str, *, as_text: bool = False) -> PastedAnswer:
    """Store what was pasted in the place of what was pasted before. Raises PasteRefused, Generation.DoesNotExist."""
    known = endpoints.find(row.endpoint)
    read = pasted.read(text, known.wire if known else "", as_text=as_text, secrets=clients.keys_of(row.team))
    columns = {
        "team": row.team,
        "pasted_by": user,
        "pasted_at": timezone.now(),
        "kind": read.kind,
        "packed": PastedAnswer.pack(read.text),
        "size": len(read.text.encode("utf-8", "surrogatepass")),
        "removed": read.removed,
        "hidden": False,
    }
    with transaction.atomic():
        Generation.objects.select_for_update().get(pk=row.pk)  # first, as who forgets does
        made, is_new = PastedAnswer.rows.update_or_create(generation=row, defaults=columns)
        Forgetting.objects.filter(generation=row, pasted_only=True).delete()  # that of the one before
        facts = {"size": made.size, "kind": made.kind, "credentials_removed": made.removed}
        audit(row.team, user, PASTED if is_new else REPLACED, row.request_id, **facts)
    return made
