"""The body of an error in any shape -> the gateway's flat form, so that one reader explains them all.

contract: "POST errors: flat object". Also read: nested `error` objects (OpenAI, Anthropic, OpenRouter, Google), lists
of errors, FastAPI's `detail`, problem details (RFC 9457), `message` with `code`, and JSON inside strings. Members that
came stay unchanged; a member is only added where the flat form has none. The reader bounds the lengths.
"""

from generations.gateway.error_catalogue import CATEGORIES, CODES, REASONS, CatalogueEntry, Whose
from generations.gateway.rawjson.values import Number, Unreadable, Value, is_text, loads

__all__ = ["FINER", "ORIGINS", "entry_of", "flat", "from_bytes", "is_bare_error", "is_code"]

Fields = dict[str, Value]
ORIGINS: dict[str, Whose] = {"user": "you", "gateway": "gateway", "upstream": "provider"}
"""`error_origin` -> whose fault, where the catalogue does not know the code."""
FINER = (
    "data_handling_policy_no_routes",
    "provider_qualified_model_conflict",
    "request_provider_filter_no_match",
    "unsupported_routing_filter",
)
"""Kinds that are more specific than the code they come with."""
_DEEP = 6
_NESTED_UP_TO = 100_000  # characters of a text that are tried as JSON
_LISTED = 50
_WORDS = (
    "description",
    "message",
    "error_description",
    "error_message",
    "msg",
    "detail",
    "title",
    "hint",
    "Message",
)
_ANSWERS = (
    *("choices", "output", "content", "data", "results", "candidates", "pages", "text", "response", "delta"),
    *("embeddings", "images", "object", "error", "content_block", "usage"),
)
"""Members of answers and of their frames, next to which `message` or `detail` may say anything."""
_GOOD = ("", "0", "200", "ok", "success")  # codes of an answer that is none of an error
_CODES = ("code", "type", "status", "__type", "error_code", "Code")


def entry_of(fields: Fields) -> CatalogueEntry | None:
    """What an error in the flat form names: a category, a finer kind, its reason, its code; None if it names none.

    contract: `request_provider_filter_no_match` and others are keywords of a finding inside `validation_error`; a
    missing data policy is `guardrail_blocked` with an `error_operational_kind`.
    """
    diagnostics = fields.get("provider_failure_diagnostics")
    category = _text(diagnostics.get("category")) if isinstance(diagnostics, dict) else ""
    finer = [_text(fields.get("error_operational_kind")), *_keywords(fields)]
    tables = (
        (category, CATEGORIES),
        *((key, CODES | REASONS) for key in finer if key in FINER),
        (_text(fields.get("reason")), REASONS),
        (_text(fields.get("error")), CODES | REASONS | CATEGORIES),
    )
    return next((known[key] for key, known in tables if key in known), None)


def _keywords(fields: Fields) -> list[str]:
    details = fields.get("details")
    found = details if isinstance(details, list) else []
    return [_text(item.get("keyword")) for item in found if isinstance(item, dict)]


def from_bytes(body: bytes) -> Fields | None:
    """The flat form of an error's body, None when it is no JSON."""
    try:
        value = loads(body)
    except Unreadable:
        return None
    return flat(value)


def flat(value: Value) -> Fields:
    """The error in the gateway's flat form: `error` is a code, `description` the words, `details` what is wrong where.

    Empty when there is none.
    """
    return _flat(value, _DEEP)


def is_bare_error(fields: Fields) -> bool:
    """Whether an object is an error that has no `error`: FastAPI's `detail`, a list of `errors`, `message` next to a
    code that is no success or next to `success: false`, MiniMax's `base_resp`.
    """
    if any(fields.get(key) not in (None, "", [], {}) for key in _ANSWERS):
        return False
    if _text(fields.get("type")).partition(":")[0] not in ("", "http", "https", "about"):
        return False  # an event
    base = fields.get("base_resp")
    if isinstance(base, dict) and str(base.get("status_code") or "0") not in _GOOD:
        return True
    if fields.get("detail") or (isinstance(fields.get("errors"), list | dict) and fields["errors"]):
        return True
    codes = [
        str(fields[key]).lower() for key in ("code", "status_code") if fields.get(key) not in (None, False)
    ]
    failing = fields.get("success") is False or any(code not in _GOOD for code in codes)
    return failing and bool(_text(fields.get("message")) or _text(fields.get("msg")))


def _flat(value: Value, deep: int) -> Fields:
    value = _opened(value) if deep else value
    if deep and isinstance(value, list):
        return _listed(value, deep)
    if deep and isinstance(value, dict):
        return _object(value, deep)
    return {"description": value} if is_text(value) and str(value).strip() else {}


def _opened(value: Value) -> Value:
    """What a text that holds a JSON object or list means; everything else as it is."""
    if not is_text(value) or len(str(value)) > _NESTED_UP_TO or str(value).strip()[:1] not in ("{", "["):
        return value
    try:
        return loads(str(value))
    except Unreadable:
        return value


def _object(fields: Fields, deep: int) -> Fields:
    inner = _inner(fields, deep)
    found = (
        {**fields}
        if "error" not in fields
        else {key: value for key, value in fields.items() if key != "error"}
    )
    for key in ("message", "detail", "errors", "description"):  # boxes in them were read into `inner`
        if isinstance(_opened(found.get(key)), dict | list):
            found.pop(key)
    made = {
        **found,
        **{key: value for key, value in inner.items() if key not in found or found[key] in (None, "")},
    }
    made.update(_named(fields, inner))
    return _reasoned({key: value for key, value in made.items() if value is not None})


