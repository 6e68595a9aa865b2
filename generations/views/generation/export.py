"""The stored request for use elsewhere: as code, as a file, and in a bundle for a provider's support desk."""

from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from dashboard.web.heavy_work import leave_page_thread
from generations.gateway import endpoints
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.reading.export import bundle as bundles
from generations.reading.export import snippets
from generations.reading.export.snippets import Snippet
from generations.records.rebuild import outline_of
from generations.replay.order import orders
from generations.views.shared.downloads import download
from generations.views.shared.shortcuts import get_generation_or_404

AT_ONCE = 2**20  # bytes of a record that a page thread reads whole
IN_MEMORY = 2**20  # bytes of a bundle; a larger one goes through a file


@dataclass(frozen=True, slots=True)
class ExportSource:
    """A generation, its best stored record, and the address it came from."""

    row: Generation
    stored: StoredRecord
    record: Record
    base_url: str

    @property
    def code(self) -> list[Snippet]:
        """The request as code; none without a stored request or a known endpoint."""
        endpoint = endpoints.find(self.record.endpoint or "")
        body = self.record.request_body
        return snippets.snippets(self.base_url, endpoint, body) if endpoint and body else []


def _kept(request: TeamRequest, slug: str, *, zipped: bool = False) -> ExportSource:
    """The generation with its whole record in memory. Raises Http404 where none is stored."""
    row = get_generation_or_404(request, slug)
    best = row.records.best_first().defer("outline", "packed").first()
    if best is None:
        raise Http404("The record of this generation is no longer stored.")
    if zipped or best.size > AT_ONCE:
        leave_page_thread(request)
    source = orders.source_of(row)
    base_url = source.base_url if source else settings.GATEWAY_URLS[0]
    return ExportSource(row, best, Record.read(best.raw, asked_id=row.request_id), base_url)


@for_team(Right.READ)
@require_GET
def copy_as(request: TeamRequest, slug: str) -> HttpResponse:
    """The page with the stored request as cURL, Python and JavaScript."""
    kept = _kept(request, slug)
    body = kept.record.request_body
    if body is None:
        raise Http404("No request is stored for this generation.")
    kept.stored.refresh_from_db(fields=["outline"])
    outline = outline_of(kept.stored.pk, kept.stored.outline)
    context = {
        "generation": kept.row,
        "base": kept.row.get_absolute_url(),
        "snippets": kept.code,
        "from_file": snippets.inline(body) is None,
        "size": len(body),
        "refusal": outline.refusals[0].what if outline.refusals else "",
        "damage_total": outline.damage_total,
        "key": snippets.KEY,
    }
    return render(request, "generations/generation/copy.html", context)


@for_team(Right.READ)
@require_GET
def copy_one(request: TeamRequest, slug: str, kind: str) -> HttpResponseBase:
    """One of them as plain text."""
    kept = _kept(request, slug)
    found = next((snippet for snippet in kept.code if snippet.name == kind), None)
    if found is None:
        raise Http404("There is no such code for this generation.")
    name = f"{kept.row.slug}.{found.suffix}"
    return download(found.text.encode(), "text/plain; charset=utf-8", name, inline=True)


@for_team(Right.READ)
@require_GET
def request_file(request: TeamRequest, slug: str) -> HttpResponseBase:
    """The body of the request, byte for byte, under the name that the code reads it from."""
    body = _kept(request, slug).record.request_body
    if body is None:
        raise Http404("No request is stored for this generation.")
    return download(body, "application/json", snippets.FILE)


@for_team(Right.READ)
@require_GET
def bundle(request: TeamRequest, slug: str) -> FileResponse:
    """The repro bundle, a zip. `?masked=1` replaces texts by their length."""
    kept = _kept(request, slug, zipped=True)
    mask = request.GET.get("masked") == "1"
    origin = bundles.Origin(kept.row.request_id, kept.base_url, kept.stored.fetched_at)
    target = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- the response closes it
    bundles.write(target, kept.record, origin, mask=mask)
    target.seek(0)
    name = f"{kept.row.slug}{'-masked' if mask else ''}.zip".replace("~", "generation-")
    return FileResponse(target, as_attachment=True, filename=name, content_type="application/zip")
