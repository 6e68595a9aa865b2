"""One failure, of a record or of a replay: its verdict, and whether another failure has the same cause.

A replay's answer is brought into the form of a record, so that `verdict` explains both.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

from generations.gateway import error_bodies
from generations.gateway.error_catalogue import CONNECTIONS, GENERIC, CatalogueEntry, by_status
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number, Unreadable, Value, loads
from generations.reading.diagnosis import error_facts, quotes, verdict
from generations.reading.diagnosis.error_facts import Fields
from generations.reading.figures import formatting
from generations.reading.page_types.base import Fact
from generations.reading.page_types.outline import Verdict
from generations.reading.text import box, inside, items, short, whole, words

READ_UP_TO = 4 * 2**20  # bytes of an error's body that are read as JSON
SHOWN = 600  # characters of a text or web page in the card
Form = Literal["json", "text", "page", "none"]


@dataclass(frozen=True, slots=True)
class Failure:
    """`fields` as a record has them; `body` is the error's JSON, `words` the text of a body that is none.

    form: what came: "json", "text", a web "page", "none" for nothing. retry_after: seconds.
    """

    fields: Fields
    form: Form = "json"
    body: Value = None
    words: str = ""
    retry_after: int | None = None


def of_record(fields: Fields) -> Failure:
    """The failure that a record describes."""
    payload = error_facts.payload_of(fields)
    body = fields.get("error_payload") or payload or None
    return Failure(fields, "json" if payload or error_facts.error_code(fields) else "none", body)


def of_answer(
    status: int | None, content_type: str, body: bytes, *, retry_after: int | None = None
) -> Failure:
    """The failure of a replay that the gateway answered with an error's status, or with no JSON at all."""
    fields: Fields = {"success": False, "status_code": number(status)}
    try:
        error = loads(body) if len(body) <= READ_UP_TO else None
    except Unreadable:
        error = None
    if isinstance(error, dict | list) or (isinstance(error, str) and error_bodies.flat(error)):
        return Failure(_filled(fields, error), "json", error, retry_after=retry_after)
    text = body[: 64 * 1024].decode("utf-8", "replace").strip()
    page = "html" in content_type or text.startswith("<")
    form: Form = "none" if text in ("", "null") else "page" if page else "text"
    shown = {"page": page_text, "text": visible}.get(form)
    return Failure(fields, form, None, shown(text) if shown else "", retry_after)


def of_error(status: int | None, error: Value, message: str = "") -> Failure:
    """The failure of a replay whose answer carries an error; `message` stands in where the error has no words."""
    fields: Fields = {"success": False, "status_code": number(status)}
    filled = _filled(
        fields, {"error": error} if not isinstance(error, dict) or "error" not in error else error
    )
    if not filled["error_payload"]:
        filled["error_payload"] = {"description": message}
    return Failure(filled, "json", error)


def number(status: int | None) -> Value:
    """A status as records have it."""
    return None if status is None else Number(str(status))


def _filled(fields: Fields, error: Value) -> Fields:
    """A record's members, filled in from an error body."""
    payload = error_bodies.flat(error)
    providers, statuses = items(payload.get("failed_providers")), items(payload.get("failed_statuses"))
    tries: list[Value] = [
        {"provider": name, **({"status": statuses[place]} if place < len(statuses) else {})}
        for place, name in enumerate(providers)
    ]
    sample: list[Value] = [
        attempt for attempt in items(payload.get("failure_sample")) if isinstance(attempt, dict)
    ]
    return {**fields, "error_payload": payload, "provider_attempts": sample or tries}


# -- verdict -------------------------------------------------------------------------------------------------


def card(failure: Failure) -> Verdict:
    """What happened, whose fault it is, what to do: with the words of whoever answered, and the whole body."""
    fields = failure.fields
    said = quotes.quotes(fields)
    if failure.words:
        said.append(Fact(LABELS[failure.form], short(failure.words, SHOWN)))
    if failure.retry_after is not None:
        said.append(Fact("retry after", formatting.seconds(failure.retry_after)))
    story = _answered(failure) + verdict.story(fields)
    return verdict.explained(
        fields, story.strip(), said, _entry(failure), failure.body, sure=_is_sure(failure)
    )


LABELS: dict[Form, str] = {"text": "the answer", "page": "the page says"}


