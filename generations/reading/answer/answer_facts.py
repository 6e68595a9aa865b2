"""The facts of one answer, read once from the whole body of its wire format: of a record and of a replay alike."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from generations.gateway import error_bodies
from generations.gateway.rawjson.values import Value, dumps, is_text
from generations.gateway.streams.tolerant import is_foreign_answer
from generations.reading import text
from generations.reading.answer import answer_choices, vocabulary
from generations.reading.answer.answer_choices import MEDIA, ChoiceDraft, shape_of
from generations.reading.answer.tool_calls import NamedCall
from generations.reading.text import below, box, first, inside, items, words

GATEWAYS_OWN = ("chat", "responses", "moderations")  # wire formats whose `id` is the gateway's
NO_WORDS = "The gateway reported an error without saying which."
PLAIN_ENDS = ("stop", "tool_calls", "")


class StrayEventLike(Protocol):
    """An event that has no place in the body (`gateway.streams.StrayEvent`)."""

    @property
    def name(self) -> str: ...
    @property
    def data(self) -> Value: ...


@dataclass(frozen=True, slots=True)
class AnswerError:
    """An error that the answer carries: its words, its code, and where it stands in the body ("" if in an event)."""

    message: str
    code: str = ""
    at: str = ""
    value: Value = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that were asked for. `finish` is the provider's word, `finish_word` the gateway's."""

    index: int = 0
    text: str = ""
    refusal: str = ""
    reasoning: str = ""
    calls: tuple[NamedCall, ...] = ()
    media: int = 0
    data: int = 0
    finish: str = ""
    native_finish: str = ""
    at: str = ""

    @property
    def finish_word(self) -> str:
        return vocabulary.finish(self.finish, calls=any(not call.kind for call in self.calls))

    @property
    def is_empty(self) -> bool:
        """Whether it holds neither words, calls, media nor data. Reasoning alone is no answer."""
        return not (self.text.strip() or self.refusal.strip() or self.calls or self.media or self.data)


@dataclass(frozen=True, slots=True)
class Facts:
    """What one answer says. None and "" are "it does not say".

    `shape` is the wire format of the body, `read` the pointers of what the choices have taken in,
    `tools` those of tool calls with all that belongs to them. `data`: the body
    holds an answer that is neither words nor media (vectors, scores, pages, a job).
    """

    shape: str = ""
    choices: tuple[Choice, ...] = ()
    usage: dict[str, Value] = field(default_factory=dict)
    cost_nanos: int | None = None
    currency: str = ""
    model: str = ""
    provider: str = ""
    request_id: str = ""
    native_id: str = ""
    errors: tuple[AnswerError, ...] = ()
    data: bool = False
    media: int = 0
    read: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The words of the first choice."""
        return self.choices[0].text if self.choices else ""

    @property
    def finish(self) -> str:
        """Why the first choice that says it ended, in the provider's word."""
        return next((choice.finish for choice in self.choices if choice.finish), "")

    @property
    def finish_word(self) -> str:
        return next((choice.finish_word for choice in self.choices if choice.finish), "")

    @property
    def is_empty(self) -> bool:
        """Whether the answer holds nothing: no words, no calls, no media, no data."""
        return not self.data and not self.media and all(choice.is_empty for choice in self.choices)

    @property
    def empty_reason(self) -> str:
        """What an empty answer says about its end (`network_error`, `content_filter`); "" if nothing."""
        if not self.is_empty:
            return ""
        for choice in self.choices:
            native = choice.native_finish
            if native and vocabulary.finish(native) not in PLAIN_ENDS:
                return native
            if choice.finish_word not in PLAIN_ENDS:
                return choice.finish
        return ""


def read(wire: str, body: Value, strays: Iterable[StrayEventLike] = ()) -> Facts:
    """The facts of a whole body. `wire` is the endpoint's; the body's own shape goes before it. Never raises."""
    strays = list(strays)
    at, fields = _unwrapped(body)
    if not isinstance(body, dict):
        return _plain(wire, body, strays)
    shape = shape_of(wire, fields)
    found = answer_choices.of(shape, fields, at)
    choices = tuple(_choice(draft) for draft in found.made)
    outer = box(body)
    nanos, currency = _cost(outer, fields)
    return Facts(
        shape=shape,
        choices=choices,
        usage=_usage(fields, outer),
        **_identity(shape, outer, fields),
        cost_nanos=nanos,
        currency=currency,
        errors=tuple(_errors(fields, at, choices, strays)),
        data="error" not in fields and (_has_data(shape, fields, choices) or _is_foreign(strays, choices)),
        media=_media(shape, fields),
        read=frozenset(found.read),
        tools=frozenset(found.tools),
    )


