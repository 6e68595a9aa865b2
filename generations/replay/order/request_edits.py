"""What a person asks to change, as one patch for one stored request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from generations.gateway.rawjson import values
from generations.gateway.record import Record
from generations.reading.edits import json_patch, message_edits, parameter_edits, provider_pin, syntax_check
from generations.reading.edits.json_patch import Patch, PatchRefused
from generations.reading.edits.patch_ops import Body, VariationRefused
from generations.reading.text import readable

Change = tuple[str, str]
"""The name of a variation (reading/variations.py) and the value it shall have, as typed."""


class ChangeRefused(ValueError):
    """A change is not possible. `field` is the variation's name, "texts" or "whole"; the text is a sentence."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True, slots=True)
class RequestEdits:
    """What shall be different: parameters, texts by JSON pointer, or the whole request as JSON text."""

    changes: Sequence[Change] = ()
    texts: Mapping[str, str] | None = None
    whole: str | None = None

    def also(self, *changes: Change) -> "RequestEdits":
        """The same with these changes after the others."""
        return RequestEdits((*self.changes, *changes), self.texts, self.whole)


def patch_for(parsed: Record, stored: bytes, wire: str, edits: RequestEdits) -> str:
    """The edits of this stored request as JSON Patch text, "" when nothing is to be changed.

    Raises ChangeRefused.
    """
    made = _whole(stored, edits.whole) if edits.whole is not None else ()
    body = _applied("whole", stored, made)
    for name, value in edits.changes:
        ops = _change(parsed, body, wire, name, value)
        made, body = made + ops, _applied(name, body, ops)
    if edits.texts:
        ops = _refusing("texts", lambda: message_edits.rewritten(_body(body), wire, edits.texts or {}))
        made += ops
        _applied("texts", body, ops)
    return json_patch.write(made) if made else ""


def _change(parsed: Record, body: bytes, wire: str, name: str, value: str) -> Patch:
    def build() -> Patch:
        pinned_to_origin = name == "provider" and value.strip() and value.strip() == parsed.provider
        same_model = _body(body).get("model") == _body(parsed.replay_body or b"{}").get("model")
        if pinned_to_origin and same_model:  # the record's model, not its alias
            return provider_pin.pin_provider(_body(body), wire, value.strip(), parsed.model_id)
        return parameter_edits.build(name, _body(body), wire, value)

    return _refusing(name, build)


def _whole(stored: bytes, text: str) -> Patch:
    wrong = syntax_check.mistake(text)
    if wrong:
        raise ChangeRefused("whole", f"{wrong.sentence} {wrong.shown}".strip())
    return _refusing("whole", lambda: json_patch.between(stored, text.encode("utf-8", "surrogatepass")))


def _applied(field: str, body: bytes, made: Patch) -> bytes:
    try:
        return json_patch.apply(body, made)
    except PatchRefused as refused:
        raise ChangeRefused(field, str(refused)) from None


def _refusing(field: str, build: Callable[[], Patch]) -> Patch:
    try:
        return build()
    except (VariationRefused, PatchRefused) as refused:
        raise ChangeRefused(field, str(refused)) from None


def _body(raw: bytes) -> Body:
    value = values.loads(raw)
    return value if isinstance(value, dict) else {}


def pretty(body: bytes) -> str:
    """The request as JSON text for an editor; number text as stored, letters of all languages as themselves."""
    return readable(values.dumps(values.loads(body), indent=2))
