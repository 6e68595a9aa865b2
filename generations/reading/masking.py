"""JSON text without what it says: strings become their length, the shape and the technical values stay.

Works on the bytes, token by token, so a record of any size and depth is masked in little memory.
"""

import re
from collections.abc import Iterable, Iterator

from generations.gateway.jsontext import Unreadable, entries
from generations.reading.json_find import Token, walk
from generations.reading.text import Step

Path = tuple[Step, ...]

_REQUEST = """
model messages.*.role messages.*.content.*.type input.*.role input.*.type input.*.content.*.type tools.*.type
tool_choice tool_choice.type response_format response_format.type text.format.type reasoning.effort reasoning_effort
thinking.type service_tier voice size quality format encoding_format output_format modalities.* truncation verbosity
"""
_ANSWER = """
id object type role model status provider service_tier system_fingerprint stop_reason request_id error.code error.type
choices.*.finish_reason choices.*.native_finish_reason choices.*.message.role output.*.type output.*.role
output.*.status output.*.content.*.type content.*.type data.*.object
"""
_RECORD = """
created_at request_id endpoint model_id requested_model_id routed_model_id api_model_id canonical_model_id provider
native_response_id error_code currency pricing_plan location finish_reason auth_method client_source_id
client_source_name client_source_kind client_source_version client_source_detection usage_normalized_at io_log.status
"""
_TABLES = ("usage", "pricing_lines", "provider_attempts")
_CONTENT = frozenset(
    "messages input prompt system instructions documents query tools functions metadata user choices output content "
    "data results error_payload trace_data detail_metadata".split()
)
BODIES = ("replay_request", "io_log", "error_payload", "trace_data")
_TECHNICAL = re.compile(rb'"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}"')
_NAME = re.compile(rb'"[A-Za-z_$][A-Za-z0-9_$-]{0,39}"')


def _paths(text: str, *before: Step) -> set[Path]:
    return {(*before, *(0 if step == "*" else step for step in path.split("."))) for path in text.split()}


_PLACES: dict[str, tuple[Path, ...]] = {
    "request": ((),),
    "answer": ((),),
    "record": (
        ("replay_request",),
        ("io_log", "payload", "request_payload"),
        ("io_log", "payload", "gateway_response"),
    ),
}
_KEPT: dict[str, set[Path]] = {
    "request": _paths(_REQUEST),
    "answer": _paths(_ANSWER),
    "record": _paths(_RECORD)
    | _paths(_REQUEST, *_PLACES["record"][0])
    | _paths(_REQUEST, *_PLACES["record"][1])
    | _paths(_ANSWER, *_PLACES["record"][2]),
}
_DEEPEST = max(len(path) for paths in _KEPT.values() for path in paths)


def masked(raw: bytes, kind: str, before: Path = ()) -> Iterator[bytes]:
    """The pieces of JSON text `raw`, a "request", an "answer" or a "record", with every string replaced by its length.

    Technical values (models, roles, states, error codes) and the names of members stay; numbers become 0 where
    content may stand. `before` is the way to `raw` from the value of that kind. Damaged JSON ends where it breaks.
    """
    last = 0
    try:
        for token in walk(raw):
            yield raw[last : token.start]  # white space and {}[],: only
            yield _mask(token, kind, before)
            last = token.end
        yield raw[last:]
    except Unreadable:
        yield b' "(damaged from here on)"'


def _mask(token: Token, kind: str, before: Path) -> bytes:
    part = token.raw[token.start : token.end]
    if token.is_key:
        return part if _NAME.fullmatch(part) else _length(part)
    if part in (b"true", b"false", b"null"):
        return part
    path = (*before, *(0 if isinstance(step, int) else step for step in token.path[: _DEEPEST + 1]))
    if part.startswith(b'"'):
        return part if _is_technical(path, kind) and _TECHNICAL.fullmatch(part) else _length(part)
    return b"0" if _in_content(path, kind) else part if _NUMBER.fullmatch(part) else _length(part)


_NUMBER = re.compile(rb"-?[0-9][0-9.eE+-]{0,400}")


def _length(part: bytes) -> bytes:
    return b'"(%d bytes)"' % (len(part) - 2 if part.startswith(b'"') else len(part))


def _is_technical(path: Path, kind: str) -> bool:
    if kind == "record" and path and path[0] in _TABLES:
        return "key" not in str(path[-1])
    return path in _KEPT[kind]


def _in_content(path: Path, kind: str) -> bool:
    if kind == "record" and path and path[0] in _CONTENT:
        return True
    for place in _PLACES[kind]:
        if path[: len(place)] == place and path[len(place) : len(place) + 1] and path[len(place)] in _CONTENT:
            return True
    return False


def without_bodies(raw: bytes, status: str) -> bytes:
    """A record without request, answer and every text that may quote them: figures, times, models and states stay.

    `io_log` says `status` instead. What stands behind a damage is left out.
    """
    members: dict[str, bytes] = {}
    try:
        for key, start, end in entries(raw):
            if isinstance(key, str) and key not in BODIES and _NAME.fullmatch(b'"' + key.encode() + b'"'):
                members[key] = b"".join(masked(raw[start:end], "record", (key,)))
    except (Unreadable, UnicodeEncodeError):
        pass
    members["io_log"] = b'{"status": "' + status.encode() + b'"}'
    return _joined(b'  "' + key.encode() + b'": ' + value for key, value in members.items())


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"{\n" + b",\n".join(lines) + b"\n}\n"
