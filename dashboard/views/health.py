"""For load balancers, for the operator, and for browsers that ask for an icon by themselves."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from dashboard.access import for_everybody
from dashboard.readiness import CHECKS


@for_everybody
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up."""
    return HttpResponse(
        "ok\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


@for_everybody
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations and Redis: `{"database": "ok", ...}`; 503 and sentences when something is missing."""
    found = {name: check() for name, check in CHECKS.items()}
    answers = {name: fault or "ok" for name, fault in found.items()}
    status = 503 if any(found.values()) else 200
    return JsonResponse(answers, status=status, headers={"Cache-Control": "no-store"})


@for_everybody
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon for error pages and for files that no page of ours links to."""
    return HttpResponseRedirect(
        static("icons/favicon.ico"), headers={"Cache-Control": "public, max-age=86400"}
    )
