"""Ready-made changes of a stored request: each gives the patch that makes it, () where nothing has to change.

A member is set with `add`, which RFC 6902 lets replace one that is there, so that one patch fits many requests.
Names and limits of parameters are the gateway's. public reference: OpenAPI description of the gateway
(chat completions, responses, messages).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from generations.gateway.rawjson.values import Number, Value
from generations.reading import text
from generations.reading.edits import provider_pin
from generations.reading.edits.json_patch import Patch
from generations.reading.edits.patch_ops import Body, VariationRefused, drop, put
from generations.reading.text import box, items, words

TEXT = frozenset({"chat", "responses", "messages"})
SENT = TEXT | {"embeddings", "moderations", "rerank", "ocr", "images", "speech", "transcription"}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
TIERS = ("auto", "default", "standard", "fast", "priority", "flex", "batch")
STREAMED_ONLY = ("stream_options", "partial_images")  # refused by providers without a stream
LIMITS = {
    "chat": ("max_completion_tokens", "max_tokens"),
    "responses": ("max_output_tokens",),
    "messages": ("max_tokens",),
}


@dataclass(frozen=True, slots=True)
class Variation:
    """One field of the form. `wires`: the endpoints that know it (a request that has it may change it, too).

    `choices` are offered; with `free` other values are possible. An empty value takes the parameter out.
    """

    name: str
    label: str
    wires: frozenset[str]
    build: Callable[[Body, str, str], Patch]
    present: Callable[[Body, str], str]
    choices: tuple[str, ...] = ()
    free: bool = False

    def applies(self, body: Body, wire: str) -> bool:
        """Whether this request can be changed in this way."""
        return wire in self.wires or (wire in SENT and self.name in body)


def offered(body: Body, wire: str) -> list[Variation]:
    """The variations that this request can have."""
    return [variation for variation in VARIATIONS.values() if variation.applies(body, wire)]


def build(name: str, body: Body, wire: str, value: str) -> Patch:
    """The patch that gives the parameter this value. Raises VariationRefused with the reason."""
    known = VARIATIONS.get(name)
    if known is None or not known.applies(body, wire):
        raise VariationRefused(f"This endpoint has no {known.label.lower() if known else 'such parameter'}.")
    return known.build(body, wire, value.strip())


def _shown(value: Value) -> str:
    return "" if value is None else text.short(value)


# -- checking ----------------------------------------------------------------------------------------------


def _number(typed: str, least: int, most: int) -> Number:
    """A JSON number between both, its text as typed."""
    if "," in typed:
        raise VariationRefused("Use a decimal point: 0.7.")
    value = Number(typed).decimal if _NUMBER.fullmatch(typed) else None
    if value is None or not Decimal(least) <= value <= Decimal(most):
        raise VariationRefused(f"It must be a number from {least} to {most}.")
    return Number(typed)


def _whole(typed: str, least: int, most: int) -> Number:
    if not _WHOLE.fullmatch(typed) or not least <= int(typed) <= most:
        raise VariationRefused(f"It must be a whole number from {least:,} to {most:,}.")
    return Number(typed)


def _choice(typed: str, known: tuple[str, ...]) -> str:
    if typed not in known:
        raise VariationRefused(f"It must be one of {', '.join(known)}.")
    return typed


def _name(typed: str, what: str) -> str:
    if not _WORD.fullmatch(typed):
        raise VariationRefused(f"{what}, without spaces, up to 200 characters.")
    return typed


_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,60})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,18})", re.ASCII)
_WORD = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff]{1,200}")


# -- parameters --------------------------------------------------------------------------------------------


def model(body: Body, wire: str, name: str) -> Patch:
    """Another model, or the same one under another name. With a provider before it: at that one alone."""
    name = _name(name, "Use a model name like openai/gpt-5-nano")
    provider = provider_pin.model_provider(name)
    if provider:
        return provider_pin.pin_by_model(body, wire, provider, name[len(provider) + 1 :])
    return put(body, name, "model")


def temperature(body: Body, wire: str, value: str) -> Patch:
    """0 to 2, in the messages format 0 to 1."""
    return _set_or_drop(body, value, "temperature", lambda: _number(value, 0, 1 if wire == "messages" else 2))


def top_p(body: Body, wire: str, value: str) -> Patch:
    return _set_or_drop(body, value, "top_p", lambda: _number(value, 0, 1))


def seed(body: Body, wire: str, value: str) -> Patch:
    """A whole number of 64 bits."""
    return _set_or_drop(body, value, "seed", lambda: _whole(value, -(2**63), 2**63 - 1))


def service_tier(body: Body, wire: str, value: str) -> Patch:
    """contract: the body's flags."""
    return _set_or_drop(body, value, "service_tier", lambda: _choice(value, TIERS))


def _set_or_drop(body: Body, typed: str, key: str, read: Callable[[], Value]) -> Patch:
    return put(body, read(), key) if typed else drop(body, key)


def limit_keys(body: Body, wire: str) -> tuple[str, ...]:
    """The keys that limit the output of this request: those it has, else the one of its wire format."""
    known = LIMITS.get(wire, ())
    return tuple(key for key in known if key in body) or known[:1] or ("max_tokens",)