def _inner(fields: Fields, deep: int) -> Fields:
    """The fields of a nested error; outer fields take precedence."""
    response = fields.get("response")
    held = [
        fields.get("error"),
        response.get("error") if isinstance(response, dict) else None,
        fields.get("errors"),
        *(fields.get(key) for key in ("detail", "message", "description")),
    ]
    boxes = [box for box in map(_opened, held) if isinstance(box, dict | list) and box]
    found = _flat(boxes[0], deep - 1) if boxes else {}
    return (
        found if found.get("description") or found.get("error") or not boxes else found | _by_field(boxes[0])
    )


def _by_field(value: Value) -> Fields:
    """Rails and Laravel: `errors` as {field: [words]}."""
    named = value.items() if isinstance(value, dict) else ()
    pairs = [(key, words[0] if isinstance(words, list) and words else words) for key, words in named]
    found: list[Value] = [{"path": key, "message": words} for key, words in pairs[:_LISTED] if is_text(words)]
    return {"details": found, "description": pairs[0][1]} if found else {}


def _named(fields: Fields, inner: Fields) -> Fields:
    """Code and words, and what OpenRouter and Google put into boxes of their own."""
    error = fields.get("error")
    bare = str(error) if is_text(error) and not isinstance(_opened(error), dict | list) else ""
    code = (bare if is_code(bare) else "") or _text(inner.get("error")) or _code(fields)
    words = next((str(fields[key]) for key in _WORDS if _plain(fields.get(key))), "")
    words = words or _text(inner.get("description"))
    if bare and not is_code(bare) and bare != words:
        words = f"{bare}: {words}" if words else bare
    made: Fields = {"error": code or None, "description": words or None}
    return made | _metadata(fields) | _details(fields, inner) | _upstream_status(fields, inner)


def _plain(value: Value) -> bool:
    return is_text(value) and bool(str(value).strip()) and not isinstance(_opened(value), dict | list)


def _code(fields: Fields) -> str:
    """A code by name where there is one, else by number. The type "error" is ignored."""
    found = [fields.get(key) for key in _CODES]
    names = [str(value) for value in found if is_text(value) and is_code(str(value)) and value != "error"]
    first = found[0]
    return next(iter(names), str(first) if isinstance(first, Number) else "")


def is_code(text: str) -> bool:
    """Whether a text is a code and no sentence."""
    return (
        bool(text)
        and len(text) <= 120
        and not any(mark.isspace() for mark in text)
        and not text.startswith("http")
    )


def _metadata(fields: Fields) -> Fields:
    """OpenRouter: `metadata.raw` holds the provider's own words, `provider_name` its name."""
    metadata = fields.get("metadata")
    if not isinstance(metadata, dict):
        return {}
    made: Fields = {}
    if _text(metadata.get("provider_name")):
        made["failed_providers"] = [metadata["provider_name"]]
    raw = _flat(metadata.get("raw"), 2)
    upstream = {"code": raw.get("error"), "message": raw.get("description") or raw.get("error")}
    return made | ({"upstream_error": upstream} if any(upstream.values()) else {})


def _upstream_status(fields: Fields, inner: Fields) -> Fields:
    """A number between 400 and 599 as a code is the status that somebody further up answered with."""
    number = fields.get("code")
    status = number.integer if isinstance(number, Number) else None
    if (
        status is None
        or not 400 <= status < 600
        or fields.get("failed_statuses")
        or inner.get("failed_statuses")
    ):
        return {}
    return {"failed_statuses": [number]}


def _details(fields: Fields, inner: Fields) -> Fields:
    """What is wrong where, as [{path, message, keyword, params}]."""
    if isinstance(inner.get("details"), list):
        return {}
    listed = fields.get("details")
    found = [_detail(item) for item in listed[:_LISTED]] if isinstance(listed, list) else []
    if not found and _text(fields.get("param")):
        found = [
            {
                "path": fields["param"],
                "message": _first(fields, "message", "description") or "is not accepted",
            }
        ]
    return {"details": [item for item in found if item]} if found else {}


def _detail(value: Value) -> Value:
    """One finding: zod's path and message, FastAPI's loc and msg, `field`, `param` or `pointer` of others."""
    if not isinstance(value, dict):
        return {"message": value} if is_text(value) else None
    place = _first(value, "path", "loc", "field", "param", "pointer", "property", "location", "instancePath")
    message = _first(value, "message", "msg", "detail", "description", "reason", "error", "title")
    return {**value, "path": place, "message": message} if message is not None or place is not None else value


def _first(fields: Fields, *keys: str) -> Value:
    return next((fields[key] for key in keys if fields.get(key) not in (None, "", [])), None)


def _listed(values: list[Value], deep: int) -> Fields:
    """A list of errors: the first with words or a code is the error, all of them are its details."""
    read = [(item, _flat(item, deep - 1)) for item in values[:_LISTED]]
    fields = next((found for _, found in read if found.get("description") or found.get("error")), {})
    if fields.get("details") is None and any(key in fields for key in ("loc", "path", "field")):
        fields = {"description": fields.get("description")}  # a finding, whose type is no code of the error
    details = [_detail(item) for item, _ in read if isinstance(item, dict) and "error" not in item]
    details += [{"message": item} for item, _ in read if is_text(item)]
    placed: list[Value] = [
        item for item in details if isinstance(item, dict) and (item.get("path") or len(read) > 1)
    ]
    return {**fields, **({"details": placed} if placed and "details" not in fields else {})}


def _reasoned(fields: Fields) -> Fields:
    """contract: a POST's 401 has its reason in `description`."""
    words = fields.get("description")
    if not _text(fields.get("reason")) and is_text(words) and str(words) in REASONS:
        fields["reason"] = words
    return fields


def _text(value: Value) -> str:
    return str(value) if is_text(value) else ""
