"""Fragments of the generation page: one value of the stored record at a time, by its JSON pointer.

Of a large value no more is read than is shown, and what is sent whole is sent in pieces.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, Value, dumps, is_text, loads
from generations.models import Generation, PastedAnswer
from generations.reading.answer import pasted
from generations.reading.conversation import markdown, media, sides
from generations.reading.conversation.part_builder import PART_COST, parsed
from generations.reading.explorer import json_nodes, levels
from generations.reading.figures import formatting
from generations.reading.large import index, strings
from generations.reading.large.index import LocatedValue
from generations.reading.large.strings import WINDOW
from generations.reading.page_types.base import quoted
from generations.reading.text import HEAD, readable
from generations.views.shared.downloads import download, part_of
from generations.views.shared.shortcuts import get_generation_or_404

INDENTED_UP_TO = 300_000  # bytes of JSON that are indented again; larger ones are shown as they came
PARSED_UP_TO = 4 * 2**20  # bytes that a turn may have without its long texts
TURNS_ROOM = 45_000  # bytes of text in the turns of one fragment, about
JSON_KINDS = ("json", "unknown", "tool_call", "tool_result")


class PartForm(forms.Form):
    """Which value: `at` is its JSON pointer in the record, `start` the first byte, character or item; `until` the first
    item that the page shows already.
    """

    at = forms.CharField(max_length=8000, strip=False, required=False, empty_value="")
    start = forms.IntegerField(min_value=0, max_value=2**31, required=False)
    until = forms.IntegerField(min_value=0, max_value=2**31, required=False)
    kind = forms.CharField(max_length=20, required=False)
    mime = forms.CharField(max_length=100, required=False)


@dataclass(frozen=True)
class RequestedValue:
    """A value of a record or answer, and how it is to be shown.

    `base` is the address that its fragments stand below, `name` what a file of it is called.
    """

    base: str
    name: str
    found: LocatedValue
    at: str
    start: int
    kind: str
    mime: str
    endpoint: str = ""
    until: int | None = None

    @cached_property
    def raw(self) -> bytes:
        """Its exact bytes. For small values: this holds all of them."""
        return self.found.read().strip()

    @cached_property
    def is_string(self) -> bool:
        kind = self.found.span.kind
        return (kind.encode() or self.found.head(64).lstrip()[:1]) == b'"'

    @property
    def context(self) -> dict[str, object]:
        return {"base": self.base, "query": quoted(self.at)}


def wanted_part(request: TeamRequest, slug: str) -> RequestedValue:
    """The value that is asked for. Raises Http404 when there is none."""
    form = PartForm(request.GET)
    row = get_generation_or_404(request, slug)
    found = _value_at(row, form.cleaned_data["at"]) if form.is_valid() else None
    asked = form.cleaned_data
    if found is None:
        raise Http404("No such part of the record.")
    how = asked["at"], asked["start"] or 0, asked["kind"], asked["mime"]
    return RequestedValue(row.get_absolute_url(), row.slug, found, *how, row.endpoint, asked["until"])


def _value_at(row: Generation, at: str) -> LocatedValue | None:
    """A value of the best record, or of the answer that was pasted."""
    if at.startswith(pasted.AT):
        answer = PastedAnswer.objects.filter(generation=row).select_related("generation").first()
        return pasted.value_at(answer.read, at) if answer else None
    record = row.records.best_first().defer("outline").first()
    return record.value(at) if record else None


@for_team(Right.READ)
@require_GET
def part_text(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with a whole value, as text or indented JSON, in windows of 64,000 characters."""
    return window_of(request, wanted_part(request, slug))


def window_of(request: TeamRequest, wanted: RequestedValue) -> HttpResponse:
    """The same of any value."""
    text, following = _window(wanted)
    rich = wanted.kind == "markdown" and following is None and not wanted.start
    html = markdown.render(text) if rich else ""
    context = {
        **wanted.context,
        "text": visible(text),
        "html": html,
        "styled": markdown.is_styled(html),
        "kind": "text" if wanted.is_string and wanted.kind not in JSON_KINDS else "code",
        "as_kind": wanted.kind,
        "shown": formatting.plural(len(text), "character"),
        "size": formatting.size(wanted.found.size),
        "next": following,
    }
    return render(request, "generations/conversation/whole_text.html", context)


def _window(wanted: RequestedValue) -> tuple[str, int | None]:
    """What is shown from the wanted start on, and where the next window begins.

    Counted in characters of indented JSON, in bytes of a text or of JSON that is too long for that.
    """
    if pretty := _pretty(wanted):
        end = wanted.start + WINDOW
        return pretty[wanted.start : end], end if end < len(pretty) else None
    if wanted.is_string:
        return strings.window(wanted.found, wanted.start)
    return strings.window(wanted.found, wanted.start, quoted=False)


