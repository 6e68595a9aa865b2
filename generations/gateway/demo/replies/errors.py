"""Error bodies, in the exact forms of the gateway."""

from generations.gateway.demo.replies import diagnostics
from generations.gateway.demo.shapes import FlatError, Json

HTML_502 = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad "
    b"Gateway</h1></center><hr><center>cloudflare</center></body></html>\n"
)
HTML_503 = HTML_502.replace(b"502 Bad Gateway", b"503 Service Temporarily Unavailable")
MISSING_ID: Json = {"ok": False, "error": "missing_id"}
NOT_FOUND: Json = {"ok": False, "error": "not_found"}
ROLE_MISSING: Json = {"error": "forbidden", "message": "Workspace role must be one of: owner, admin, member"}
DB_ERROR: Json = {
    "ok": False,
    "error": "db_error",
    "message": "JSON object requested, multiple (or no) rows returned",
}


# PostgreSQL takes no NUL in text.
NO_NUL: Json = {
    "ok": False,
    "error": "db_error",
    "message": "unsupported Unicode escape sequence",
}


def bad_request(message: str) -> Json:
    """The 400 of the log."""
    return {"ok": False, "error": "bad_request", "message": message}


def unauthorised(reason: str) -> Json:
    """The 401 of the generation lookup."""
    return {"ok": False, "error": "unauthorised", "reason": reason}


def refused(reason: str, request_id: str) -> Json:
    """The 401 of POST endpoints. contract §0.2: no `reason`, it stands in `description`."""
    return {"generation_id": request_id, "status_code": 401, "error": "unauthorised"} | {
        "error_type": "user",
        "error_origin": "user",
        "description": reason,
    }


def guarded(reason: str, request_id: str) -> Json:
    """The 401 of control routes behind guards."""
    ids = {"request_id": request_id, "generation_id": request_id}
    return {"error": "unauthorised", "reason": reason} | ids | _blame(401, "user")


def _blame(status: int, origin: str) -> Json:
    return {
        "status_code": status,
        "error_type": "user" if origin == "user" else "system",
        "error_origin": origin,
    }


def scope_missing(scope: str) -> Json:
    """The 403 of OAuth credentials without a scope. contract: no `ok` key."""
    return {"error": "insufficient_scope", "message": f"Token requires {scope}"}


def flat(failure: FlatError, request_id: str) -> Json:
    """The flat error of POST endpoints, keys in the gateway's order: `description` before `reason` (§0.2)."""
    body: Json = {"generation_id": request_id, "status_code": failure.status, "error": failure.error}
    if failure.bare:
        return body | {"description": failure.description} | failure.more
    body |= {"error_type": "user" if failure.origin == "user" else "system", "error_origin": failure.origin}
    return body | {"description": failure.description} | failure.more


def attribution(failure: FlatError) -> dict[str, str]:
    """The two headers that errors carry."""
    blamed = "user" if failure.origin == "user" else "upstream"
    return {"X-Gateway-Error-Attribution": blamed, "X-Gateway-Error-Origin": failure.origin}


_ORDER = (
    *("reason", "attempt_count", "failed_providers", "failed_statuses", "failure_sample", "upstream_error"),
    *("routing_diagnostics", "provider_failure_diagnostics"),
)
_SAMPLED = ("provider", "type", "status")
_WORDS = ("code", "message", "description", "param")


def failed_body(
    failure: FlatError, request_id: str, endpoint: str, model: str, body: Json, attempts: list[Json]
) -> Json:
    """The error of a POST; where every candidate failed, with all that is known of them."""
    whole = flat(failure, request_id)
    if failure.more.get("reason") != "all_candidates_failed":
        return whole
    known = failure.more
    sample = known.get("failure_sample") or attempts
    members: Json = {name: known[name] for name in _ORDER if name in known}
    members["failure_sample"] = [_sample(item) for item in sample[:3]]
    members["upstream_error"] = known.get("upstream_error") or _words(members["failure_sample"][-1:])
    count = len(known["failed_providers"])
    members["routing_diagnostics"] = diagnostics.routing(model, endpoint, body, count)
    members |= {name: value for name, value in known.items() if name not in members}
    rest = {name: members[name] for name in _ORDER if name in members}
    return {name: value for name, value in whole.items() if name not in members} | rest


def _sample(item: Json) -> Json:
    kind = item.get("type") or item.get("outcome")
    made: Json = {name: item.get(name) for name in _SAMPLED} | {"type": kind}
    made |= {f"upstream_error_{name}": item.get(f"upstream_error_{name}") for name in _WORDS}
    made["upstream_payload_preview"] = item.get("upstream_payload_preview")
    return made | {"retryable": item.get("retryable")}


def _words(samples: list[Json]) -> Json:
    return {name: samples[0].get(f"upstream_error_{name}") if samples else None for name in _WORDS}


def upstream_answer(error: Json, model: str, endpoint: str) -> Json:
    """What the log keeps as the provider's answer when every candidate failed."""
    names = ("attempt_count", "failed_providers", "failed_statuses", "failure_sample")
    made: Json = {name: error[name] for name in ("error", "reason", "description")}
    made |= {"model": model, "endpoint": endpoint, "request_id": error["generation_id"]}
    made |= {name: error[name] for name in names}
    made |= {"provider_payment_required_provider": None, "provider_payment_required_support_notice": None}
    count = int(error["attempt_count"])
    return made | {
        "routing_diagnostics": error["routing_diagnostics"],
        "provider_enablement": diagnostics.enablement(endpoint, error["failed_providers"]),
        "provider_candidate_diagnostics": diagnostics.candidates(count),
        "provider_failure_diagnostics": error.get("provider_failure_diagnostics"),
    }
