"""Parts of the generation page that are drawn once per process and kept: a stored record does not change.

A cached page costs little more than the check who asks; it does not even read the outline.
"""

from functools import partial

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.people import appearance
from dashboard.templatetags.kept import STAND_IN
from dashboard.web.recent_values import RecentValues
from generations.reading.export import support
from generations.reading.figures import formatting, usual
from generations.records import pasted_answers, usual_figures
from generations.views.generation.page_data import PageData
from generations.views.generation.provider_request import sent_of

TABS = {
    "conversation": "Conversation",
    "parameters": "Parameters",
    "cost": "Cost",
    "timing": "Timing",
    "provider": "Sent to provider",
    "json": "JSON",
    "replays": "Replays",
}
# What every tab has above itself: the name in a page's context, and what draws it.
FRAME = {
    "page_title": "generations/generation/page_title.html",
    "way": "generations/generation/way.html",
    "actions": "generations/generation/actions.html",
    "headline": "generations/generation/headline.html",
    "top": "generations/generation/top.html",
}
MOST = 128  # parts of pages kept in memory
drawn: RecentValues[dict[str, SafeString]] = RecentValues(MOST)


def draw(data: PageData, part: str, **facts: object) -> SafeString:
    """A part of the page that depends on nothing but the record and `facts`."""
    return _kept(data, {part: f"generations/generation/{part}.html"}, facts)[part]


def draw_frame(data: PageData, **facts: object) -> dict[str, SafeString]:
    """The parts of FRAME, which depend on nothing else either but the form token: a stand-in is where it belongs."""
    return _kept(data, FRAME, facts)


def _kept(data: PageData, parts: dict[str, str], facts: dict[str, object]) -> dict[str, SafeString]:
    key = (*parts, data.stamp, appearance.current().numbers, *facts.items())
    return drawn.get(key, partial(_render, data, parts, facts))


def forget_drawn() -> None:
    """Drop every part that this process keeps."""
    drawn.clear()


def _render(data: PageData, parts: dict[str, str], facts: dict[str, object]) -> dict[str, SafeString]:
    context = {
        "generation": data.row,
        "outline": data.outline,
        "base": data.base,
        "csrf_token": STAND_IN,
        **facts,
    }
    for part in parts:
        if add := _OF_PARTS.get(part):
            context |= add(data, facts)
    return {part: render_to_string(template, context) for part, template in parts.items()}


def _actions(data: PageData, facts: dict[str, object]) -> dict[str, object]:
    return {"support": _support(data, str(facts["link"]))}


def _support(data: PageData, link: str) -> str:
    """The text for a ticket."""
    row = data.row
    facts = [("Request ID", row.request_id), ("Made", formatting.utc(row.made_at)), ("Model", row.model_id)]
    facts += [("Provider", row.provider), ("Status", data.outline.status), ("Error code", row.error_code)]
    return support.summary(facts, data.outline.verdict, link)


def _top(data: PageData, _: dict[str, object]) -> dict[str, object]:
    scales, failed = usual_figures.scales_of(data.row, data.usual), data.outline.verdict.pill == "failed"
    return {"tiles": usual.under_tiles(data.outline.tiles, scales, failed=failed)}


def _tabs(data: PageData, _: dict[str, object]) -> dict[str, object]:
    return {
        "all_tabs": {name: title for name, title in TABS.items() if name != "provider" or data.outline.sent}
    }


def _conversation(data: PageData, facts: dict[str, object]) -> dict[str, object]:
    offers = pasted_answers.is_offered(data.row, data.outline)
    return {"may_paste": offers and facts["may_paste"], "lacks_answer": offers}


def _provider(data: PageData, _: dict[str, object]) -> dict[str, object]:
    return {"sent": partial(sent_of, data.row, data.outline)}


_OF_PARTS = {
    "actions": _actions,
    "top": _top,
    "tabs": _tabs,
    "panel_conversation": _conversation,
    "panel_provider": _provider,
}
