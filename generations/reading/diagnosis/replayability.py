"""Why a request cannot be replayed and why content is missing: each cause with its fix.

contract: "replay_request and the I/O log". A replay needs `replay_request`, which the gateway returns only
when it stored the request and the credential may read it.
"""

from datetime import UTC, datetime

import msgspec

from generations.gateway import endpoints
from generations.gateway.rawjson.values import Unreadable, Value, loads
from generations.gateway.record import Record
from generations.reading.figures.recorded_times import is_open
from generations.reading.page_types.base import Cause
from generations.reading.page_types.outline import Outline
from generations.reading.text import box, inside, short, words

IO_LOGS_FROM = datetime(2026, 7, 15, tzinfo=UTC)

# io_log.status -> what, fix.
STATUSES: dict[str, tuple[str, str]] = {
    "not_enabled": (
        "The workspace does not keep requests and answers.",
        "Turn on I/O logging in the gateway's workspace settings; it works for requests made from then on.",
    ),
    "too_large": (
        "Request and answer together were larger than the gateway keeps (5 MiB by default).",
        "Nothing can bring it back. Shorter requests are kept.",
    ),
    "missing_bucket": (
        "The gateway had no storage configured for the request.",
        "The gateway is misconfigured: contact its support.",
    ),
    "error": (
        "The gateway failed to store the request.",
        "Later requests may be kept; if this keeps happening, contact the gateway's support.",
    ),
    "deleted": (
        "The gateway has deleted the stored request: it reached its retention limit.",
        "Raise the retention in the workspace settings (up to 365 days) for later requests.",
    ),
    "expired_here": (
        "The content has expired: Retake removed it after the days that its operator set (BODY_RETENTION_DAYS).",
        "Refresh the record: if the gateway still keeps request and answer, they come back.",
    ),
}


def refusals(record: Record, body: Value) -> list[Cause]:
    """Why this record cannot be replayed; empty when it can. `body` is the parsed `replay_request`, if there
    is one.
    """
    if record.unreadable:
        return [
            Cause("unreadable", f"The record is damaged: {short(record.unreadable)}.", "Look it up again.")
        ]
    if record.wrong_id:
        return [
            Cause(
                "wrong_id",
                "The gateway returned the record of another request.",
                "Look it up again, or report it to the gateway's support.",
            )
        ]
    if record.replay_body is None:
        return missing(record)
    if body is None:
        return [_unparsed(record.replay_body)]
    why = endpoints.refusal(record.endpoint or "", body)
    return [Cause("endpoint", why, "The record can still be read, and its request copied.")] if why else []


def _unparsed(raw: bytes) -> Cause:
    """The stored request is there, but no JSON."""
    try:
        why = "it is no object" if loads(raw) is not None else "it is null"
    except Unreadable as problem:
        why = str(problem)
    return Cause(
        "unreadable_body",
        f"The stored request cannot be read as JSON: {short(why, 120)}.",
        "What came is shown and stored; send the request again from the client.",
    )


def missing(record: Record) -> list[Cause]:
    """Why the record holds no request: the causes that it leaves open, the likeliest first."""
    status = record.io_status
    if status in STATUSES:
        what, fix = STATUSES[status]
        until = words((record.io_log or {}).get("retention_until"))
        deadline = f" It was to be kept until {short(until, 40)}." if until and status == "deleted" else ""
        return [Cause(status, what + deadline, fix)]
    if status == "stored":
        return [_stored(record)]
    if record.io_log is not None:
        return [
            Cause(
                "unknown_status",
                f"The gateway gave the log the state {short(status or 'unknown', 60)}.",
                "Ask the gateway's support what that means.",
            )
        ]
    return _without_log(record)


def _stored(record: Record) -> Cause:
    log = box(record.fields.get("io_log"))
    if not isinstance(log.get("payload"), dict):
        return Cause(
            "unreadable_log",
            "The gateway stored the request but could not read it back.",
            "Look it up again; if it is still missing, contact the gateway's support.",
        )
    kept = inside(log, "payload", "request_payload")
    if isinstance(kept, dict) and kept:
        return Cause(
            "not_offered",
            "The gateway kept the request, which is shown, but does not offer it for a replay: replay_request is empty.",
            "Look it up again; if it is still empty, copy the request and send it from the client.",
        )
    what = "an empty request" if kept in ({}, None, "") else "something that is not a JSON object"
    return Cause(
        "empty",
        f"The gateway stored {what}, so there is nothing to send.",
        "Send the request again from the client.",
    )