def _unwrapped(body: Value) -> tuple[str, dict[str, Value]]:
    """A response may be wrapped in the event that brought it."""
    fields = box(body)
    inner = fields.get("response")
    if isinstance(inner, dict) and "output" not in fields and "choices" not in fields:
        return "/response", inner
    return "", fields


def _plain(wire: str, body: Value, strays: list[StrayEventLike]) -> Facts:
    """An answer that is no object: words as they are, anything else is data."""
    errors = tuple(_stray_errors(strays))
    if isinstance(body, str) and is_text(body):
        return Facts(shape="text", choices=(Choice(text=body),), errors=errors, read=frozenset({""}))
    return Facts(shape=wire, errors=errors, data=body not in (None, "", []))


def _choice(draft: ChoiceDraft) -> Choice:
    said = {kind: "".join(pieces) for kind, pieces in draft.said.items()}
    return Choice(
        draft.index,
        said["text"],
        said["refusal"],
        said["reasoning"],
        tuple(draft.calls),
        draft.media,
        draft.data,
        draft.finish,
        draft.native_finish,
        draft.at,
    )


_ENVELOPE = frozenset(
    {
        *("id", "object", "created", "created_at", "model", "usage", "nativeResponseId", "requestId", "meta"),
        *("provider", "provider_id", "cost_nanos", "cost_cents"),
        *("currency", "pricing_lines", "type", "status"),
        *("generation_id", "error", "message", "code", "role", "mime_type", "output_format"),
    }
)


def _has_data(shape: str, body: dict[str, Value], choices: tuple[Choice, ...]) -> bool:
    """Whether something stands outside the envelope. A job returns its state; that is its answer."""
    known = _ENVELOPE - {"status"} if shape in ("video", "music") else _ENVELOPE
    members = [value for key, value in body.items() if key not in known]
    return not choices and any(value not in (None, "", [], {}) for value in members)


def _is_foreign(strays: list[StrayEventLike], choices: tuple[Choice, ...]) -> bool:
    """Whether the answer is in the events of another API."""
    return all(choice.is_empty for choice in choices) and any(
        is_foreign_answer(stray.data) for stray in strays
    )


def _media(shape: str, body: dict[str, Value]) -> int:
    """Pictures and sounds of the endpoints that make them."""
    if shape == "images":
        return len(items(body.get("data")))
    if shape == "speech":
        return sum(bool(words(body.get(key))) for key in ("audio_base64", "audio", "data", "url"))
    return 0


# -- who answered, and what it cost ----------------------------------------------------------------------------


def _identity(shape: str, outer: dict[str, Value], fields: dict[str, Value]) -> dict[str, str]:
    """contract: `requestId` is the gateway's; an `id` is, where it begins with `G-` or is not the provider's own."""
    own = words(outer.get("id")) or words(fields.get("id")) or ""
    request_id = words(first({**fields, **outer}, "requestId", "generation_id")) or ""
    native = words(outer.get("nativeResponseId")) or words(fields.get("nativeResponseId")) or ""
    ours = own.startswith("G-") or (own != native and shape in GATEWAYS_OWN)
    request_id = request_id or (own if ours else "")
    inner = words(fields.get("id")) or ""
    native = native or (inner if inner != request_id else "") or (own if own != request_id else "")
    return {
        "request_id": request_id,
        "native_id": native,
        "model": words(fields.get("model")) or words(outer.get("model")) or "",
        "provider": _provider({**fields, **outer}),
    }


def _provider(fields: dict[str, Value]) -> str:
    named = words(fields.get("provider")) or words(fields.get("provider_id"))
    return named or words(inside(fields.get("meta"), "routing", "selected_provider")) or ""


def _usage(fields: dict[str, Value], outer: dict[str, Value]) -> dict[str, Value]:
    """Usage in its own member, else inside a choice (Moonshot) or next to the choices (Groq's `x_groq`)."""
    own = box(first(fields, "usage", "usage_info")) or box(outer.get("usage"))
    within = [box(box(choice).get("usage")) for choice in items(fields.get("choices"))]
    return own or next(filter(None, within), {}) or box(inside(fields, "x_groq", "usage"))


