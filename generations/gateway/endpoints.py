"""The endpoint table: stored endpoint name -> path, wire format, replayable or why not.

contract: "endpoint values and their HTTP path". A URL is never built from a record, only from this
table.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from generations.gateway.rawjson.values import Value

__all__ = ["ENDPOINTS", "Endpoint", "Wire", "find", "is_job", "refusal"]

Wire: TypeAlias = Literal[
    "chat",
    "responses",
    "messages",
    "embeddings",
    "moderations",
    "rerank",
    "ocr",
    "images",
    "speech",
    "transcription",
    "video",
    "music",
    "batch",
    "realtime",
    "files",
]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row. `path` is relative to the base URL; `refusal`: why it is never replayable."""

    name: str
    path: str | None
    wire: Wire
    body: Literal["json", "multipart", "none"]
    spellings: tuple[str, ...]
    refusal: str | None = None


_MULTIPART = "The request was an upload. The gateway keeps no files, so it cannot be sent again."
_VIDEO = "Video jobs run in the background and are costly. Retake does not start them again."
_MUSIC = "The gateway has turned off music generation (it returns 501)."
_BATCH = "A batch is a job in the background, not one request. Retake does not start it again."
_REALTIME = "This was a realtime session, not one request with one answer."
_FILES = "This call managed files. There is no answer of a model to compare."

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("chat.completions", "/chat/completions", "chat", "json", ("text.generate", "audio")),
    Endpoint("responses", "/responses", "responses", "json", ()),
    Endpoint("messages", "/messages", "messages", "json", ()),
    Endpoint("embeddings", "/embeddings", "embeddings", "json", ("text.embed",)),
    Endpoint("moderations", "/moderations", "moderations", "json", ("moderation", "text.moderate")),
    Endpoint("rerank", "/rerank", "rerank", "json", ("text.rerank",)),
    Endpoint("ocr", "/ocr", "ocr", "json", ()),
    Endpoint(
        "images.generations", "/images/generations", "images", "json", ("image.generate", "image.generations")
    ),
    Endpoint("images.edits", "/images/edits", "images", "multipart", ("image.edit",)),
    Endpoint("audio.speech", "/audio/speech", "speech", "json", ("audio.generate",)),
    Endpoint(
        "audio.transcription",
        "/audio/transcriptions",
        "transcription",
        "multipart",
        ("audio.transcriptions", "audio.transcribe"),
    ),
    Endpoint(
        "audio.translations",
        "/audio/translations",
        "transcription",
        "multipart",
        ("audio.translation",),
        _MULTIPART,
    ),
    Endpoint(
        "video.generation",
        "/videos",
        "video",
        "json",
        ("video.generate", "video.generations", "video.edit"),
        _VIDEO,
    ),
    Endpoint("music.generate", "/music/generate", "music", "json", ("music.generations",), _MUSIC),
    Endpoint("batch", "/batches", "batch", "json", (), _BATCH),
    Endpoint(
        "audio.realtime",
        "/realtime/sessions",
        "realtime",
        "json",
        ("realtime", "audio.realtime.sessions"),
        _REALTIME,
    ),
    Endpoint("files.upload", "/files", "files", "multipart", (), _FILES),
    Endpoint("files.list", None, "files", "none", (), _FILES),
    Endpoint("files.retrieve", None, "files", "none", (), _FILES),
)


def find(stored_name: str | None) -> Endpoint | None:
    """The endpoint that a record names, in any spelling (dotted, slashed, `/v1/...`), or None if it is
    unknown."""
    return _BY_SPELLING.get(_normal(stored_name)) if isinstance(stored_name, str) else None


def is_job(stored_name: str | None) -> bool:
    """Whether the endpoint starts a job, whose cost and result come when it is finished."""
    known = find(stored_name)
    return known is not None and known.wire in ("video", "batch", "music")


def refusal(stored_name: str | None, body: Value | None) -> str | None:
    """Why this stored request cannot be replayed, in one or two sentences; None when it can."""
    endpoint = find(stored_name)
    if not stored_name:
        return "The record names no endpoint, so Retake cannot tell where to send the request."
    if endpoint is None:
        return (
            f"Retake does not know the endpoint {stored_name!r}, so it cannot tell where to send the request."
        )
    return endpoint.refusal or _body_refusal(endpoint, body)


def _body_refusal(endpoint: Endpoint, body: Value | None) -> str | None:
    if not isinstance(body, dict) or not body:
        return "The gateway has no request body for this generation."
    if "_invalid_json" in body:
        return "The request was not valid JSON. The gateway kept a note about it, not the body."
    if _has_lost_file(body):
        return _MULTIPART
    if endpoint.name == "audio.transcription" and not any(body.get(key) for key in _FILE_SOURCES):
        return _MULTIPART
    if endpoint.name == "images.edits" and not any(body.get(key) for key in _IMAGE_SOURCES):
        return _MULTIPART
    if endpoint.wire == "responses" and body.get("background") is True:
        return "The request ran in the background, so its answer is a job, not a stream."
    return None


_FILE_KEYS = ("file", "file[]", "files", "image", "image[]", "images", "mask", "audio_file", "video")
_FILE_SOURCES = ("file_url", "s3_presigned_url", "file_id")
_IMAGE_SOURCES = ("image", "image[]", "images", "image_url", "image_urls", "input_image")


def _has_lost_file(body: dict[str, Value]) -> bool:
    """contract: multipart uploads are stored with each file as an empty object."""
    for key in _FILE_KEYS:
        value = body.get(key)
        if value == {} or (isinstance(value, list) and {} in value):
            return True
    return False


def _normal(stored_name: str) -> str:
    name = stored_name.strip().lower().partition("?")[0].lstrip("/").removeprefix("v1/")
    return name.rstrip("/").replace("/", ".")


def _spellings(endpoint: Endpoint) -> set[str]:
    path = () if endpoint.path is None else (endpoint.path.strip("/").replace("/", "."),)
    return {endpoint.name, *endpoint.spellings, *path}


_BY_SPELLING = {spelling: endpoint for endpoint in ENDPOINTS for spelling in _spellings(endpoint)}
