"""The pin of one generation, set or lifted on its page and on those of its replays."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from dashboard.access import Right, TeamRequest, for_team
from generations.models import Generation
from generations.views.shared.pins import set_pins
from generations.views.shared.shortcuts import get_generation_or_404
from generations.views.shared.way_back import way_back


@for_team(Right.LOOK_UP)
@require_POST
def pin_generation(request: TeamRequest, slug: str) -> HttpResponse:
    """Pin it, or lift its pin where `do` is "unpin". Returns the button, or leads back."""
    row, lift = get_generation_or_404(request, slug), request.POST.get("do") == "unpin"
    set_pins(request, Generation.objects.of(request.team).filter(pk=row.pk), lift=lift)
    said = "Lifted the pin" if lift else f"Pinned for {request.team}"
    if not request.htmx:
        messages.success(request, f"{said}.")
        return redirect(way_back(request, row.get_absolute_url()))
    context = {
        "pin_url": reverse("pin_generation", args=[request.team.slug, row.slug]),
        "is_pinned": not lift,
        "may_pin": True,
        "of": "original" if "of" in request.POST else "",
        "back": way_back(request, row.get_absolute_url()),
    }
    shown = render(request, "generations/shared/pin.html", context)
    return trigger_client_event(shown, "said", {"value": said})