def _cost(outer: dict[str, Value], fields: dict[str, Value]) -> tuple[int | None, str]:
    """contract: the cost stands next to the usage, or in `usage.pricing` or `usage.pricing_breakdown`."""
    usage = box(fields.get("usage")) or box(outer.get("usage"))
    for place in (fields, outer, box(usage.get("pricing")), box(usage.get("pricing_breakdown"))):
        for key, nanos in (("cost_nanos", 1), ("total_nanos", 1), ("cost_cents", 10**7)):
            amount = text.decimal(place.get(key))
            if amount is not None and amount >= 0 and amount * nanos == int(amount * nanos):
                return int(amount * nanos), words(place.get("currency")) or ""
    return None, ""


# -- errors ----------------------------------------------------------------------------------------------------


def _errors(
    body: dict[str, Value], at: str, choices: tuple[Choice, ...], strays: list[StrayEventLike]
) -> Iterator[AnswerError]:
    """Errors inside the answer: its own, those of choices and items, those of events, and ends that are errors."""
    if is_error(body):
        yield fault(body, below(at, "error") if "error" in body else at)
    elif body.get("status") == "failed":
        yield AnswerError("The response failed without a reason.", "failed", at)
    for choice in choices:
        yield from _choice_errors(body, choice)
    for position, item in enumerate(items(body.get("output"))):
        fields = box(item)
        if fields.get("status") == "failed" and not _is_tool(fields):
            place = below(at, "output", position)
            words_ = f"The item {words(fields.get('type')) or 'without a type'} failed."
            yield (
                fault(fields, below(place, "error"))
                if fields.get("error")
                else AnswerError(words_, "", place, item)
            )
    yield from _stray_errors(strays)


def _is_tool(item: dict[str, Value]) -> bool:
    """Whether an item is a tool call: the model goes on when one fails."""
    kind = words(item.get("type")) or ""
    return kind.endswith("_call") and kind != "image_generation_call"


def _choice_errors(body: dict[str, Value], choice: Choice) -> Iterator[AnswerError]:
    raw_choice = next((box(value) for value in items(body.get("choices")) if _is_at(body, choice, value)), {})
    holder = raw_choice if raw_choice.get("error") else box(raw_choice.get("message"))
    if holder.get("error"):
        yield fault(holder, below(choice.at, *(() if holder is raw_choice else ("message",)), "error"))
    elif choice.finish_word == "error" and not is_error(body) and body.get("status") != "failed":
        yield AnswerError(
            f"The answer ended with the finish reason {choice.finish}.", choice.finish, choice.at
        )


def _is_at(body: dict[str, Value], choice: Choice, value: Value) -> bool:
    position = choice.at.rpartition("/")[2]
    choices = items(body.get("choices"))
    return position.isdecimal() and int(position) < len(choices) and choices[int(position)] is value


def _stray_errors(strays: Iterable[StrayEventLike]) -> Iterator[AnswerError]:
    for stray in strays:
        data = box(stray.data)
        if is_error(data) or (stray.name == "error" and stray.data not in (None, "", {})):
            yield fault(data or {"error": stray.data}, "")


def is_error(fields: dict[str, Value]) -> bool:
    """Whether an object is an error or holds one: under `error`, by its type, or by what else it says."""
    marked = bool(fields.get("error")) or "error" in (fields.get("object"), fields.get("type"))
    return marked or error_bodies.is_bare_error(fields)


def bare(fields: dict[str, Value]) -> dict[str, Value]:
    """Words and code of an error without `error`, as `message` and `code`; nothing for all others."""
    if not error_bodies.is_bare_error(fields):
        return {}
    base = box(fields.get("base_resp"))
    flat = error_bodies.flat(fields)
    return {
        "message": flat.get("description") or base.get("status_msg"),
        "code": flat.get("error") or base.get("status_code"),
    }


def fault(fields: dict[str, Value], at: str) -> AnswerError:
    """The error in an object, in any of its forms: a string, an object, or next to `message`."""
    error = fields.get("error")
    within = box(error)
    unnamed = bare(within or fields)
    plain = error if isinstance(error, str) else None
    message = words(first(within, "message", "description")) or words(
        first(fields, "message", "description", "detail")
    )
    message = message or words(unnamed.get("message"))
    code = first(within, "code", "type") if within else first(fields, "code") or plain
    code = code or unnamed.get("code")
    metadata = words(inside(within, "metadata", "raw"))
    shown = message or plain or (dumps(error) if error not in (None, True, "") else "") or NO_WORDS
    return AnswerError(
        shown if not metadata else f"{shown} ({metadata})", text.short(code or "", 100), at, error
    )


__all__ = ["MEDIA", "AnswerError", "Choice", "Facts", "StrayEventLike", "fault", "is_error", "read"]
