"""What is done to many generations of the list: those that are selected, or all that its filters find."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.access import Right, TeamRequest, for_team, may
from generations.models import Generation
from generations.models.generation import GenerationQuerySet
from generations.records import forgetting
from generations.replay import batches
from generations.templatetags.reading import count
from generations.views.generation.drawn_parts import forget_drawn
from generations.views.lists.generations import file_of, filters, matching
from generations.views.replay.lab_batch import plan_page
from generations.views.shared import undo
from generations.views.shared.pins import set_pins
from generations.views.shared.way_back import way_back

MOST = 1_000
"""Rows that one action takes; files take all."""
MOST_FORGOTTEN = 100
FILES, PINS = ("csv", "jsonl"), ("pin", "unpin")
MOST_NAMED = 50
"""Rows that an address names; proxies take 4 to 8 kB of it."""
NOTHING = "Nothing was selected. Select rows first."
COMPARE_TWO = "Select exactly two generations to compare them."
VIEWERS = "Viewers cannot do this. Ask an admin of the team to change your role."


@for_team(Right.READ)
@require_POST
def selected(request: TeamRequest) -> HttpResponseBase:
    """Do `do` to the rows named by `id`, or with `all` to what the filters in `query` find."""
    action, given = request.POST.get("do", ""), QueryDict(request.POST.get("query", ""))
    found = _found(request, given)
    usual = f"{reverse('generations', args=[request.team.slug])}{f'?{filters(given)}' if given else ''}"
    back = way_back(request, usual)
    if action in FILES:
        return file_of(request, found, action)
    names = list(found.newest_first().values_list("pk", flat=True)[: MOST + 1])
    if not names:
        messages.warning(request, NOTHING)
        return redirect(back)
    rows = Generation.objects.of(request.team).filter(pk__in=names[:MOST])
    if len(names) > MOST:
        messages.info(request, f"Only the newest {count(MOST)} were taken: one action takes no more.")
    return _done(request, action, rows, back)


def _found(request: TeamRequest, given: QueryDict) -> GenerationQuerySet:
    if "all" in request.POST:
        return matching(request, given)[1]
    named = [name for name in request.POST.getlist("id")[:MOST] if name and "\0" not in name]
    return Generation.objects.of(request.team).named(*named)


def _done(request: TeamRequest, action: str, rows: GenerationQuerySet, back: str) -> HttpResponse:
    if action == "compare":
        return _compare(request, rows, back)
    if action == "replay":
        return _replay(request, rows, back)
    if action == "ids":
        names = rows.newest_first().values_list("request_id", flat=True)
        return HttpResponse("\n".join(names) + "\n", content_type="text/plain; charset=utf-8")
    if action in PINS:
        return pin(request, rows, back, lift=action == "unpin")
    if action == "forget":
        return _forget(request, rows, back)
    messages.warning(request, "Choose what to do with the selected rows.")
    return redirect(back)


def _compare(request: TeamRequest, rows: GenerationQuerySet, back: str) -> HttpResponse:
    pair = [row.slug for row in rows.order_by("sorted_at", "id")[:3]]
    if len(pair) != 2:
        messages.warning(request, COMPARE_TWO)
        return redirect(back)
    query = urlencode({"a": pair[0], "b": pair[1]})
    return redirect(f"{reverse('compare', args=[request.team.slug])}?{query}")


def _replay(request: TeamRequest, rows: GenerationQuerySet, back: str) -> HttpResponse:
    """To the plan of those whose request is stored."""
    chosen = list(rows.filter(replayable=True).newest_first()[: batches.MOST_GENERATIONS])
    if not chosen:
        messages.warning(
            request, "None of the selected generations has a stored request that can be replayed."
        )
        return redirect(back)
    left = rows.count() - len(chosen)
    if left:
        messages.info(
            request,
            f"{count(left)} cannot be replayed, or are beyond {batches.MOST_GENERATIONS}; they are left out.",
        )
    if len(chosen) > MOST_NAMED:
        for row in chosen:
            row.team = request.team
        return plan_page(request, chosen)
    query = urlencode([("id", row.slug) for row in chosen])
    return redirect(f"{reverse('lab', args=[request.team.slug])}?{query}")


def pin(request: TeamRequest, rows: GenerationQuerySet, back: str, *, lift: bool) -> HttpResponse:
    """Set or lift the team's pins."""
    if not may(request, Right.LOOK_UP):
        raise PermissionDenied(VIEWERS)
    number = set_pins(request, rows, lift=lift)
    what = f"{count(number)} generation{'' if number == 1 else 's'}"
    messages.success(request, f"Lifted the pin of {what}." if lift else f"Pinned {what} for {request.team}.")
    return redirect(back)


def _forget(request: TeamRequest, rows: GenerationQuerySet, back: str) -> HttpResponse:
    """Ask first; with `sure`, forget those that may be forgotten and say what was left."""
    mine = rows if may(request, Right.MANAGE) else rows.filter(looked_up_by=request.user)
    if not may(request, Right.LOOK_UP):
        raise PermissionDenied(VIEWERS)
    chosen, total = list(mine.newest_first()[:MOST_FORGOTTEN]), rows.count()
    if "sure" not in request.POST:
        context = {"chosen": chosen, "left": total - len(chosen), "back": back, "most": MOST_FORGOTTEN}
        context["may_all"] = may(request, Right.MANAGE)
        return render(request, "generations/lists/forget_many.html", context)
    for row in chosen:
        row.team = request.team
    clicks = forgetting.hide(chosen, request.user)
    forget_drawn()
    words = f"Retake has forgotten {count(len(clicks))} of {count(total)} selected generations."
    if clicks:
        undo.offer_forgetting(request, words, *clicks)
    else:
        messages.warning(request, f"{words} Replays of them are running.")
    return redirect(back)
