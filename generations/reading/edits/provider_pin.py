"""Pinning a request to one provider, in both spellings. contract: "Pinning a provider"."""

import re

from generations.gateway.rawjson.values import Value
from generations.reading import text
from generations.reading.edits.json_patch import Operation, Patch
from generations.reading.edits.patch_ops import Body, VariationRefused, drop, put
from generations.reading.text import items, words

_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,118}", re.IGNORECASE | re.ASCII)


def pin_provider(body: Body, wire: str, provider: str, model_id: str | None = None) -> Patch:
    """Only this provider, no other if it fails. contract: "Pinning a provider".

    `model_id` is the record's: an alias or preset could lead elsewhere. What `routing` says overrides `provider`,
    so it is set there, too. A provider in the model's name would contradict and goes. An empty name unpins.
    """
    if not provider:
        return unpin(body)
    slug = _slug(provider)
    name = model_id or _bare(body.get("model"))
    made: Patch = put(body, name, "model") if name else ()
    for key in ("provider", "routing") if isinstance(body.get("routing"), dict) else ("provider",):
        made += _pinned(body, key, slug)
    return made


def _pinned(body: Body, key: str, slug: str) -> Patch:
    holder = body.get(key)
    if not isinstance(holder, dict):
        return put(body, {"only": [slug], "allow_fallbacks": False}, key)
    shut = drop(body, key, "ignore") if slug in items(holder.get("ignore")) else ()
    return put(body, [slug], key, "only") + put(body, False, key, "allow_fallbacks") + shut


def unpin(body: Body) -> Patch:
    """Any provider, also where the model's name has one before it."""
    name = _bare(body.get("model"))
    made: Patch = put(body, name, "model") if name else ()
    return made + drop(body, "provider", "only") + drop(body, "routing", "only")


def pin_by_model(body: Body, wire: str, provider: str, model_id: str | None = None) -> Patch:
    """The other spelling: the provider before the model's name. contract: exact, no fallback, and refused
    together with `only` or `ignore`, which go."""
    slug = _slug(provider)
    name = model_id or _bare(body.get("model"))
    if not name or "/" not in name:
        raise VariationRefused("A provider can only be added to a model name like openai/gpt-5-nano.")
    made = put(body, f"{slug}:{name}", "model")
    for key in ("provider", "routing"):
        made += drop(body, key, "only") + drop(body, key, "ignore")
    return made


def _slug(name: str) -> str:
    if not _SLUG.fullmatch(name.strip()):
        raise VariationRefused("Use a provider name like openai or google-ai-studio.")
    return name.strip()


def _bare(name: Value) -> str | None:
    """A model's name without a provider before it, None when there is no name."""
    text = words(name)
    provider = model_provider(text) if text else ""
    return text[len(provider) + 1 :] if text and provider else text


def present(body: Body, wire: str) -> str:
    """The provider that the request is pinned to, "" when it is to none."""
    return (
        _single(text.inside(body, "routing", "only"))
        or _single(text.inside(body, "provider", "only"))
        or model_provider(body.get("model"))
    )


# -- reading what is pinned ---------------------------------------------------------------------------------


def pinned_provider(operation: Operation) -> str:
    """The provider that an operation pins the request to, "" when it pins none."""
    if operation.op in ("remove", "test"):
        return ""
    if operation.path == "/model":
        return model_provider(operation.value)
    if operation.path in ("/provider", "/routing") and isinstance(operation.value, dict):
        return _single(operation.value.get("only"))
    return _single(operation.value) if operation.path in ("/provider/only", "/routing/only") else ""


def model_provider(model: Value) -> str:
    """The provider in a model's name like `openai:openai/gpt-5-nano`, "" if there is none.

    contract: "Pinning a provider". A colon after the slash is a variant (`org/model:free`), not a provider.
    """
    provider, colon, rest = (words(model) or "").partition(":")
    return provider if colon and "/" in rest and "/" not in provider else ""


def _single(only: Value) -> str:
    return (words(only[0]) or "") if isinstance(only, list) and len(only) == 1 else ""
