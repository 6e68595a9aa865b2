"""Request IDs, health answers, what pages may load and who may keep them, the team that was used last, and long work."""

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import resolve
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode

from dashboard.access import SignedInRequest
from dashboard.telemetry import request_ids
from dashboard.web import heavy_work
from dashboard.web.wsgi_pages import NOTE

GetResponse = Callable[[HttpRequest], HttpResponseBase]
PROBES = frozenset({"/healthz", "/readyz"})
LAST_TEAM = "team"
DEBUG_PAGES = (404, 500)  # Django's own, which have styles in them
LONGEST_PATH = 4096  # characters; the longest of ours needs a tenth


def request_context(get_response: GetResponse) -> GetResponse:
    """The request ID for all that is done for a request; its route and team for the request's log line."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        before = request_ids.current.set(request_ids.accepted(request.headers.get(request_ids.HEADER)))
        try:
            return get_response(request)
        finally:
            request_ids.current.reset(before)
            _note(request)

    return answer


def _note(request: HttpRequest) -> None:
    note = request.META.get(NOTE)
    if note is not None:
        match, team = request.resolver_match, getattr(request, "team", None)
        note.route = (match.route or "/") if match else ""
        note.team = team.slug if team else ""


def health(get_response: GetResponse) -> GetResponse:
    """Answers probes first: they come by address, without TLS, under a host name that nobody allowed.

    `/readyz?full` asks who asks, so it takes the way of a page.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.path_info in PROBES and "full" not in request.GET:
            response: HttpResponseBase = resolve(request.path_info).func(request)
            return response
        return get_response(request)

    return answer


def short_addresses(get_response: GetResponse) -> GetResponse:
    """An address that none of ours can be is refused before any pattern reads it: not all of Django's are linear."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if len(request.path_info) > LONGEST_PATH:
            text = f"This address is longer than {LONGEST_PATH:,} characters: no page of Retake has one that long.\n"
            return HttpResponse(text, status=414, content_type="text/plain; charset=utf-8")
        return get_response(request)

    return answer


def content_policy(get_response: GetResponse) -> GetResponse:
    """django-csp's policy, built once: it would build the same one for each answer. A view may have set its own."""
    policy = build_policy()

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return answer


def plain_addresses(get_response: GetResponse) -> GetResponse:
    """Nothing is named with a NUL, which the database would refuse with an error."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info:
            raise Http404("No address has a NUL in it.")
        return get_response(request)

    return answer


def private_pages(get_response: GetResponse) -> GetResponse:
    """No cache keeps a page, unless its view says otherwise. A fragment that lost its login sends the page to sign-in."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.headers.get("HX-Request") == "true" and _is_sign_in(response):
            response = _leave_for_sign_in(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        return response

    return answer


def _is_sign_in(response: HttpResponseBase) -> bool:
    return isinstance(response, HttpResponseRedirect) and urlsplit(response.url).path == resolve_url(
        settings.LOGIN_URL
    )


def _leave_for_sign_in(request: HttpRequest) -> HttpResponse:
    """The way back leads to the page in the browser's address bar, not to the fragment."""
    page = cast(SignedInRequest, request).htmx.current_url_abs_path or "/"
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page})}"
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def last_team(get_response: GetResponse) -> GetResponse:
    """Remembers in the session which team a page was opened in, for pages that belong to none."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        team = getattr(request, "team", None)
        if team is not None and request.session.get(LAST_TEAM) != team.slug:
            request.session[LAST_TEAM] = team.slug
        return response

    return answer


def long_work(get_response: GetResponse) -> GetResponse:
    """Answers for a view that left its page thread (`web/heavy_work.py`)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def instead(request: HttpRequest, error: Exception) -> HttpResponse | None:
        return (
            heavy_work.answer_left(cast(SignedInRequest, request))
            if isinstance(error, heavy_work.LeftPageThread)
            else None
        )

    answer.process_exception = instead  # type: ignore[attr-defined]
    return answer
