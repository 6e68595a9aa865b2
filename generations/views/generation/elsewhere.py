"""What a stored request would have cost elsewhere: a part of the Cost tab, by the gateway's price list."""

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team, may
from generations.gateway import prices
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.reading.prices import elsewhere
from generations.replay.order.orders import source_of
from generations.replay.prices.price_book import PriceBook
from generations.views.shared.shortcuts import get_generation_or_404

TABLE = "generations/generation/elsewhere.html"
SHOWN, MOST = 50, 1000
# Members of a record that tell what was used; of a large record nothing else is read.
FIGURES = (
    *("endpoint", "provider", "model_id", "usage", "pricing_lines", "cost_nanos", "currency"),
    *("usage_input_tokens", "usage_output_tokens", "usage_total_tokens", "is_free_variant", "byok"),
)


@for_team(Right.READ)
@require_GET
def prices_elsewhere(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with the table: members have the gateway asked for its list, viewers see one that is kept."""
    row = get_generation_or_404(request, slug)
    return render(request, TABLE, _context(request, row, PriceBook(may(request, Right.LOOK_UP))))


def table(request: TeamRequest, row: Generation, *, replayable: bool) -> str:
    """The table by the list that is kept, for the page; without one what fetches it."""
    book = PriceBook(request.GET.get("prices") == "1" and may(request, Right.LOOK_UP))
    return render_to_string(TABLE, _context(request, row, book, replayable=replayable), request)


def _context(
    request: TeamRequest, row: Generation, book: PriceBook, *, replayable: bool | None = None
) -> dict[str, object]:
    source = source_of(row)
    found = book.list_of(source) if source else None
    record = row.records.best_first().defer("outline").first() if found else None
    entries = found.of_capability(prices.capability(row.endpoint)) if found else []
    rows = elsewhere.elsewhere(entries, _figures(record)) if record else []
    most = MOST if request.GET.get("all") == "1" else SHOWN
    can_replay = record is not None and record.replayable if replayable is None else replayable
    return {
        "generation": row,
        "base": row.get_absolute_url(),
        "known": found,
        "rows": rows[:most],
        "total": len(rows),
        "asked": book.may_ask,
        "may_ask": source is not None and may(request, Right.LOOK_UP),
        "may_replay": can_replay and may(request, Right.REPLAY),
        "listed": any(other.is_origin for other in rows),
    }


def _figures(stored: StoredRecord) -> Record:
    """The record, of a large one only what is counted and priced."""
    if stored.packed:
        return Record.read(stored.raw)
    found = [(name, stored.value(f"/{name}")) for name in FIGURES]
    members = [f'"{name}": '.encode() + value.read() for name, value in found if value is not None]
    return Record.read(b"{" + b", ".join(members) + b"}")
