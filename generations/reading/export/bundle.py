"""The repro bundle: a zip with everything that a provider's support desk needs about one generation."""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from generations.gateway import endpoints
from generations.gateway.record import Record
from generations.reading import documents
from generations.reading.export import snippets
from generations.reading.export.redaction import masked

CHUNK = 256 * 1024
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,299}")
OLDEST = (1980, 1, 1, 0, 0, 0)  # that a zip can hold


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from: the ID asked for, the gateway's base URL, and when it was fetched."""

    request_id: str
    base_url: str
    fetched_at: datetime


def write(target: IO[bytes], record: Record, origin: Origin, *, mask: bool = False) -> None:
    """Write the zip: record, request, answer and what went to the provider as received, figures, a cURL script and a README.

    With `mask` no value of request or answer is in it (`masking.py`). Memory: the record and its parts, plus one
    chunk.
    """
    parts = {
        "request.json": record.request_body,
        "answer.json": record.answer_body,
        "provider_request.json": _sent(record),
        "record.json": record.raw,
    }
    stamp = max(origin.fetched_at.astimezone(UTC).timetuple()[:6], OLDEST)
    sums: dict[str, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, raw in parts.items():
            if raw is not None:
                kind = name.removesuffix(".json").removeprefix("provider_")
                sums[name] = _add(bundle, name, masked(raw, kind) if mask else _chunks(raw), stamp)
        script = _script(record, origin) if "request.json" in sums else ""
        if script:
            _add(bundle, "request.sh", [script.encode()], stamp, executable=True)
        metadata_fields = metadata(record, origin) | {"masked": mask, "sha256": sums}
        metadata_fields = (
            {name: _masked_word(value) for name, value in metadata_fields.items()}
            if mask
            else metadata_fields
        )
        _add(bundle, "metadata.json", [json.dumps(metadata_fields, indent=2).encode() + b"\n"], stamp)
        _add(bundle, "README.md", [readme(metadata_fields, bool(script)).encode()], stamp)


def _sent(record: Record) -> bytes | None:
    """What went to the provider: a JSON string is written as the JSON that it holds."""
    raw = record.logged_bytes("provider_request")
    inner = documents.inner(raw)
    return inner.raw if inner else raw


def _chunks(raw: bytes) -> Iterator[bytes]:
    return (raw[start : start + CHUNK] for start in range(0, len(raw), CHUNK))


def _add(
    bundle: zipfile.ZipFile,
    name: str,
    pieces: Iterable[bytes],
    stamp: tuple[int, ...],
    *,
    executable: bool = False,
) -> str:
    """Add a file. Returns its SHA-256."""
    entry = zipfile.ZipInfo(name, stamp)  # type: ignore[arg-type]
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o755 if executable else 0o644) << 16
    digest = hashlib.sha256()
    with bundle.open(entry, "w") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _script(record: Record, origin: Origin) -> str:
    endpoint = endpoints.find(record.endpoint or "")
    if endpoint is None or endpoint.path is None:
        return ""
    command = snippets.curl(origin.base_url.rstrip("/") + endpoint.path, None)
    return _SHELL.format(key=snippets.KEY) + command


_SHELL = """\
#!/bin/sh
# Sends request.json again, which may be charged. Needs the key in the environment: export {key}=...
cd "$(dirname "$0")" || exit
"""


def metadata(record: Record, origin: Origin) -> dict[str, object]:
    """The figures of a record that hold nothing private."""
    made = record.created_at
    return {
        "request_id": origin.request_id,
        "native_response_id": record.native_response_id,
        "gateway": origin.base_url,
        "endpoint": record.endpoint,
        "model": record.model_id,
        "provider": record.provider,
        "stream": record.stream,
        "status_code": record.status_code,
        "error_code": record.error_code,
        "finish_reason": record.finish_reason,
        "latency_ms": _number(record.latency_ms),
        "generation_ms": _number(record.generation_ms),
        "cost_nanos": record.cost_nanos,
        "currency": record.currency,
        "created_at": made.isoformat() if made else None,
        "fetched_at": origin.fetched_at.isoformat(),
    }


def _masked_word(value: object) -> object:
    """A name or code as it is, another text by its length: a column may hold anything."""
    return value if not isinstance(value, str) or WORD.fullmatch(value) else f"({len(value)} characters)"


def _number(value: object) -> str | int | None:
    return value if value is None or isinstance(value, int) else str(value)


_FILES = {
    "request.json": "the body of the request, byte for byte as the gateway returned it",
    "answer.json": "the answer that the caller got, as the gateway kept it (streams are put together)",
    "provider_request.json": "what the gateway sent to the provider, after its defaults and rewriting",
    "record.json": "the gateway's whole record of this request",
}
_MASKED = """
This bundle is masked. Of the request, the answer and everything in `io_log`, texts are replaced by their length in
bytes and numbers by 0; names of members stay where the format has them, and what else a member is called is replaced
too. Of the record, IDs of keys, people, sessions and workspaces and all messages are left out; models, providers,
states, error codes, times, counts and costs are as they were. So the request shows the shape of what was sent; it does
not cause the same answer.
"""


def readme(fields: dict[str, object], has_script: bool) -> str:
    """The text for the person at the support desk."""
    made = fields["created_at"] or "at an unknown time"
    lines = [
        f"# Request {fields['request_id']}",
        "",
        f"A call of {fields['model'] or 'an unknown model'} through {fields['gateway']}, made {made}.",
        "",
        "| | |",
        "|---|---|",
    ]
    names = ("request_id", "native_response_id", "provider", "model", "endpoint", "status_code", "error_code")
    lines += [
        f"| {name.replace('_', ' ')} | {fields[name] if fields[name] is not None else 'unknown'} |"
        for name in names
    ]
    sums = fields["sha256"]
    assert isinstance(sums, dict)
    lines += ["", "## Files", ""]
    lines += [f"- `{name}`: {_FILES[name]}. SHA-256 `{digest}`" for name, digest in sums.items()]
    lines += ["- `metadata.json`: the figures above and more, for machines"]
    lines += (
        ["- `request.sh`: sends `request.json` again with cURL; this may be charged"] if has_script else []
    )
    return "\n".join(lines) + "\n" + (_MASKED if fields["masked"] else "")
