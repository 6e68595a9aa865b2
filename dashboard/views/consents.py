"""Connecting by the gateway's consent: the button, the way back, the end of a consent, the client."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import Right, TeamRequest, for_everybody, for_team
from dashboard.consents import checks, ending, flow, identity, outcomes, scopes, storing
from dashboard.consents.forms import ClientForm
from dashboard.consents.models import Consent, ConsentRequest, RegisteredClient
from dashboard.models import GatewayConnection, allowed_urls
from dashboard.people.team_service import audit

PAGE = ["GET", "HEAD", "POST"]


# --- the press ----------------------------------------------------------------------------------------------------


@for_team(Right.MANAGE)
@require_POST
def connect(request: TeamRequest) -> HttpResponse:
    """Makes a state and shows a plain link to the gateway.

    No redirect: `form-action 'self'` holds for what a form's answer redirects to, too.
    """
    source = _source(request)
    base_url = source.base_url if source else request.POST.get("gateway", "")
    if base_url not in allowed_urls():
        raise Http404("No such gateway.")
    context: dict[str, Any] = {"section": "connections", "team": request.team, "connection": source}
    context |= {"gateway": storing.gateway_name(base_url), "base_url": base_url}
    try:
        begun = flow.begin(request.team, request.user, base_url, source)
    except identity.CannotConnect as reason:
        return render(request, "dashboard/consent_impossible.html", context | {"reason": reason}, status=409)
    mine = {membership.team_id for membership in request.user.memberships.all()}
    context |= {"begun": begun, "asked": scopes.asked_for(begun.request.scopes.split()), "mine": mine}
    return render(request, "dashboard/consent_begun.html", context)


def _source(request: TeamRequest) -> GatewayConnection | None:
    pk = request.POST.get("connection", "")
    if not pk:
        return None
    if not pk.isdecimal() or len(pk) > 18:
        raise Http404("No such connection.")
    return get_object_or_404(request.team.connections, pk=pk)


# --- the way back -------------------------------------------------------------------------------------------------


@for_everybody
@sensitive_variables("query")
@require_safe
def oauth_callback(request: HttpRequest) -> HttpResponse:
    """Uses what the gateway sent and goes on at once to an address without it."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('oauth_stray')}?why=signed_out")
    query = {
        name: request.GET.get(name, "")[:4096]
        for name in ("code", "state", "iss", "error")
        if name in request.GET
    }
    try:
        row = flow.finish(request.user, query)
    except flow.UnmatchedCallback:
        return redirect(f"{reverse('oauth_stray')}?why=unknown")
    if row.outcome != outcomes.CONNECTED:
        return redirect("consent_outcome", row.team.slug, row.pk)
    if row.connection:
        checks.what_comes(row.connection)
    messages.success(request, f"{row.connection} is connected.")
    return redirect("team_connections", row.team.slug)


@for_everybody
@require_safe
def oauth_stray(request: HttpRequest) -> HttpResponse:
    """An answer of a gateway that belongs to nothing the person began."""
    why = request.GET.get("why", "")
    title, advice = outcomes.STRAY.get(why, outcomes.STRAY["unknown"])
    return render(request, "dashboard/consent_stray.html", {"title": title, "advice": advice}, status=400)


@for_team(Right.MANAGE)
@require_safe
def outcome(request: TeamRequest, pk: int) -> HttpResponse:
    """What came of a consent, and what to do."""
    row = get_object_or_404(ConsentRequest.objects.exclude(outcome=""), team=request.team, pk=pk)
    title, advice = outcomes.words(row.outcome, row.details)
    context = {"section": "connections", "team": request.team, "row": row, "title": title, "advice": advice}
    context["source"] = row.connection
    return render(request, "dashboard/consent_outcome.html", context)


@for_team(Right.MANAGE)
@require_POST
def disconnect(request: TeamRequest, pk: int) -> HttpResponse:
    """Ends a consent here and at the gateway."""
    consent = get_object_or_404(Consent.objects.live().select_related("connection"), team=request.team, pk=pk)
    name = consent.connection.name if consent.connection else "The connection"
    ending.disconnect(consent)
    audit(request.team, request.user, "consent.ended", name)
    consent.refresh_from_db()
    later = (
        " The gateway did not answer; it is asked again until the key has ended."
        if consent.revoke_due
        else ""
    )
    messages.success(
        request,
        f"{name} is disconnected and the key deleted.{later} Lookups and replays use the next consent or a pasted key; "
        "without one they stop. Running replays go on.",
    )
    return redirect("team_connections", request.team.slug)


# --- the client ---------------------------------------------------------------------------------------------------


@for_everybody
@require_safe
def oauth_client(request: HttpRequest) -> HttpResponse:
    """The client metadata document. It is made of PUBLIC_URL alone, whatever host was asked."""
    if not identity.document_url():
        raise Http404("There is no metadata document without a public https address (PUBLIC_URL).")
    headers = {"Cache-Control": "public, max-age=3600"}
    return HttpResponse(identity.document_body(), content_type="application/json", headers=headers)


@for_team(Right.MANAGE)
@sensitive_post_parameters("secret")
@require_http_methods(PAGE)
def registered_client(request: TeamRequest) -> HttpResponse:
    """Which client of a gateway this team connects with."""
    base_url = request.POST.get("base_url") or request.GET.get("gateway") or next(iter(allowed_urls()), "")
    stored = RegisteredClient.objects.filter(team=request.team, base_url=base_url).first()
    row = stored or RegisteredClient(team=request.team, base_url=base_url)
    form = ClientForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit(request.team, request.user, "connection.changed", row.base_url, changed=["client"])
        messages.success(request, "The client is saved. Now connect with it.")
        return redirect("team_connections", request.team.slug)
    context = {"section": "connections", "team": request.team, "form": form, "stored": stored}
    return render(request, "dashboard/client_form.html", context | {"redirect_uri": identity.redirect_uri()})


@for_team(Right.MANAGE)
@require_POST
def remove_client(request: TeamRequest) -> HttpResponse:
    """Forgets a client of the team."""
    row = get_object_or_404(RegisteredClient, team=request.team, base_url=request.POST.get("base_url", ""))
    row.delete()
    audit(request.team, request.user, "connection.changed", row.base_url, changed=["client"])
    messages.success(request, "The client is removed. Keys that came through it go on until they end.")
    return redirect("team_connections", request.team.slug)
