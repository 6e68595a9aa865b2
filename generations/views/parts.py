"""Fragments of the generation page: one value of the stored record at a time, by its JSON pointer."""

from dataclasses import dataclass
from urllib.parse import quote

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from generations.gateway.jsontext import Unreadable, Value, dumps, is_text, loads, visible
from generations.models import Generation
from generations.reading import conversation, json_view, markdown, media, numbers
from generations.reading.parts import parsed
from generations.views.generation import download, stored

WINDOW = 64_000  # characters of a text shown at once
INDENTED_UP_TO = 300_000  # bytes of JSON that are indented again; larger ones are shown as they came
JSON_KINDS = ("json", "unknown", "tool_call", "tool_result")


class PartForm(forms.Form):
    """Which value: `at` is its JSON pointer in the record, `start` the first character or item."""

    at = forms.CharField(max_length=8000, strip=False, required=False, empty_value="")
    start = forms.IntegerField(min_value=0, max_value=2**31, required=False)
    kind = forms.CharField(max_length=20, required=False)
    mime = forms.CharField(max_length=100, required=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value of the record: its exact bytes, and how it is to be shown."""

    generation: Generation
    raw: bytes
    at: str
    start: int
    kind: str
    mime: str

    @property
    def is_string(self) -> bool:
        return self.raw.startswith(b'"')

    @property
    def context(self) -> dict[str, object]:
        return {"base": self.generation.get_absolute_url(), "query": quote(self.at, safe="")}


def _wanted(request: TeamRequest, slug: str) -> Wanted:
    """The value that is asked for. Raises Http404 when there is none."""
    form = PartForm(request.GET)
    row = stored(request, slug)
    record = row.records.best_first().defer("outline").first()
    if not form.is_valid() or record is None:
        raise Http404("No such part of the record.")
    asked = form.cleaned_data
    raw = json_view.cut(record.raw, asked["at"])
    if raw is None:
        raise Http404("No such part of the record.")
    return Wanted(row, raw.strip(), asked["at"], asked["start"] or 0, asked["kind"], asked["mime"])


def _string(wanted: Wanted) -> str:
    """The value as text: strings as they are, everything else as JSON."""
    if wanted.is_string:
        try:
            return str(loads(wanted.raw))
        except Unreadable:
            pass
    return wanted.raw.decode("utf-8", "replace")


@for_team(Right.READ)
@require_GET
def part_text(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with a whole value, as text or indented JSON, in windows of 64,000 characters."""
    wanted = _wanted(request, slug)
    whole = _pretty(wanted) or _string(wanted)
    shown = whole[wanted.start : wanted.start + WINDOW]
    end = wanted.start + len(shown)
    rich = wanted.kind == "markdown" and len(whole) <= markdown.LIMIT
    context = {
        **wanted.context,
        "text": visible(shown),
        "html": markdown.render(whole) if rich else "",
        "kind": "text" if wanted.is_string and wanted.kind not in JSON_KINDS else "code",
        "shown": numbers.plural(len(shown), "character"),
        "size": numbers.size(len(wanted.raw)),
        "next": end if end < len(whole) else None,
    }
    return render(request, "generations/parts/whole_text.html", context)


def _pretty(wanted: Wanted) -> str:
    """Indented JSON where the value, or the text that is the value, is JSON of moderate size."""
    if len(wanted.raw) > INDENTED_UP_TO:
        return ""
    try:
        value = loads(wanted.raw)
    except Unreadable:
        return ""
    if is_text(value):
        value = parsed(value) if wanted.kind in JSON_KINDS else None
        return "" if value is None else dumps(value, indent=2)
    return dumps(value, indent=2)


@for_team(Right.READ)
@require_GET
def part_turns(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with further turns of a long conversation."""
    wanted = _wanted(request, slug)
    cut = json_view.children(wanted.raw, wanted.start, conversation.PAGE)
    values = [(int(key), _value(part)) for key, part in cut if isinstance(key, int)]
    wire = conversation.wire_of(wanted.generation.endpoint)
    left = max(0, json_view.length(wanted.raw) - wanted.start - len(values))
    context = {
        **wanted.context,
        "turns": conversation.page(wire, values, wanted.at),
        "list_query": wanted.context["query"],
        "start": wanted.start + len(values),
        "left": left,
    }
    return render(request, "generations/parts/page_of_turns.html", context)


def _value(raw: bytes) -> Value:
    try:
        return loads(raw)
    except Unreadable:
        return visible(raw[:WINDOW].decode("utf-8", "replace"))


@for_team(Right.READ)
@require_GET
def part_json(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with one level of JSON."""
    wanted = _wanted(request, slug)
    nodes = json_view.level(wanted.raw, wanted.at, wanted.start)
    end = wanted.start + len(nodes)
    more = len(nodes) == json_view.WIDTH
    context = {
        **wanted.context,
        "nodes": nodes,
        "more_at": quote(wanted.at, safe="") if more else "",
        "more_start": end,
    }
    return render(request, "generations/parts/nodes.html", context)


@for_team(Right.READ)
@require_GET
def part_raw(request: TeamRequest, slug: str) -> HttpResponse:
    """One value by itself: a string as plain text, everything else as its exact JSON bytes."""
    wanted = _wanted(request, slug)
    if not wanted.is_string:
        return download(wanted.raw, "application/json", inline=True)
    text = _string(wanted).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return download(text.encode(), "text/plain; charset=utf-8", inline=True)


@for_team(Right.READ)
@require_GET
def part_media(request: TeamRequest, slug: str) -> HttpResponse:
    """An image, sound, video or file out of a data URL or base64 text. What is not on the allow-list is a download."""
    wanted = _wanted(request, slug)
    found = media.decode(_string(wanted), wanted.mime) if wanted.is_string else None
    if found is None:
        raise Http404("No image, sound, video or file stands there.")
    name = f"{wanted.generation.slug}.{found.suffix}"
    return download(found.content, found.mime, name, inline=found.inline)
