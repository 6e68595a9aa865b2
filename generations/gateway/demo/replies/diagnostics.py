"""What the gateway reports of its own choices: how it ranked providers, what each attempt was, where it called."""

from generations.gateway.demo.legs import leg, slug
from generations.gateway.demo.prices import MODELS, Model
from generations.gateway.demo.shapes import Json
from generations.gateway.demo.tokens import seeded

_GATES = (
    *("status_gate", "provider_routing_status_gate", "model_routing_status_gate", "capability_status_gate"),
    *("offer_scope_gate", "geographic_availability_gate", "residency_gate"),
)
_CAPABILITIES = {"embeddings": "text.embed", "rerank": "text.rerank", "moderations": "text.moderate"}
_PATHS = {"chat": "chat/completions", "responses": "responses", "messages": "messages"}
STATUS_TEXTS = {
    200: "OK",
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    529: "",
}


def ranked(model: str, tried: list[str]) -> list[str]:
    """The providers of a model in the order of the routing: those that were tried first."""
    return list(dict.fromkeys([*tried, *MODELS.get(model, Model(("demo",))).providers]))


def snapshot(model: str, providers: list[str], request_id: str) -> list[Json]:
    """The `routing_snapshot`. contract §0.2: scores have no upper bound, fifteen factors make one."""
    return [_rank(number, name, model, request_id) for number, name in enumerate(providers, 1)]


def _rank(number: int, provider: str, model: str, request_id: str) -> Json:
    score = seeded(f"{request_id}/{provider}", 600_000, 999_999) / 10**6 / number
    factors = [1, 0.5, 0.5, 0, 1, score, 0, 0.5, 0, *[1] * 6]
    return {
        "rank": number,
        "provider": provider,
        "provider_id": provider,
        "provider_api_model_id": model,
        "provider_model_slug": slug(model),
        "breaker": "closed",
        "breaker_until_ms": 0,
        "score": round(score, 6),
        "score_factor_values": factors,
        "provider_status": "active",
        "provider_routing_status": "active",
        "model_routing_status": "active",
        "capability_status": "active",
    }


def routing(model: str, endpoint: str, body: Json, count: int) -> Json:
    """The `routing_diagnostics` of `count` candidates."""
    wishes = body.get("provider") if isinstance(body.get("provider"), dict) else {}
    stage: Json = {"beforeCount": count, "afterCount": count, "droppedProviders": []}
    made: Json = {"workspacePolicy": _policy(model, wishes or {}, count), "dynamicRoute": None}
    made |= {"model": model, "endpoint": endpoint, "priority": "default", "routingMode": "balanced"}
    made |= {"requestedRouting": _requested(wishes or {}), "strictPriority": False, "testingMode": False}
    flags = ("includeAlpha", "includeAlphaHint", "betaChannelEnabled", "alphaChannelEnabled")
    made |= dict.fromkeys((*flags, "providerCapabilitiesBeta"), False)
    made |= {"stickyRouting": _STICKY, "filterStages": [{"stage": name} | stage for name in _GATES]}
    return made | {"consideredProviders": [], "rankedProviders": [], "finalCandidateCount": count}


_STICKY: Json = {
    "enabled": True,
    "contextResolved": True,
    "contextSource": "context_hash",
    "hintedProvider": None,
    "cachedReadTokens": None,
    "applied": False,
}


def _policy(model: str, wishes: Json, count: int) -> Json:
    made: Json = {"resolvedModel": model, "allowedApiModels": [], "blockedApiModels": []}
    made |= {"providerAllowlist": [], "providerAllowlistConfigured": False, "providerBlocklist": []}
    made |= {"requestProviderOnly": wishes.get("only", []), "requestProviderIgnore": wishes.get("ignore", [])}
    made |= dict.fromkeys(("privacyZdrOnly", "privacyEnablePaidMayTrain", "privacyEnableFreeMayTrain"), False)
    made |= {"privacyEnableInputOutputLogging": False, "droppedByPrivacy": [], "activeGuardrailIds": []}
    return made | {"accountPolicyApplied": False, "beforeCount": count, "afterCount": count}


def _requested(wishes: Json) -> Json:
    made: Json = {"requestedMode": None, "allowFallbacks": wishes.get("allow_fallbacks", True)}
    made |= {"requireParameters": False, "returnDiagnostics": False}
    made |= {"requiredExecutionRegion": wishes.get("required_execution_region"), "requiredDataRegion": None}
    names = ("requireZeroDataRetention", "maxPrice", "preferredMinThroughput", "preferredMaxLatency")
    return made | dict.fromkeys(names)


def enablement(endpoint: str, providers: list[str]) -> Json:
    """Which providers a capability has left."""
    capability = _CAPABILITIES.get(endpoint, "text.generate")
    before = {"capability": capability, "providersBefore": providers, "providersAfter": providers}
    return before | {"dropped": []}


def candidates(count: int) -> Json:
    """How many providers can serve the request."""
    return {
        "totalProviders": count,
        "supportsEndpointCount": count,
        "droppedUnsupportedEndpoint": [],
        "droppedMissingAdapter": [],
        "candidateCount": count,
    }


def cache(*, streamed: bool) -> Json:
    """The `response_cache`, which is switched off."""
    made: Json = {"enabled": False, "status": "bypass"}
    made["reason"] = "streaming_request" if streamed else "cache_disabled"
    return made | dict.fromkeys(("key", "fingerprint", "ttlSeconds", "ttlSource"))


def attempt(failure: Json, endpoint: str, model: str, streamed: bool) -> Json:
    """One attempt with all its members; `failure` is what the story says of it."""
    provider, status = str(failure.get("provider", "")), failure.get("status")
    well = failure.get("outcome") == "success"
    made: Json = {
        "type": failure.get("outcome"),
        "endpoint": endpoint,
        "model": model,
        "api_model_id": model,
        "provider_model_slug": slug(model),
        "status_text": STATUS_TEXTS.get(status, "") if isinstance(status, int) else None,
        "was_probe": False,
        "key_source": "gateway",
        "byok_key_id": None,
        "credential_phase": "gateway",
        "fallback_attempted": False,
        "response_kind": "stream" if well and streamed else "completed",
        "retry_delay_ms": None,
        "upstream_url": f"https://api.{provider}.example/v1/{_PATHS[leg(endpoint, provider)]}",
    }
    made |= {f"upstream_{name}_count": 0 for name in ("auth", "poll", "media", "preflight")}
    made |= {"upstream_request_count": 1}
    if not well and isinstance(status, int):
        made |= _ERROR
    return made | {name: value for name, value in failure.items() if (name, value) != ("retryable", None)}


_ERROR: Json = {
    f"upstream_error_{name}": None for name in ("code", "type", "message", "description", "param")
}
