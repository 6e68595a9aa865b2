"""The builder that writes parts: heads, sizes and a budget, so that no record makes a page or an outline too
large.
"""

from collections.abc import Callable, Iterable
from html import escape
from typing import Literal

from msgspec import structs

from generations.gateway.rawjson import duplicate_keys
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, Value, is_text, loads
from generations.reading import text
from generations.reading.conversation import media
from generations.reading.conversation.markdown import is_styled, render
from generations.reading.figures import formatting
from generations.reading.page_types.conversation import Part, PartKind, ResultRow
from generations.reading.text import HEAD, below

SMALL = 64 * 1024  # bytes of a picture that is shown at once
BUDGET = 45_000  # bytes of escaped HTML for one side of the conversation
PART_COST = 300  # what the markup around one part weighs
BRIEF = 120  # characters of a value that fits into a table
SHORT_LINE = 90  # characters of a line that needs no indentation
PRETTY_UP_TO = 64_000  # characters of JSON inside a text that are read and indented
EMPTY: tuple[Value, ...] = (None, [], {}, "")
Reader = Callable[["PartBuilder", Value, str], list[Part]]


class PartBuilder:
    """Writes the parts of one side. `exhausted`: the budget is used up; what comes then is only counted."""

    def __init__(self, budget: int = BUDGET, head: int = HEAD) -> None:
        self.left, self.head = budget, head

    @property
    def exhausted(self) -> bool:
        return self.left <= 0

    def _spend(self, part: Part) -> Part:
        self.left -= PART_COST + len(part.html) + len(escape(part.head)) + 60 * len(part.rows)
        return part

    def _room(self) -> int:
        return max(200, min(self.head, self.left))

    def text(self, at: str, value: str, kind: PartKind = "text", *, name: str = "", note: str = "") -> Part:
        """A text. Of kind markdown it is rendered when it is short enough."""
        size, room = text.byte_size(value), self._room()
        cut = text.is_cut(value)
        if kind == "markdown" and not cut and len(value) <= min(4 * self.head, self.left):
            html = render(value)
            plain = "" if html and not is_styled(html) else visible(value)
            return self._spend(Part(kind, at, plain, html, formatting.size(size), name=name, note=note))
        shown = text.head(value, room)
        more = cut or len(value) > room
        return self._spend(Part(kind, at, shown, size=formatting.size(size), more=more, name=name, note=note))

    def json(self, at: str, value: Value, kind: PartKind = "json", *, name: str = "", note: str = "") -> Part:
        """Any value as indented JSON."""
        room = self._room()
        shown = text.snippet(value, room + 1)
        size = formatting.size(text.byte_size(value))
        more = len(shown) > room or text.has_cut(shown)
        return self._spend(
            Part(kind, at, shown[:room], size=size, more=more, name=text.short(name), note=note)
        )

    def value(
        self, at: str, value: Value, kind: PartKind = "text", *, name: str = "", note: str = ""
    ) -> list[Part]:
        """Whatever stands where a text is expected: a text of `kind`, nothing for null and "", JSON for the
        rest.
        """
        if value is None or value == "":
            return []
        if isinstance(value, str) and is_text(value):
            return [self.text(at, value, kind, name=name, note=note)]
        return [self.json(at, value, name=name, note=note)]

    def json_text(
        self, at: str, value: Value, kind: PartKind, *, name: str = "", call_id: str = "", note: str = ""
    ) -> Part:
        """JSON inside a text (tool arguments and results): a short line as it came, anything longer indented
        when it can be read.
        """
        parsed_value = parsed(value)
        note = " · ".join(filter(None, [note, twice(value) if parsed_value is not None else ""]))
        if parsed_value is None:
            shown = text.head(str(value or ""), HEAD + 1)
        elif isinstance(value, str) and is_short_line(value):
            shown = text.readable(text.head(value))
        else:
            shown = text.compact(parsed_value, HEAD + 1)
        room = self._room()
        size = formatting.size(text.byte_size(value if value is not None else ""))
        more = len(shown) > room
        call = text.head(call_id, 200)
        return self._spend(
            Part(kind, at, shown[:room], size=size, more=more, name=text.short(name), call_id=call, note=note)
        )

    def medium(
        self,
        at: str,
        kind: Literal["image", "audio", "video", "file"],
        value: Value,
        *,
        mime: str = "",
        name: str = "",
    ) -> Part:
        """An image, sound, video or file given as data URL, base64 text of type `mime`, link or ID."""
        source = text.words(value) or ""
        declared = media.data_url_type(source)
        link = source if source[:8].lower().startswith(("http://", "https://")) else ""
        if declared or (mime and not link):
            size = formatting.size(media.decoded_size(source))
            shown = declared or media.normal(mime)
            small = kind == "image" and 0 < media.decoded_size(source) < SMALL
            width, height = media.dimensions(source) if small else (0, 0)
            made = Part(kind, at, mime=shown, size=size, embedded=bool(source), name=text.short(name))
            made = structs.replace(made, small=small, width=width, height=height)
        elif link:
            made = Part(
                kind, at, mime=mime, url=text.head(link), name=text.short(name), more=len(link) > HEAD
            )
        else:
            made = Part(kind, at, text.head(source or text.short(value)), mime=mime, name=text.short(name))
        return self._spend(made)

    def each(self, at: str, values: list[Value], read: Reader) -> list[Part]:
        """The parts of each value, until the builder is exhausted: then one part that says how many are left."""
        out: list[Part] = []
        for position, value in enumerate(values):
            if self.exhausted and out:
                left = formatting.plural(len(values) - position, "more part")
                return [*out, Part("json", at, more=True, note=left)]
            out += read(self, value, below(at, position))
        return out

    def leftovers(self, at: str, value: Value, known: Iterable[str]) -> list[Part]:
        """Members that no reader knows: nothing is dropped. Short ones in a table, the others as JSON."""
        members = text.box(value).items()
        extra: dict[str, Value] = {k: v for k, v in members if k not in known and v not in EMPTY}
        if not extra:
            return []
        if len(extra) > 20 or self.exhausted:
            return [self.json(at, extra, "unknown", name="other fields")]
        brief = {k: v for k, v in extra.items() if not isinstance(v, dict | list) and len(str(v)) <= BRIEF}
        rows = [ResultRow(text.short(key, 80), text.short(child)) for key, child in brief.items()]
        table = [self._spend(Part("rows", at, rows=rows))] if rows else []
        rest = [key for key in extra if key not in brief]
        return table + [self.json(below(at, key), extra[key], "unknown", name=key) for key in rest]


def twice(value: Value) -> str:
    """What to say of JSON inside a text with a key that stands more than once, "" for every other value."""
    found = duplicate_keys.find(value) if isinstance(value, str) and is_text(value) else []
    notes = [f"the key {text.dotted(text.pointer(*repeat.path))} {repeat.note}" for repeat in found[:3]]
    return "; ".join(notes) + (
        f"; {formatting.plural(len(found) - 3, 'more such key')}" if len(found) > 3 else ""
    )


def is_short_line(value: str) -> bool:
    """Whether a text stands on one line of a page: then its blanks and signs are shown as they came."""
    return len(value) <= SHORT_LINE and "\n" not in value and "\r" not in value


def parsed(value: Value) -> Value:
    """What a JSON object or list inside a text says, None when the text is something else or long."""
    if not isinstance(value, str):
        return value
    if not is_text(value) or len(value) > PRETTY_UP_TO or value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return loads(value)
    except Unreadable:
        return None
