"""The gateway's log: its pages, what arrives, one conversation, saved filters."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.consents import panel
from dashboard.models import GatewayConnection
from generations.forms.log import STATUSES, LogForm
from generations.gateway.log_paging import LogCursor, LogMark
from generations.lists import columns, offers
from generations.log import asking, bulk, pages
from generations.log.pages import ShownLog
from generations.models import SavedLogFilter
from generations.views.shared import saved_filters

MOST_LIVE = 500
LIVE_SECONDS = 10
SKEW = timedelta(minutes=5)
EMPTY: dict[str, Any] = {}
LISTED = {"columns": columns.WITHOUT_WHO, "heads": columns.heads("Request", columns.WITHOUT_WHO)}


def filters(given: QueryDict) -> str:
    """The filters of an address as the shortest query string: known names, no blanks, no place."""
    names = [*LogForm.base_fields, "via"]
    known = [(name, given.get(name, "").strip()) for name in names if name in given]
    return urlencode([(name, value) for name, value in known if value])


def chosen(
    request: TeamRequest, given: QueryDict
) -> tuple[list[GatewayConnection], GatewayConnection | None]:
    """The connections whose log can be read, and the one that `via` names, else the first."""
    sources = asking.sources(request.team)
    for source in sources:
        source.team = request.team
    named = [source for source in sources if str(source.pk) == given.get("via")]
    return sources, next(iter([*named, *sources]), None)


@for_team(Right.LOOK_UP)
@require_GET
def log(request: TeamRequest) -> HttpResponse:
    """One page of the log. Blank filters leave the address, so that it can be shared."""
    query = filters(request.GET)
    if any(not str(value).strip() for value in request.GET.dict().values()):
        return redirect(f"{reverse('log', args=[request.team.slug])}?{query}")
    context = _context(request, query)
    context |= {
        "offers": offers.of_generations(request.team),
        "statuses": STATUSES,
        "saved": SavedLogFilter.objects.of(request.team, request.user),
    }
    status = 400 if context["form"].errors else 200
    return render(request, "generations/log/log.html", context, status=status)


@for_team(Right.LOOK_UP)
@require_GET
def log_rows(request: TeamRequest) -> HttpResponse:
    """The fragment of a page whose gateway took long: asks for the answer that comes meanwhile."""
    return render(request, "generations/log/log.html#rows", _context(request, filters(request.GET)))


def _context(request: TeamRequest, query: str) -> dict[str, Any]:
    sources, source = chosen(request, request.GET)
    form = LogForm(request.GET)
    cursor = LogCursor.read(request.GET.get("older", ""))
    context: dict[str, Any] = {"form": form, "query": query, "sources": sources, "source": source}
    context |= {"older_than": cursor, "most": bulk.MOST, **LISTED}
    if source is None:
        return context | _unreadable(request)
    if not form.is_valid():
        return context | {"shown": ShownLog()}
    shown = _shown(source, form, cursor)
    if shown.refusal and shown.refusal.code in asking.NO_KEY:
        return context | {"source": None} | _unreadable(request)
    has_status = bool(form.cleaned_data["status"] or form.cleaned_data["error_code"])
    return context | {
        "shown": shown,
        "rest": request.GET.urlencode(),
        "is_live": shown.mark is not None and form.is_open,
        "has_status": has_status,
        "only_failed": "" if has_status or form.cleaned_data["id"] else f"{query}&status=error".lstrip("&"),
        "live_seconds": LIVE_SECONDS,
        "may_manage": may(request, Right.MANAGE),
    }


def _unreadable(request: TeamRequest) -> dict[str, Any]:
    """Why there is no log: what can be connected, for those who may."""
    connections = list(request.team.connections.all())
    may_manage = may(request, Right.MANAGE)
    context: dict[str, Any] = {"connections": connections, "may_manage": may_manage}
    if may_manage and not connections:
        context["offers_to_connect"] = panel.offers(request.team)
    return context


def _shown(source: GatewayConnection, form: LogForm, cursor: LogCursor | None) -> ShownLog:
    if form.cleaned_data["id"]:
        return pages.single(source, form.cleaned_data["id"])
    return pages.page(source, form.exact, form.window(timezone.now()), cursor)


LIST_NAMES = {"error_code": "status"}


@for_team(Right.READ)
@require_GET
def log_or_list(request: TeamRequest) -> HttpResponse:
    """Requests with the same value: in the log of the last 30 days, or in the list, where the log cannot be read.

    The gateway is not asked here, so a generation's page need not know which of the two it will be.
    """
    wanted = {name: request.GET.get(name, "").strip() for name in LogForm.EXACT}
    wanted = {name: value for name, value in wanted.items() if value}
    if may(request, Right.LOOK_UP) and asking.sources(request.team):
        if [*wanted] == ["session"]:
            return redirect(
                f"{reverse('log_session', args=[request.team.slug])}?{urlencode({'id': wanted['session']})}"
            )
        return redirect(f"{reverse('log', args=[request.team.slug])}?{urlencode({'range': '30d', **wanted})}")
    listed = {LIST_NAMES.get(name, name): value for name, value in wanted.items()}
    return redirect(f"{reverse('generations', args=[request.team.slug])}?{urlencode(listed)}")


# --- what arrives -------------------------------------------------------------------------------------------------


@for_team(Right.LOOK_UP)
@require_GET
def log_news(request: TeamRequest) -> HttpResponse:
    """The rows that have arrived since `mark`, to be put on top; a page that has grown long begins anew."""
    _, source = chosen(request, request.GET)
    form, mark = LogForm(request.GET), LogMark.read(request.GET.get("mark", ""))
    if mark is None or not form.is_valid():
        raise Http404("No such place in the log.")
    if source is None:
        return HttpResponseClientRefresh()
    shown = pages.news(source, form.exact, mark)
    count = _count(request) + len(shown.items)
    if shown.missed or count > MOST_LIVE or (shown.items and "empty" in request.GET):
        return HttpResponseClientRefresh()
    context = {"shown": shown, "mark": shown.mark or mark, "count": count, "query": filters(request.GET)}
    context |= {"source": source, "is_counted": "counted" in request.GET, "most": bulk.MOST, **LISTED}
    return render(request, "generations/log/news.html", context)


def _count(request: TeamRequest) -> int:
    text = request.GET.get("count", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


# --- one conversation ---------------------------------------------------------------------------------------------


@for_team(Right.LOOK_UP)
@require_GET
def log_session(request: TeamRequest) -> HttpResponse:
    """The calls of one conversation, oldest first."""
    session = request.GET.get("id", "").strip()
    if not session or len(session) > 256 or "\0" in session:
        raise Http404("No session in the address.")
    _, source = chosen(request, request.GET)
    until = (timezone.now() + SKEW).replace(second=0, microsecond=0)  # one question a minute
    shown = pages.session(source, session, until) if source else None
    context = {"session": session, "source": source, "shown": shown, **LISTED} | (
        EMPTY if source else _unreadable(request)
    )
    return render(request, "generations/log/session.html", context)


# --- saved filters ------------------------------------------------------------------------------------------------


@for_team(Right.LOOK_UP)
@require_POST
def save_log_filter(request: TeamRequest) -> HttpResponse:
    """Keep the filters under a name."""
    query = filters(QueryDict(request.POST.get("query", "")))
    saved_filters.save(request, SavedLogFilter.objects.of(request.team, request.user), query)
    return redirect(f"{reverse('log', args=[request.team.slug])}?{query}")


@for_team(Right.LOOK_UP)
@require_POST
def delete_log_filter(request: TeamRequest, pk: int) -> HttpResponse:
    """Forget one's own saved filter."""
    saved_filters.remove(request, SavedLogFilter.objects.of(request.team, request.user), pk, "log")
    return redirect("log", request.team.slug)
