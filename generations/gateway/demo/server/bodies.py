"""What a POST's body and headers mean: problems, form fields, attribution."""

import json
import uuid

from generations.gateway.demo import faults
from generations.gateway.demo.shapes import FlatError, Json

_WANTED = {
    "chat.completions": "messages",
    "messages": "messages",
    "responses": "input",
    "embeddings": "input",
}


def parse(raw: bytes, content_type: str) -> tuple[Json, FlatError | None]:
    """The JSON object of a body. When there is none: what is stored in its place, and the failure."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        kept: Json = {"_content_type": content_type, "_invalid_json": True, "_body_length_chars": len(raw)}
        return kept | {"_model_hint": None}, faults.INVALID_JSON
    if isinstance(body, dict):
        return body, None
    return {}, FlatError(400, "validation_error", "The body must be a JSON object.", "user")


def check(endpoint: str, body: Json) -> FlatError | None:
    """What is wrong with a body, in the gateway's words, or None."""
    problems = []
    name = _WANTED.get(endpoint)
    kinds = (list,) if name == "messages" else (list, str)
    if name and not isinstance(body.get(name), kinds):
        said = f"Invalid input: expected array, received {_kind(body, name)}"
        problems.append(faults.problem(said, name, "invalid_type"))
    warmth = body.get("temperature")
    if isinstance(warmth, int | float) and warmth > 2:
        problems.append(faults.problem("Too big: expected number to be <=2", "temperature", "too_big"))
    elif isinstance(warmth, int | float) and warmth < 0:
        problems.append(faults.problem("Too small: expected number to be >=0", "temperature", "too_small"))
    return faults.invalid(problems) if problems else None


_KINDS = {bool: "boolean", dict: "object", list: "array", str: "string", type(None): "null"}


def _kind(body: Json, name: str) -> str:
    return _KINDS.get(type(body[name]), "number") if name in body else "undefined"


def multipart_fields(content_type: str, raw: bytes) -> Json:
    """The fields of a form. contract: files are stored as `{}`."""
    mark = content_type.partition("boundary=")[2].strip('"').encode()
    fields: Json = {}
    for part in raw.split(b"--" + mark)[1:-1] if mark else []:
        head, _, value = part.partition(b"\r\n\r\n")
        line = head.decode("latin-1")
        name = line.partition('name="')[2].partition('"')[0]
        fields[name] = {} if "filename=" in line else value.removesuffix(b"\r\n").decode("utf-8", "replace")
    return fields


def speech_as_json(accept: str, body: Json) -> bool:
    """contract: JSON only when asked: Accept names JSON and no audio, or stream_format is sse or json."""
    wanted = "application/json" in accept and "audio/" not in accept
    return wanted or body.get("stream_format") in ("sse", "json")


def attribution(headers: dict[str, str], body: Json) -> Json:
    """The columns of a record that come from headers and flags: session, person, application, client."""
    session = body.get("session_id") or body.get("sessionId") or headers.get("x-session-id")
    kept = session if isinstance(session, str) and len(session) <= 256 else None
    app = headers.get("x-title") or headers.get("x-app-name")
    person = body.get("user") or body.get("user_id") or headers.get("x-user-id")
    app_id = str(uuid.uuid5(uuid.NAMESPACE_OID, app)) if app else None
    return {"app_id": app_id, "session_id": kept, "end_user_id": person}
