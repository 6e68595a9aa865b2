"""Error pages. A fragment request gets a short message instead of a page; the status is the same."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from dashboard.web import csrf, outage

HIDDEN = "There is no page at this address, or it belongs to a team you are not in."
FORBIDDEN = "You may not do this."
MANY = "Too many attempts in a short time. Wait a few minutes, then try again."
BROKEN = (
    "Something went wrong in Retake. The error was logged. Try again, or tell whoever operates this Retake."
)


def _answer(request: HttpRequest, template: str, status: int, reason: str, **more: object) -> HttpResponse:
    """The page, or for a fragment request the message alone."""
    name = "dashboard/error_fragment.html" if is_fragment(request) else template
    return render(request, name, {"reason": reason, **more}, status=status)


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: also for a host name that is not allowed, so it reads nothing from the request."""
    return HttpResponse(render_to_string("400.html"), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 with the reason that the check gave."""
    return _answer(request, "403.html", 403, str(exception) or FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same for what does not exist and for what belongs to others."""
    return _answer(request, "404.html", 404, HIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that may not be the sender's: the cause, what to do, and what was written."""
    found = csrf.refusal(request, reason)
    more = {"refusal": found, "written": csrf.fields_of_form(request), "back": csrf.back(request)}
    return _answer(request, "403_csrf.html", 403, found.sentence, **more)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429, reached through django-allauth's limits."""
    return _answer(request, "429.html", 429, MANY)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 for a database that is unavailable, locked or read-only. Asks neither it nor the request's session."""
    if (found := outage.outage_of(sys.exc_info()[1])) is not None:
        return _unavailable(request, found)
    name = "dashboard/error_fragment.html" if is_fragment(request) else "500.html"
    return HttpResponse(render_to_string(name, {"reason": BROKEN}), status=500)


def _unavailable(request: HttpRequest, found: outage.Outage) -> HttpResponse:
    """503 that says what is wrong. A page or a fragment that was read tries again by itself, a form does not."""
    consequence = "" if request.method in ("GET", "HEAD") else outage.UNKNOWN
    body = outage.page(found, is_fragment=is_fragment(request), consequence=consequence)
    return HttpResponse(body, status=503, headers=outage.headers())
