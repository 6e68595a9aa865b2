"""Which values of the request an error is about: its `param`, `path`, `loc` or field, or the path in its words.

Providers name places in the request that the gateway made for them, so a place is looked for by what it is called in
the stored request; where it had to be translated it is only most likely. Sources: OpenAI's `param`, Anthropic's
"messages.2.content: ...", Google's `fieldViolations` and "Invalid value at 'contents[0]'", the gateway's `details`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from generations.gateway import error_bodies
from generations.gateway.rawjson.values import Value, is_text
from generations.reading.diagnosis import error_facts
from generations.reading.diagnosis.error_facts import Fields
from generations.reading.page_types.outline import BlamedField
from generations.reading.text import Step, below, box, dotted, inside, items, short, words

MOST = 8
LONGEST = 600  # characters of a message that are searched for a path
VALUE = 160  # characters of a blamed value
PREFIXES = ("body", "request", "$", "#", "params", "json", "query", "payload")
SAME: tuple[tuple[str, ...], ...] = (
    ("max_tokens", "max_completion_tokens", "max_output_tokens"),
    ("stop", "stop_sequences"),
    ("response_format", "text", "response_schema", "response_mime_type", "output_config"),
    ("reasoning", "reasoning_effort", "thinking", "thinking_config"),
    ("system", "instructions", "system_instruction"),
)
"""Names that wire formats have for one thing."""
LISTS = ("messages", "input", "contents")
CONFIG = ("generation_config", "config")
SYSTEM = ("system", "developer")


class Named(NamedTuple):
    """A place as an error names it. `said`: it stood in the error's words, so it counts only where it is found;
    `apart`: messages are counted without those of the system, as in the requests that go to Anthropic.
    """

    path: list[Step]
    words: str
    said: bool = False
    apart: bool = False


def find(fields: Fields, body: Value, at: str) -> list[BlamedField]:
    """The values that the error of a record is about. `body` is the stored request, `at` its pointer in the record."""
    asked, made = box(body), dict[str, BlamedField]()
    for named in _named(fields):
        found = _blamed(named, asked, at)
        if found is not None and len(made) < MOST:
            made.setdefault(found.at or found.path, found)
    places = [blamed.at for blamed in made.values()]
    return [blamed for blamed in made.values() if not _is_covered(blamed, places)]


def _is_covered(blamed: BlamedField, places: list[str]) -> bool:
    """Whether a more exact place inside it is named, too."""
    return bool(blamed.at) and any(place.startswith(f"{blamed.at}/") for place in places)


# -- what an error names -----------------------------------------------------------------------------------------


def _named(fields: Fields) -> Iterator[Named]:
    payload = error_facts.payload_of(fields)
    upstream = box(payload.get("upstream_error"))
    yield from _of_error(payload, error_facts.message(fields), upstream=False)
    yield from _of_error(upstream, upstream.get("message") or upstream.get("description"), upstream=True)
    for attempt in map(box, items(fields.get("provider_attempts"))[:5]):
        tried: Fields = {"param": attempt.get("upstream_error_param")}
        yield from _of_error(tried, attempt.get("upstream_error_message"), upstream=True)


def _of_error(error: Fields, message: Value, *, upstream: bool) -> Iterator[Named]:
    text = short(message, LONGEST) if is_text(message) else ""
    for detail in map(box, items(error.get("details"))[:50]):
        yield from _of_detail(detail, text)
    param = words(error.get("param"))
    if param:
        yield Named(steps_of(param), text, apart=upstream and _is_dotted(param))
    nested = error_bodies.flat(message) if text[:1] in ("{", "[") else {}
    if nested.get("description") not in (None, message):
        yield from _of_error(nested, nested.get("description"), upstream=upstream)
    for path in _in_words(text):
        yield Named(steps_of(path), text, said=True, apart=upstream and _is_dotted(path))


def _is_dotted(path: str) -> bool:
    """Anthropic's notation of positions: `messages.2.content`."""
    return re.search(r"\.\d", path) is not None


def _of_detail(detail: Fields, text: str) -> Iterator[Named]:
    path = detail.get("path")
    if path:
        steps = _listed(path) if isinstance(path, list) else steps_of(str(path))
        yield Named(steps, short(detail.get("message") or text, LONGEST))
    violations = detail.get("fieldViolations") or detail.get("field_violations")
    for violation in map(box, items(violations)[:20]):
        name = words(violation.get("field"))
        if name:
            yield Named(steps_of(name), short(violation.get("description") or text, LONGEST))


