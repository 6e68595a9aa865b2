"""Which provider serves a request, or why none does."""

from dataclasses import dataclass, replace
from typing import Any

from generations.gateway.demo import faults
from generations.gateway.demo.prices import MODELS, Model
from generations.gateway.demo.shapes import FlatError, Json

_FILTERS = ("data_collection", "enforce_distillable_text", "quantizations")
ALIASES = {"phaseo/free": "google/gemma-3-27b:free", "acme/support": "openai/gpt-5-mini"}


@dataclass(frozen=True, slots=True)
class Route:
    """The resolved model and the provider that serves it."""

    model: str
    provider: str
    speed: int


def route(endpoint: str, body: Json) -> Route | FlatError:
    """Takes the body as it was sent.

    contract: `routing` is merged over `provider`; `p:org/model` is exact.
    """
    named = body.get("model")
    if not isinstance(named, str) or not named.strip():
        return faults.MODEL_REQUIRED
    wishes = _wishes(body)
    pinned, name = _qualified(ALIASES.get(named, named))
    if pinned and (wishes.get("only") or wishes.get("ignore")):
        return faults.CONFLICT
    if any(key in wishes for key in _FILTERS):
        return faults.ROUTING
    model = MODELS.get(name) or (Model(("demo",)) if name.startswith("demo/") else None)
    if model is None or not (name.startswith("demo/") or endpoint in model.endpoints):
        return replace(
            faults.UNSUPPORTED, description=f'Model "{name}" is not available at endpoint "{endpoint}".'
        )
    return _choose(name, model, pinned, wishes)


def _wishes(body: Json) -> Json:
    provider, routing = body.get("provider"), body.get("routing")
    return (provider if isinstance(provider, dict) else {}) | (routing if isinstance(routing, dict) else {})


def _qualified(name: str) -> tuple[str | None, str]:
    provider, colon, model = name.partition(":")
    return (provider, model) if colon and "/" in model and "/" not in provider else (None, name)


def _names(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _choose(name: str, model: Model, pinned: str | None, wishes: Json) -> Route | FlatError:
    able = list(model.providers)
    if name.startswith("demo/"):
        able = [pinned] if pinned else _names(wishes.get("only")) or able
    able = [item for item in able if item not in _names(wishes.get("ignore"))]
    if only := _names(wishes.get("only")):
        able = [item for item in able if item in only]
    if pinned:
        able = [item for item in able if item == pinned]
    ordered = [item for item in _names(wishes.get("order")) if item in able] + able
    if not ordered:
        return faults.NO_MATCH
    return Route(name, ordered[0], model.speed)