def _answered(failure: Failure) -> str:
    status = whole(failure.fields.get("status_code"))
    empty = " without a body" if status == 204 else " with nothing in its body"  # which may have said null
    without = empty if failure.form == "none" else ""
    return f"The answer was HTTP {status}{without}. " if status else ""


def _is_sure(failure: Failure) -> bool:
    """A text of whoever stands in front of the gateway proves nothing about the provider."""
    status = whole(failure.fields.get("status_code")) or 0
    return failure.form != "text" or status < 500


def _entry(failure: Failure) -> CatalogueEntry | None:
    """What explains an answer that is no JSON; None where the error explains itself."""
    status = whole(failure.fields.get("status_code"))
    if failure.form == "json":
        inside_success = status is not None and status < 300
        unknown = inside_success and verdict.find(failure.fields)[0] is GENERIC
        return CONNECTIONS["error_finish"] if unknown else None
    if status is not None and 300 <= status < 400:
        return CONNECTIONS["redirected"]
    if failure.form == "page":
        return CONNECTIONS["html_answer"]
    if status == 404:
        return CONNECTIONS["wrong_path"]
    if status is not None and status >= 400:
        return by_status(status)
    return CONNECTIONS["no_answer" if failure.form == "none" else "not_gateway"]


class _PageText(HTMLParser):
    """The words of a web page, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden and data.strip():
            self.found.append(" ".join(data.split()))


def page_text(html: str) -> str:
    """What a web page says, on one line; of a long one the first 16,000 characters are read."""
    page = _PageText()
    page.feed(html[:16_000])
    return visible(" · ".join(dict.fromkeys(page.found)))


# -- the same again? -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CauseDifference:
    """One part of the cause on both sides."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Whether a failure happened again. `unknown` names parts of the cause that only one side has."""

    differences: list[CauseDifference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differences and not self.unknown


NEEDED = ("answer", "status")
FORMS: dict[Form, str] = {"json": "an error", "text": "plain text", "page": "a web page", "none": "no body"}


def repeat(before: Failure, after: Failure) -> Reproduction:
    """Status, code and cause of two failures; words count where nothing else distinguishes causes."""
    first, second = cause(before), cause(after)
    differences, unknown = list[CauseDifference](), list[str]()
    for label in first:
        pair = first[label], second[label]
        if pair[0] == pair[1]:
            continue
        if all(pair) or label in NEEDED:
            differences.append(CauseDifference(label, pair[0] or "none", pair[1] or "none"))
        elif label != "fields":
            unknown.append(label)
    if not differences and not unknown and not _has_cause(first):
        differences += _worded(before, after)
    return Reproduction(differences, [] if differences else unknown)


def _has_cause(found: dict[str, str]) -> bool:
    return bool(found["provider's status"] or found["provider's code"] or found["fields"])


def _worded(before: Failure, after: Failure) -> list[CauseDifference]:
    pair = [
        short(error_facts.message(failure.fields) or failure.words or "", 300) for failure in (before, after)
    ]
    return [] if not all(pair) or same_words(*pair) else [CauseDifference("message", *pair)]


_CHANGING = re.compile(r"\bG-\w+|\breq_\w+|\d+(?:[.,]\d+)*")


def same_words(first: str, second: str) -> bool:
    """Equal apart from IDs, numbers and times, which every attempt has of its own."""
    return _CHANGING.sub("#", first) == _CHANGING.sub("#", second)


def cause(failure: Failure) -> dict[str, str]:
    """What distinguishes one cause from another: "" is "it does not say"."""
    fields, payload = failure.fields, error_facts.payload_of(failure.fields)
    statuses = error_facts.failed_statuses(fields, payload)
    details = [box(detail) for detail in items(payload.get("details"))]
    return {
        "answer": FORMS[failure.form] if failure.form in ("text", "page") else FORMS["json"],
        "status": short(fields.get("status_code") or "", 20),
        "code": error_facts.error_code(fields),
        "reason": words(payload.get("reason")) or "",
        "provider": ", ".join(sorted(error_facts.failed_providers(fields))),
        "provider's status": ", ".join(map(str, sorted(statuses))),
        "provider's code": short(inside(payload, "upstream_error", "code") or "", 100),
        "fields": ", ".join(
            sorted(f"{_path(detail)} {words(detail.get('keyword')) or ''}".strip() for detail in details)
        ),
    }


def _path(detail: Fields) -> str:
    path = detail.get("path")
    return ".".join(short(step, 40) for step in path) if isinstance(path, list) else short(path or "", 120)