def _listed(path: list[Value]) -> list[Step]:
    return [
        int(str(step)) if str(step).isdecimal() else short(step, 100) for step in path if step is not None
    ]


_STEP = re.compile(r"\[(\d{1,9})\]|\[[\"']([^\"'\]]{1,100})[\"']\]|([^.\[\]/\s]{1,100})")


def steps_of(path: str) -> list[Step]:
    """The steps of a path in any notation: `messages[2].content`, `messages.2.content`, `/messages/2/content`."""
    found = [number or quoted or plain for number, quoted, plain in _STEP.findall(path[:LONGEST])]
    return [int(step) if step.isdecimal() else step.replace("~1", "/").replace("~0", "~") for step in found]


_PATH = r"[A-Za-z_$][\w$-]*+(?:\.[\w$-]+|\[\d+\])*+"
_QUOTED = re.compile(rf"['\"`]({_PATH})['\"`]")
_LEADING = re.compile(rf"(?:^|[*\n]\s?)({_PATH}):\s")


def _in_words(text: str) -> list[str]:
    """Paths that stand at the beginning of the words, before a colon, or in quotes."""
    return [found for pattern in (_LEADING, _QUOTED) for found in pattern.findall(text)[:5]]


# -- where it stands in the request ------------------------------------------------------------------------------


def _blamed(named: Named, body: Fields, at: str) -> BlamedField | None:
    steps, sure = _as_asked(named.path, body, apart=named.apart)
    place, value = _walk(body, steps)
    shown = dotted(below("", *(place or steps or named.path)))
    if place:
        return BlamedField(below(at, *place), shown, named.words, short(value, VALUE), sure)
    return None if named.said or not shown else BlamedField("", shown, named.words)


def _walk(value: Value, steps: Sequence[Step]) -> tuple[list[Step], Value]:
    """As far as the steps lead. A step that leads nowhere is passed over where the one after it does not: validators
    put the name of a variant in between.
    """
    place: list[Step] = []
    for number, step in enumerate(steps):
        if _has(value, step):
            value = value[step]  # type: ignore[index]
            place.append(step)
        elif not (number + 1 < len(steps) and _has(value, steps[number + 1])):
            break
    return place, value


def _has(value: Value, step: Step) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and str(step) in value


def _as_asked(steps: list[Step], body: Fields, *, apart: bool) -> tuple[list[Step], bool]:
    """The steps under the names of the stored request, and whether nothing had to be guessed for that."""
    if not steps:
        return [], True
    name = str(steps[0])
    first = _snake(name)
    if first in LISTS:
        return _in_list(first, steps[1:], body, apart=apart)
    if name in body:
        return steps, True
    if name in PREFIXES or name.endswith("Request"):
        return _as_asked(steps[1:], body, apart=apart)
    if first in CONFIG and len(steps) > 1:
        return _as_asked(steps[1:], body, apart=apart)[0], False
    found = next((key for group in SAME if first in group for key in group if key in body), "")
    return [found or first, *steps[1:]], not found


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _in_list(first: str, rest: list[Step], body: Fields, *, apart: bool) -> tuple[list[Step], bool]:
    """A message of the stored request. Google's `contents`, and the `messages` of Anthropic that a chat was turned into,
    hold no system message, so they are counted without.
    """
    name = first if first in body else next((key for key in LISTS if key in body), first)
    listed = items(body.get(name))
    if not rest or not isinstance(rest[0], int):
        return [name, *rest], name == first
    apart = first == "contents" or (apart and _has_system(listed))
    position = _nth(listed, rest[0]) if apart else rest[0]
    if position is None:
        return [name], False
    return [name, position, *_parts(rest[1:])], name == first and not apart


def _has_system(listed: list[Value]) -> bool:
    return any(inside(message, "role") in SYSTEM for message in listed)


def _nth(listed: list[Value], number: int) -> int | None:
    """Where the message of this number stands when those of the system are not counted."""
    others = [place for place, message in enumerate(listed) if inside(message, "role") not in SYSTEM]
    return others[number] if number < len(others) else None


def _parts(rest: list[Step]) -> list[Step]:
    """Google's parts are the content of a message."""
    return ["content", *rest[1:]] if rest[:1] == ["parts"] else rest
