"""JSON text without what it says: the shape and the words of the wire formats stay.

Of request, answer and everything in `io_log`, texts become their length, numbers 0, and members that are no word of a
format are named by their length. Of the record itself the gateway's own figures stay. Works on the bytes, token by
token, so a record of any size and depth is masked in little memory.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from generations.gateway.rawjson.spans import entries
from generations.gateway.rawjson.tokens import Token, walk
from generations.gateway.rawjson.values import Unreadable
from generations.reading.export.schema_words import FREE, FREE_OBJECTS, KEYS, KINDS, WORDS
from generations.reading.text import Step

Path = tuple[Step, ...]

_TEXTS = frozenset(
    """
created_at request_id endpoint model_id requested_model_id routed_model_id api_model_id canonical_model_id provider
native_response_id error_code currency pricing_plan location finish_reason auth_method client_source_id
client_source_name client_source_kind client_source_version client_source_detection usage_normalized_at
""".split()
)
"""Columns of the record that hold names, codes and times."""
_FIGURES = re.compile(r"status_code|throughput|score|cost_nanos|output_speed_tps|[a-z_]+_ms|usage_[a-z0-9_]+")
"""Columns of the record that hold numbers."""
_TABLES = ("usage", "pricing_lines", "provider_attempts")
_ATTEMPT = frozenset(
    """
provider endpoint model api_model_id provider_model_slug outcome type status key_source credential_phase response_kind
upstream_error_code upstream_error_type breaker breaker_state reason
""".split()
)
"""What texts of an attempt may be read; others may quote the request. Of usage the names of tools do."""
BODIES = ("replay_request", "io_log", "error_payload", "trace_data")
_TECHNICAL = re.compile(rb'"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}"')
_COLUMN = re.compile(rb'"[A-Za-z_$][A-Za-z0-9_$-]{0,39}"')
_NUMBER = re.compile(rb"-?[0-9][0-9.eE+-]{0,400}")
_DEEP = 64  # boxes; what stands deeper is of no format


def masked(raw: bytes, kind: str, before: Path = ()) -> Iterator[bytes]:
    """The pieces of masked JSON text `raw`, a "request", an "answer" or a "record".

    `before` is the way to `raw` from the value of that kind. Damaged JSON ends where it breaks.
    """
    last = 0
    try:
        for token in walk(raw):
            yield raw[last : token.start]  # white space and {}[],: only
            yield _mask(token, kind == "record", before)
            last = token.end
        yield raw[last:]
    except Unreadable:
        yield b' "(damaged from here on)"'


def _mask(token: Token, is_record: bool, before: Path) -> bytes:
    part = token.raw[token.start : token.end]
    path = (*before, *token.path[: _DEEP + 1])
    if token.is_key:
        return part if _keeps_key(path, part, is_record) else _length(part)
    if part in (b"true", b"false", b"null"):
        return part
    if part.startswith(b'"'):
        return part if _keeps_text(path, part, is_record) else _length(part)
    if not _NUMBER.fullmatch(part):
        return _length(part)
    return part if is_record and _is_figure(path) else b"0"


def _keeps_key(path: Path, part: bytes, is_record: bool) -> bool:
    if is_record and (len(path) == 1 or path[0] in _TABLES):
        return _COLUMN.fullmatch(part) is not None
    if is_record and path[0] == "io_log" and len(path) < 4:
        return path[-1] in _IO_LOG or path[-1] in KEYS
    return path[-1] in KEYS and not _is_free(path)


_IO_LOG = frozenset(
    """
storage_provider bucket object_key sha256 content_type retention_until payload schema_version captured_at workspace_id
app_id endpoint model_id success request_payload gateway_response provider_request provider_response
""".split()
)


def _keeps_text(path: Path, part: bytes, is_record: bool) -> bool:
    """Whether a text is a word of a format or, in the record, one of the gateway's names, codes and times."""
    name = _name(path)
    if is_record and len(path) == 1:
        return (name in _TEXTS and _TECHNICAL.fullmatch(part) is not None) or (
            _is_figure(path) and _NUMBER.fullmatch(part, 1, len(part) - 1) is not None
        )
    if is_record and path[:1] and path[0] in _TABLES:
        return _is_open(path[0], str(name)) and _TECHNICAL.fullmatch(part) is not None
    is_word = part[1:-1].decode("latin1") in WORDS
    return is_word and (name in KINDS or path == ("io_log", "status")) and not _is_free(path)


def _is_open(table: Step, name: str) -> bool:
    return name in _ATTEMPT if table == "provider_attempts" else "name" not in name and "key" not in name


def _is_figure(path: Path) -> bool:
    if len(path) == 1:
        return _FIGURES.fullmatch(str(path[0])) is not None
    return bool(path) and path[0] in _TABLES


def _name(path: Path) -> Step:
    """The member that a value belongs to, as itself or as an item of its list."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _is_free(path: Path) -> bool:
    """Whether the author of the content chose what stands there."""
    if len(path) > _DEEP:
        return True
    return any(
        step in FREE or (step in FREE_OBJECTS and isinstance(after, str)) for step, after in pairwise(path)
    )


def _length(part: bytes) -> bytes:
    return b'"(%d bytes)"' % (len(part) - 2 if part.startswith(b'"') else len(part))


def without_bodies(raw: bytes, status: str) -> bytes:
    """A record without request, answer and every text that may quote them: figures, times, models and states stay.

    `io_log` says `status` instead. What stands behind a damage is left out.
    """
    members: dict[str, bytes] = {}
    try:
        for key, start, end in entries(raw):
            if isinstance(key, str) and key not in BODIES and _COLUMN.fullmatch(b'"' + key.encode() + b'"'):
                members[key] = b"".join(masked(raw[start:end], "record", (key,)))
    except (Unreadable, UnicodeEncodeError):
        pass
    members["io_log"] = b'{"status": "' + status.encode() + b'"}'
    return _joined(b'  "' + key.encode() + b'": ' + value for key, value in members.items())


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"{\n" + b",\n".join(lines) + b"\n}\n"
