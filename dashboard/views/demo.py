"""The link that `make up` prints: it signs the demo team's owner in, once, from this machine only."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from dashboard.access import for_everybody
from dashboard.models import SignInLink

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


def is_local(request: HttpRequest) -> bool:
    """Whether the client is a program on this machine, and not a proxy that speaks for somebody else."""
    if settings.TRUST_PROXY or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@for_everybody
@require_GET
def demo_sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Signs in by a fresh link. 404 unless this is a demo on this machine; 410 for a link that is used or old."""
    if not settings.DEMO_GATEWAY or not is_local(request):
        raise Http404
    link: SignInLink | None = SignInLink.objects.usable(token).select_related("user").first()
    if link and link.user.is_active and link.use():
        login(request, link.user, backend=BACKEND)
        return redirect("/")
    if request.user.is_authenticated:
        return redirect("/")
    return render(request, "dashboard/demo_link_used.html", status=410)
