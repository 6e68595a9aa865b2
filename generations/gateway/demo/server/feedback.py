"""Feedback, `/v1/feedback`, as unkind as the real one. contract §15, §15.1 (measured).

The same feedback twice makes two rows, over-long text is cut in silence, and a record that is late is a 404.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from generations.gateway.demo import keys
from generations.gateway.demo.keys import Holder
from generations.gateway.demo.records.audit_row import timestamp
from generations.gateway.demo.replies import errors
from generations.gateway.demo.server import writer
from generations.gateway.demo.server.exchange import Exchange, TooLargeError
from generations.gateway.demo.server.state import ServerState
from generations.gateway.demo.shapes import Json
from generations.gateway.demo.tokens import compact

BODY_LIMIT = 2**20
RATINGS = (
    *("thumbs_up", "thumbs_down", "correct", "partly_correct", "incorrect", "bad_format", "too_slow"),
    *("too_expensive", "unsafe", "refused_incorrectly", "not_helpful", "other"),
)
SOURCES = ("api", "user", "system", "import", "test")
COMMENT, WORDS, TAGS, METADATA, LISTED = 2048, 128, 20, 32 * 1024, 200
TARGETS = ("request_id", "session_id", "preset_id", "test_run_id")
KEPT = 5000
UNKNOWN_RATING = "Unsupported feedback rating"
Manager = Callable[[Exchange, str], Awaitable[Holder | None]]


class FeedbackRefused(Exception):
    """An answer other than 201: its status, code and words."""

    def __init__(self, status: int, error: str, message: str) -> None:
        self.status, self.body = status, {"error": error, "message": message}
        super().__init__(message)


def _bad(message: str) -> FeedbackRefused:
    return FeedbackRefused(400, "bad_request", message)


@dataclass(slots=True)
class FeedbackRoutes:
    """POST and GET /v1/feedback. `manager`: who holds the credential with a scope, answering for itself."""

    state: ServerState
    manager: Manager

    async def post(self, exchange: Exchange) -> None:
        """POST /v1/feedback. contract: auth, scope, role, JSON, target, record, rating, score, in that order."""
        try:
            raw = await exchange.body(BODY_LIMIT)
        except TooLargeError:
            raw = b""
        self.state.store.note(exchange.method, exchange.path, exchange.headers, raw)
        holder = await self.manager(exchange, "feedback:write")
        if holder is None:
            return
        try:
            made = self._made(_object(raw), holder, self._person(exchange))
        except FeedbackRefused as refused:
            await exchange.control(refused.status, refused.body)
            return
        await self._answer(exchange, made)

    async def _answer(self, exchange: Exchange, made: Json) -> None:
        """Keep the row and say so, or do what the setting `feedback` names."""
        fault = self.state.settings.feedback
        if fault != "lost":
            self.state.store.feedback = [*self.state.store.feedback, made][-KEPT:]
        if fault == "html-502":
            await exchange.answer(502, errors.HTML_502, "text/html; charset=UTF-8", {"Server": "cloudflare"})
        elif fault in ("no-answer", "lost"):
            await writer.hang_up(exchange, reset=False)
        elif fault == "silence":
            await asyncio.sleep(writer.HOUR)
        else:
            await exchange.control(201, {"data": made})

    def _person(self, exchange: Exchange) -> str | None:
        credential = exchange.headers.get("authorization", "")[7:].strip()
        known = self.state.oauth.ledger.person(credential)
        return known[1].sub if known else None

    def _made(self, body: Json, holder: Holder, person: str | None) -> Json:
        """The row. Raises FeedbackRefused."""
        made: Json = {"id": str(uuid.uuid4()), "workspace_id": holder.workspace}
        made |= {name: _text(body, name, 256) for name in TARGETS}
        self._check_target(made, holder)
        source = _text(body, "source", WORDS)
        made |= {"source": source if source in SOURCES else "api", "rating": _rating(body)}
        made |= {"score": _score(body.get("score")), "reason": _text(body, "reason", WORDS)}
        made |= {"reason_tags": _tags(body), "comment": _text(body, "comment", COMMENT)}
        metadata = _metadata(body.get("metadata"))
        made |= {"metadata": metadata, "metadata_dimensions": _dimensions(body, metadata)}
        made |= {"end_user_id": _text(body, "end_user_id", 256), "created_by_user_id": person}
        return made | {"created_at": timestamp(self.state.now())}

    def _check_target(self, made: Json, holder: Holder) -> None:
        if not any(made[name] for name in TARGETS):
            raise _bad("Feedback must target a request, session, preset, or test run")
        for name, missing in (
            ("preset_id", "Preset not found"),
            ("test_run_id", "Preset test run not found"),
        ):
            if made[name]:
                _check_uuid(made[name])
                raise FeedbackRefused(404, "not_found", missing)
        if made["request_id"]:
            self._check_record(made["request_id"], holder)

    def _check_record(self, request_id: str, holder: Holder) -> None:
        ours = holder.workspace == keys.WORKSPACE
        story = self.state.store.find(request_id, self.state.settings.traffic) if ours else None
        if story is None:
            raise FeedbackRefused(404, "not_found", "Request not found in this workspace")
        if story.raw is not None and story.raw(request_id)[0] == 500:
            raise FeedbackRefused(500, "failed", errors.DB_ERROR["message"])

    async def listed(self, exchange: Exchange) -> None:
        """GET /v1/feedback, the newest first."""
        holder = await self.manager(exchange, "feedback:read")
        if holder is None:
            return
        try:
            found = [row for row in self.state.store.feedback if row["workspace_id"] == holder.workspace]
            found = [row for row in found if _matches(row, exchange.query)]
        except FeedbackRefused as refused:
            await exchange.control(refused.status, refused.body)
            return
        limit, offset = (_number(exchange.query.get(name, "")) for name in ("limit", "offset"))
        page = found[::-1][offset : offset + min(limit or 50, LISTED)]
        await exchange.control(200, {"data": page})


def _object(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise FeedbackRefused(400, "invalid_json", "Invalid JSON body") from None
    if not isinstance(body, dict):
        raise FeedbackRefused(400, "invalid_json", "JSON body must be an object")
    return body


def _value(body: Json, name: str) -> object:
    """A member by its name or by its name in camelCase."""
    first, *rest = name.split("_")
    return body.get(name, body.get(first + "".join(word.title() for word in rest)))


def _text(body: Json, name: str, longest: int) -> str | None:
    """contract: what is too long is cut, and no answer says so. JavaScript counts UTF-16 units."""
    value = _value(body, name)
    if not isinstance(value, str) or not value.strip():
        return None
    if "\0" in value:
        raise FeedbackRefused(500, "failed", "unsupported Unicode escape sequence")
    return value.strip().encode("utf-16-le", "surrogatepass")[: 2 * longest].decode("utf-16-le", "replace")


def _rating(body: Json) -> str | None:
    value = body.get("rating")
    if value is not None and value not in RATINGS:
        raise _bad(UNKNOWN_RATING)
    return str(value) if value is not None else None


def _score(value: object) -> float | int | None:
    try:
        number = None if value is None else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = -1.0
    if number is not None and not 0 <= number <= 1:
        raise _bad("score must be between 0 and 1")
    return int(number) if number is not None and number == int(number) else number


def _tags(body: Json) -> list[str]:
    values = _value(body, "reason_tags")
    tags = [{"tag": value} for value in values] if isinstance(values, list) else []
    return [text for tag in tags if (text := _text(tag, "tag", WORDS))][:TAGS]


def _metadata(value: object) -> Json:
    if not isinstance(value, dict):
        return {}
    size = len(compact(value).encode("utf-8", "replace"))
    if size > METADATA:
        return {"_truncated": True, "_original_size_bytes": size}
    return {name: value[name] for name in sorted(value, key=lambda name: (len(name), name))}


def _dimensions(body: Json, metadata: Json) -> dict[str, str]:
    given = _value(body, "metadata_dimensions")
    found = metadata | (given if isinstance(given, dict) else {})
    return {
        name: compact(value).strip('"') for name, value in found.items() if not isinstance(value, dict | list)
    }


def _check_uuid(text: str) -> None:
    try:
        uuid.UUID(text)
    except ValueError:
        raise _bad("Invalid preset or test run id") from None


def _number(text: str) -> int:
    return int(text[:9]) if text.isascii() and text.isdigit() else 0


def _matches(row: Json, query: dict[str, str]) -> bool:
    rating = query.get("rating")
    if rating and rating not in (*RATINGS, "unrated"):
        raise _bad(UNKNOWN_RATING)
    wanted = [row[name] == query[name] for name in TARGETS if query.get(name)]
    wanted += [(row["rating"] or "unrated") == rating] if rating else []
    wanted += [_since(query["since"]) <= row["created_at"]] if query.get("since") else []
    dimensions = row["metadata_dimensions"]
    wanted += [
        dimensions.get(name[9:]) == value for name, value in query.items() if name.startswith("metadata.")
    ]
    return all(wanted)


def _since(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise _bad("Invalid date filter") from None
