"""What a POST's body and headers mean: problems, form fields, where the client comes from."""

import json
import uuid
from typing import Any

from . import faults
from .shapes import Failure, Json

_CLIENTS = {
    "openai": ("OpenAI SDK", "sdk"),
    "anthropic": ("Anthropic SDK", "sdk"),
    "phaseo": ("Phaseo SDK", "sdk"),
    "python-httpx": ("HTTPX", "http_client"),
}
_WANTED = {
    "chat.completions": "messages",
    "messages": "messages",
    "responses": "input",
    "embeddings": "input",
}


def parse(raw: bytes, content_type: str) -> tuple[Json, Failure | None]:
    """The JSON object of a body. When there is none: what is stored in its place, and the failure."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        kept: Json = {"_content_type": content_type, "_invalid_json": True, "_body_length_chars": len(raw)}
        return kept | {"_model_hint": None}, faults.INVALID_JSON
    if isinstance(body, dict):
        return body, None
    return {}, Failure(400, "validation_error", "The body must be a JSON object.", "user")


def check(endpoint: str, body: Json) -> Failure | None:
    """What is wrong with a body, in the gateway's words, or None."""
    problems = []
    name = _WANTED.get(endpoint)
    kinds = (list,) if name == "messages" else (list, str)
    if name and not isinstance(body.get(name), kinds):
        problems.append(_problem("must be array", name, "type", {"type": "array"}))
    warmth = body.get("temperature")
    if isinstance(warmth, int | float) and not 0 <= warmth <= 2:
        limit = {"comparison": "<=", "limit": 2}
        problems.append(_problem("must be <= 2", "temperature", "maximum", limit))
    if not problems:
        return None
    text = f"The request body is not valid: {len(problems)} problem{'s' * (len(problems) > 1)}."
    return Failure(400, "validation_error", text, "user", {"details": problems})


def _problem(message: str, name: str, keyword: str, params: Json) -> Json:
    return {"message": message, "path": [name], "keyword": keyword, "params": params}


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
    return {"app_id": app_id, "session_id": kept, "end_user_id": person} | _client(headers)


def _client(headers: dict[str, str]) -> Json:
    """contract: only known ids count, else the User-Agent is sniffed, else "Direct HTTP"."""
    name, _, version = headers.get("user-agent", "").partition("/")
    found = next((key for key in _CLIENTS if key in name.lower()), None)
    values: tuple[Any, ...] = (None, "Direct HTTP", "api", None, "unknown")
    if found:
        values = (found, *_CLIENTS[found], version.split(" ")[0] or None, "user_agent")
    columns = ("id", "name", "kind", "version", "detection")
    return {f"client_source_{column}": value for column, value in zip(columns, values, strict=True)}
