"""Why a form was refused, and what its reader or the operator can do about it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.middleware import csrf
from django.utils.http import url_has_allowed_host_and_scheme

LATE = "The form had expired, or cookies are switched off. Load the page again and repeat what you did."
SECRETS = ("pass", "secret", "token", "key")
"""Parts of the names of fields that are not shown again."""
SHOWN, LONGEST = 20, 1_000_000  # fields, and characters of them together


@dataclass(frozen=True, slots=True)
class CsrfRefusal:
    """A title, what happened and what to do; `operator` is for whoever runs this Retake. `facts`: label and value."""

    title: str
    what: str
    advice: str
    operator: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        return " ".join(filter(None, [self.what, self.advice, self.operator]))


def refusal(request: HttpRequest, reason: str) -> CsrfRefusal:
    """The cause behind Django's `reason`, which itself is for developers."""
    if reason.startswith("Origin checking failed"):
        return _origin(request, request.META.get("HTTP_ORIGIN", ""), "Origin")
    if reason.startswith("Referer checking failed"):
        return _referer(request, reason)
    if reason == csrf.REASON_NO_CSRF_COOKIE or reason.startswith("CSRF cookie"):
        return _cookie(request)
    if reason == csrf.REASON_CSRF_TOKEN_MISSING:
        what = "The form arrived without its token: it was cut off on its way, or it is no form of this page."
        return CsrfRefusal("The form came without its token", what, AGAIN)
    if reason:
        what = "The form belongs to another sign-in: somebody signed in or out in this browser since it was loaded."
        return CsrfRefusal("The form had expired", what, AGAIN)
    return CsrfRefusal("The form had expired", LATE, "")


AGAIN = "Load the page with the form again and repeat what you did."


def _origin(request: HttpRequest, sent: str, header: str) -> CsrfRefusal:
    """The address that the browser shows is not the one that Retake believes to have."""
    own = _own_origin(request)
    facts = [("the browser is at", sent or "an address that it does not tell"), ("Retake is at", own)]
    facts += [("PUBLIC_URL", settings.PUBLIC_URL)] if settings.PUBLIC_URL not in ("", own) else []
    title = "The form came from another address"
    if sent in ("", "null"):
        what = "The browser did not say which page the form came from."
        return CsrfRefusal(
            title,
            what,
            "Open Retake in a tab of its own, without a privacy extension, and try again.",
            "",
            facts,
        )
    what = f"The browser is at {sent}, but this request reached Retake as {own}."
    return CsrfRefusal(title, what, _elsewhere(sent), _operator(sent, own), facts)


def _own_origin(request: HttpRequest) -> str:
    try:
        host = request.get_host()
    except DisallowedHost:
        host = request.META.get("HTTP_HOST", "an unknown host")
    return f"{'https' if request.is_secure() else 'http'}://{host}"


def _elsewhere(sent: str) -> str:
    public = settings.PUBLIC_URL
    return f"Open Retake at {public} and repeat what you did." if public and sent != public else ""


def _operator(sent: str, own: str) -> str:
    """What to set so that both addresses are the same."""
    there, here = urlsplit(sent), urlsplit(own)
    if there.hostname == here.hostname and (there.scheme, here.scheme) == ("https", "http"):
        if not settings.TRUST_PROXY:
            return (
                f"Operator: a proxy ends TLS in front of Retake. Set TRUST_PROXY=true and PUBLIC_URL={sent}."
            )
        return "Operator: the proxy must send X-Forwarded-Proto: https."
    if settings.TRUST_PROXY:
        return "Operator: the proxy must send the browser's host in X-Forwarded-Host; or set CSRF_TRUSTED_ORIGINS."
    return (
        f"Operator: if that is an address of this Retake, set PUBLIC_URL={sent} (behind a proxy TRUST_PROXY=true too), "
        "or add it to CSRF_TRUSTED_ORIGINS."
    )


def _referer(request: HttpRequest, reason: str) -> CsrfRefusal:
    parts = (
        urlsplit(request.META.get("HTTP_REFERER", "")) if reason != csrf.REASON_MALFORMED_REFERER else None
    )
    return _origin(request, f"{parts.scheme}://{parts.netloc}" if parts and parts.netloc else "", "Referer")


def _cookie(request: HttpRequest) -> CsrfRefusal:
    title = "The browser sent no cookie"
    what = "The form's cookie was not sent along, so Retake cannot tell that the form is yours."
    if settings.CSRF_COOKIE_SECURE and request.META.get("HTTP_ORIGIN", "").startswith("http://"):
        advice = f"Cookies of this Retake are for https only: open {settings.PUBLIC_URL or 'it by https'}."
        return CsrfRefusal(title, what, advice)
    if not request.COOKIES:
        return CsrfRefusal(
            title, what, "Allow cookies for this site, load the page again and repeat what you did."
        )
    return CsrfRefusal(title, what, f"It had expired or was deleted. {AGAIN}")


# -- what was written --------------------------------------------------------------------------------------------


def back(request: HttpRequest) -> str:
    """The page that the form stood on, if that is a page of this site."""
    page = request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(page, {urlsplit(_own_origin(request)).netloc})
    return page if page and safe else "/"


def fields_of_form(request: HttpRequest) -> list[tuple[str, str]]:
    """The texts of the refused form by field, so that nobody has to write them again. Secrets are left out.

    They are shown, not sent again: another site may have written them.
    """
    try:
        pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    except (UnreadablePostError, RequestDataTooBig, TooManyFieldsSent, MultiPartParserError):
        return []
    left, made = LONGEST, list[tuple[str, str]]()
    for name, value in pairs:
        if value.strip() and not any(part in name.lower() for part in SECRETS) and len(made) < SHOWN:
            made.append((name, value[:left]))
            left -= len(value[:left])
    return [(name, value) for name, value in made if value]
