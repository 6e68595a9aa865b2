"""Error bodies, in the exact forms of the gateway."""

from .shapes import Failure, Json

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


def unauthorised(reason: str) -> Json:
    """The 401 of the generation lookup."""
    return {"ok": False, "error": "unauthorised", "reason": reason}


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


def flat(failure: Failure, request_id: str) -> Json:
    """The flat error of POST endpoints, keys in the gateway's order."""
    more = dict(failure.more)
    body: Json = {"generation_id": request_id, "status_code": failure.status, "error": failure.error}
    body |= {"error_type": "user" if failure.origin == "user" else "system", "error_origin": failure.origin}
    if "reason" in more:
        body["reason"] = more.pop("reason")
    return body | {"description": failure.description} | more


def attribution(failure: Failure) -> dict[str, str]:
    """The two headers that errors carry."""
    blamed = "user" if failure.origin == "user" else "upstream"
    return {"X-Gateway-Error-Attribution": blamed, "X-Gateway-Error-Origin": failure.origin}