def _pretty(wanted: RequestedValue) -> str:
    """Indented JSON where the value, or the text that is the value, is JSON of moderate size."""
    if wanted.found.size > INDENTED_UP_TO:
        return ""
    try:
        value = loads(wanted.raw)
    except Unreadable:
        return ""
    if is_text(value):
        value = parsed(value) if wanted.kind in JSON_KINDS else None
        return "" if value is None else readable(dumps(value, indent=2))
    return readable(dumps(value, indent=2))


@for_team(Right.READ)
@require_GET
def part_turns(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with further turns of a long conversation."""
    wanted = wanted_part(request, slug)
    values = [(key, _value(part)) for key, part in _some(wanted) if isinstance(key, int)]
    wire = sides.wire_of(wanted.endpoint)
    end = index.count(wanted.found) if wanted.until is None else wanted.until
    left = max(0, end - wanted.start - len(values))
    context = {
        **wanted.context,
        "turns": sides.page(wire, values, wanted.at),
        "list_query": wanted.context["query"],
        "start": wanted.start + len(values),
        "left": left,
        "until": wanted.until,
    }
    return render(request, "generations/conversation/page_of_turns.html", context)


def _some(wanted: RequestedValue) -> Iterator[tuple[index.Step, LocatedValue]]:
    """The next items of the list, as many as a browser draws without a pause."""
    room = TURNS_ROOM
    most = sides.PAGE if wanted.until is None else max(0, min(sides.PAGE, wanted.until - wanted.start))
    for key, part in index.members(wanted.found, wanted.start, most):
        yield key, part
        room -= PART_COST + min(part.size, HEAD)
        if room <= 0:
            return


def _value(part: LocatedValue) -> Value:
    """A value with its long texts cut; one that cannot be parsed, or is too large for it, as the text it begins with."""
    try:
        return loads(strings.slim(part, PARSED_UP_TO))
    except (Unreadable, strings.TooManyValues):
        return visible(part.head(WINDOW).decode("utf-8", "replace"))


@for_team(Right.READ)
@require_GET
def part_json(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with one level of JSON."""
    return level_of(request, wanted_part(request, slug))


def level_of(request: TeamRequest, wanted: RequestedValue) -> HttpResponse:
    """The same of any value."""
    nodes = levels.level(wanted.found, wanted.at, wanted.start)
    context = {
        **wanted.context,
        "nodes": nodes,
        "more": len(nodes) == json_nodes.WIDTH,
        "more_at": quoted(wanted.at),
        "more_start": wanted.start + len(nodes),
    }
    return render(request, "generations/explorer/nodes.html", context)


@for_team(Right.READ)
@require_GET
def part_raw(request: TeamRequest, slug: str) -> HttpResponseBase:
    """One value by itself: a string as plain text, everything else as its exact JSON bytes."""
    return raw_of(wanted_part(request, slug))


def raw_of(wanted: RequestedValue) -> HttpResponseBase:
    """The same of any value."""
    if wanted.is_string:
        return download(_utf8(wanted.found), "text/plain; charset=utf-8", inline=True)
    return exact(wanted)


def exact(wanted: RequestedValue) -> HttpResponseBase:
    """The JSON text of a value, byte for byte as it stands in the record."""
    return download(wanted.found.pieces(), "application/json", size=wanted.found.size, inline=True)


def _utf8(found: LocatedValue) -> Iterator[bytes]:
    """The characters of a string; halves of surrogate pairs, which UTF-8 has not, are replaced."""
    for text in strings.texts(found):
        yield text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


@for_team(Right.READ)
@require_GET
def part_media(request: TeamRequest, slug: str) -> HttpResponseBase:
    """An image, sound, video or file out of a data URL or base64 text, or the range of its bytes that is asked for.

    What is not on the allow-list is a download.
    """
    return medium_of(request, wanted_part(request, slug))


def medium_of(request: TeamRequest, wanted: RequestedValue) -> HttpResponseBase:
    """The same of any value. Raises Http404."""
    texts = partial(strings.texts, wanted.found)
    found = media.find(texts, wanted.mime) if wanted.is_string else None
    if found is None:
        raise Http404("There is no image, audio, video or file here.")
    name = f"{wanted.name}.{found.suffix}"
    return part_of(request, found.pieces, found.size, found.mime, name, inline=found.inline)