def max_tokens(body: Body, wire: str, value: str) -> Patch:
    """The upper limit of the output, in tokens."""
    keys = limit_keys(body, wire)
    if not value and wire == "messages":
        raise VariationRefused("The messages format requires an output token limit.")
    if not value:
        return tuple(operation for key in keys for operation in drop(body, key))
    limit = _whole(value, 1, 10**9)
    return tuple(operation for key in keys for operation in put(body, limit, key))


def effort_paths(body: Body, wire: str) -> tuple[tuple[str, ...], ...]:
    """Where this request sets the reasoning effort; chat completions have two spellings."""
    flat, nested = ("reasoning_effort",), ("reasoning", "effort")
    if wire != "chat" or "reasoning_effort" not in body:
        return (nested,)
    return (flat, nested) if isinstance(text.inside(body, *nested), str) else (flat,)


def reasoning_effort(body: Body, wire: str, value: str) -> Patch:
    paths = effort_paths(body, wire)
    if not value:
        return tuple(operation for path in paths for operation in drop(body, *path))
    return tuple(operation for path in paths for operation in put(body, _choice(value, EFFORTS), *path))


def stream(body: Body, wire: str, value: str) -> Patch:
    """`on` or `off`. Off also takes out what only a stream may have. contract: usage comes with every stream, so
    on needs nothing more."""
    if _choice(value, ("on", "off")) == "on":
        return put(body, True, "stream")
    is_on = body.get("stream") not in (None, False)
    dropped = tuple(operation for key in STREAMED_ONLY for operation in drop(body, key))
    return (put(body, False, "stream") if is_on else ()) + dropped


# -- tools -------------------------------------------------------------------------------------------------


def tool_names(body: Body) -> list[str]:
    """The tools that the request offers: by name, the gateway's own ones by their type."""
    listed = [box(tool) for key in ("tools", "functions") for tool in items(body.get(key))]
    names = [words(box(tool.get("function")).get("name")) or words(tool.get("name")) for tool in listed]
    return [name or words(tool.get("type")) or "" for name, tool in zip(names, listed, strict=True)]


def tool_choice(body: Body, wire: str, value: str) -> Patch:
    """`auto`, `none`, `required`, or the name of a tool that the request offers."""
    if not value:
        return drop(body, "tool_choice")
    names = [name for name in tool_names(body) if name]
    if not names:
        raise VariationRefused("The request offers no tools, so there is nothing to choose.")
    if value not in (*CHOICES, *names):
        raise VariationRefused(f"It must be one of {', '.join([*CHOICES, *names])}.")
    return put(body, _spelled_choice(body, wire, value), "tool_choice")


CHOICES = ("auto", "none", "required")


def _spelled_choice(body: Body, wire: str, value: str) -> Value:
    """contract: chat completions and responses have words, messages has objects; the gateway's own tools are
    named by their type everywhere."""
    if value.startswith("gateway:"):
        return value
    if wire == "messages":
        kept = box(body.get("tool_choice")).keys() - {"type", "name"}
        kind: Body = {"type": "any" if value == "required" else value}
        made = kind if value in CHOICES else {"type": "tool", "name": value}
        return made | {key: box(body["tool_choice"])[key] for key in sorted(kept)}
    if value in CHOICES:
        return value
    named: Body = {"name": value}
    return {"type": "function", **(named if wire == "responses" else {"function": named})}


def _present_choice(body: Body, wire: str) -> str:
    choice = body.get("tool_choice")
    if not isinstance(choice, dict):
        return _shown(choice)
    name = words(choice.get("name")) or words(text.inside(choice, "function", "name"))
    kind = words(choice.get("type")) or ""
    return name or ("required" if kind == "any" else kind)


# -- the table ---------------------------------------------------------------------------------------------


def _present_first(*paths: tuple[str, ...]) -> Callable[[Body, str], str]:
    def present(body: Body, wire: str) -> str:
        for path in paths:
            value = text.inside(body, *path) if len(path) > 1 else body.get(path[0])
            if value is not None:
                return text.short(value)
        return ""

    return present


def _present_limit(body: Body, wire: str) -> str:
    return _shown(body.get(limit_keys(body, wire)[0]))


def _present_stream(body: Body, wire: str) -> str:
    return "on" if body.get("stream") is True else "off"


VARIATIONS = {
    variation.name: variation
    for variation in (
        Variation("model", "Model", SENT, model, _present_first(("model",)), free=True),
        Variation("provider", "Provider", SENT, provider_pin.pin_provider, provider_pin.present, free=True),
        Variation(
            "temperature", "Temperature", TEXT, temperature, _present_first(("temperature",)), free=True
        ),
        Variation("top_p", "Top P", TEXT, top_p, _present_first(("top_p",)), free=True),
        Variation("seed", "Seed", frozenset({"chat"}), seed, _present_first(("seed",)), free=True),
        Variation("max_tokens", "Max tokens", TEXT, max_tokens, _present_limit, free=True),
        Variation(
            "reasoning_effort",
            "Reasoning effort",
            TEXT,
            reasoning_effort,
            _present_first(("reasoning_effort",), ("reasoning", "effort")),
            EFFORTS,
        ),
        Variation("stream", "Stream", TEXT | {"images"}, stream, _present_stream, ("on", "off")),
        Variation("tool_choice", "Tool choice", TEXT, tool_choice, _present_choice, CHOICES, free=True),
        Variation(
            "service_tier", "Service tier", TEXT, service_tier, _present_first(("service_tier",)), TIERS
        ),
    )
}