def _without_log(record: Record) -> list[Cause]:
    """`io_log` is null or absent: the record does not say why, but its age and its hints do in part."""
    if record.era == "singular":
        return [
            Cause(
                "old_gateway",
                "The record has no place for a stored request, so most likely it is from an older gateway.",
                "Refresh it: newer gateways return the request where they kept it.",
                sure=False,
            )
        ]
    made, hint = record.created_at, inside(record.detail_metadata, "replay_supported")
    if record.era == "legacy":
        return [
            Cause(
                "not_kept",
                "Most likely the gateway did not keep this request.",
                "Requests are kept only while the gateway captures them in full.",
                sure=False,
            )
        ]
    if made is not None and made < IO_LOGS_FROM:
        return [
            Cause(
                "older",
                "Most likely the request is older than the gateway's I/O logs (July 2026).",
                "Nothing can bring it back; later requests can be kept.",
                sure=False,
            )
        ]
    if hint is False:
        return [
            msgspec.structs.replace(NOT_KEPT, what=NOT_KEPT_LIKELY),
            msgspec.structs.replace(
                NO_SCOPE, what="Or this key cannot read stored requests (scope generations:read)."
            ),
        ]
    return [NO_SCOPE, NOT_KEPT]


NOT_KEPT_LIKELY = "Most likely the workspace did not keep this request."
NO_SCOPE = Cause(
    "no_scope",
    "Most likely this key cannot read stored requests (scope generations:read).",
    "Save a credential with the scope generations:read in the gateway connection, then refresh the record.",
    sure=False,
)
NOT_KEPT = Cause(
    "not_kept",
    "Or the workspace did not keep this request.",
    "Turn on I/O logging in the gateway's workspace settings; it works for requests made from then on.",
    sure=False,
)


def blames_scope(outline: Outline) -> bool:
    """Whether the page would call a key scopeless."""
    sides = (outline.refusals, outline.request.missing, outline.answer.missing)
    return any(cause.code == NO_SCOPE.code for causes in sides for cause in causes)


def without_scope_cause(outline: Outline) -> Outline:
    """The outline for a key that is known to read stored requests: it is not to blame."""
    return msgspec.structs.replace(
        outline,
        refusals=_without_scope(outline.refusals),
        request=msgspec.structs.replace(outline.request, missing=_without_scope(outline.request.missing)),
        answer=msgspec.structs.replace(outline.answer, missing=_without_scope(outline.answer.missing)),
    )


def _without_scope(causes: list[Cause]) -> list[Cause]:
    left = [cause for cause in causes if cause.code != NO_SCOPE.code]
    alone = len(left) == 1 < len(causes) and left[0].code == NOT_KEPT.code
    return [msgspec.structs.replace(NOT_KEPT, what=NOT_KEPT_LIKELY)] if alone else left


SAME = Cause("same", "The answer was not kept either.", "")


UNREAD = Cause(
    "unread", "Retake could not read this part of the record.", "The raw record is complete: see JSON."
)
NO_TEXT = {
    "last_frame": Cause(
        "last_frame",
        "The gateway kept only the last frame of this stream, so the original's text is not known.",
        "Replay it twice and compare the replays with each other, or paste the answer you have from a log or a ticket.",
    ),
    "redacted": Cause(
        "redacted",
        "The gateway's sanitizer replaced the whole answer, so the original's text is not known.",
        "It mistook the answer for an error or a stack trace. Compare replays with each other, or paste the answer "
        "you have from a log or a ticket.",
    ),
}


def no_answer(record: Record) -> list[Cause]:
    """Why the record holds no answer."""
    log = record.io_log
    if (
        log is not None
        and record.io_status == "stored"
        and isinstance(inside(record.fields.get("io_log"), "payload"), dict)
    ):
        if _failed(record):
            return [
                Cause("failed", "The request failed, so the gateway has no answer.", "The error is above.")
            ]
        return [
            Cause(
                "answer_not_kept",
                "The gateway kept the request but no answer (binary audio and broken streams have none).",
                "A replay gets a new answer.",
            )
        ]
    if _failed(record):
        return [Cause("failed", "The request failed, so the gateway has no answer.", "The error is above.")]
    if record.era != "scoped":
        return [
            Cause(
                "era",
                "The record has no member for a stored answer.",
                "Refresh the record: newer gateways return the answer where they kept it.",
            )
        ]
    return missing(record)


def _failed(record: Record) -> bool:
    return record.success is False and not is_open(record.fields)


WARNINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("previous_response_id",),
        "It continues an earlier response, which the provider may have forgotten since.",
    ),
    (
        ("conversation",),
        "It belongs to a conversation that is kept at the provider and may have gone on since.",
    ),
    (("container",), "It refers to a container at the provider, which may be gone."),
)


def warnings(body: Value) -> list[str]:
    """What may make a replay differ although the body is equal."""
    found = [text for path, text in WARNINGS if inside(body, *path) is not None]
    model = words(inside(body, "model")) or ""
    if model and "/" not in model:
        found.append(
            f"The model {short(model, 80)} is an alias or a preset, which the gateway resolves again."
        )
    return found
