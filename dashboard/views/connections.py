"""Gateway connections of a team. Keys go in and never come out."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import Right, TeamRequest, for_team
from dashboard.connections import service as desk
from dashboard.consents import panel
from dashboard.forms import ConnectionForm
from dashboard.models import GatewayConnection, allowed_urls
from dashboard.web.heavy_work import leave_page_thread

PAGE = ["GET", "HEAD", "POST"]


def _connection(request: TeamRequest, pk: int) -> GatewayConnection:
    return get_object_or_404(request.team.connections, pk=pk)


@for_team(Right.MANAGE)
@require_safe
def team_connections(request: TeamRequest) -> HttpResponse:
    """All connections in the order in which they are asked."""
    rows = [
        (source, panel.held(source))
        for source in request.team.connections.with_consents().order_by("position", "pk")
    ]
    context = {
        "section": "connections",
        "team": request.team,
        "connections": [
            (source, consents, panel.stored_requests(source, consents)) for source, consents in rows
        ],
        "allowed_urls": allowed_urls(),
        "connected": {source.base_url for source, held in rows if any(row.consent.is_good for row in held)},
        "offers": panel.offers(request.team),
        "lost": panel.lost(request.team),
    }
    return render(request, "dashboard/connections.html", context)


@for_team(Right.MANAGE)
@sensitive_post_parameters("read_key", "replay_key", "log_key")
@require_http_methods(PAGE)
def new_connection(request: TeamRequest) -> HttpResponse:
    """Adds a connection."""
    return _edit(request, GatewayConnection(team=request.team))


@for_team(Right.MANAGE)
@sensitive_post_parameters("read_key", "replay_key", "log_key")
@require_http_methods(PAGE)
def edit_connection(request: TeamRequest, pk: int) -> HttpResponse:
    """Changes the name, the address or the keys."""
    return _edit(request, _connection(request, pk))


def _edit(request: TeamRequest, source: GatewayConnection) -> HttpResponse:
    form = ConnectionForm(request.POST or None, instance=source)
    if request.method == "POST" and form.is_valid():
        made = desk.save(request, form)
        messages.success(request, f"{made} is saved. Test it to see what its key can do.")
        return redirect("team_connections", request.team.slug)
    return render(
        request,
        "dashboard/connection_form.html",
        {"section": "connections", "team": request.team, "form": form, "connection": source},
    )


@for_team(Right.MANAGE)
@require_POST
def test_connection(request: TeamRequest, pk: int) -> HttpResponse:
    """Asks the gateway, keeps what was seen and shows it in the list."""
    source = _connection(request, pk)
    leave_page_thread(request)  # two keys, three questions each, up to 15 s a question
    desk.test(source)
    return redirect("team_connections", request.team.slug)


@for_team(Right.MANAGE)
@require_POST
def move_connection(request: TeamRequest, pk: int) -> HttpResponse:
    """Asks this connection one place earlier."""
    desk.move_up(request, _connection(request, pk))
    return redirect("team_connections", request.team.slug)


@for_team(Right.MANAGE)
@require_POST
def remove_connection(request: TeamRequest, pk: int) -> HttpResponse:
    """Deletes a connection with its keys."""
    source = _connection(request, pk)
    desk.remove(request, source)
    messages.success(request, f"{source.name} is removed. What was looked up through it stays.")
    return redirect("team_connections", request.team.slug)
