"""The POST endpoints: their paths, and what makes the replies of those without words."""

from collections.abc import Callable

from generations.gateway.demo.replies import others
from generations.gateway.demo.shapes import Json
from generations.gateway.demo.stories.search import stored_story

TEXT = ("chat.completions", "responses", "messages")


PATHS = {
    "/v1/chat/completions": "chat.completions",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
    "/v1/embeddings": "embeddings",
    "/v1/moderations": "moderations",
    "/v1/rerank": "rerank",
    "/v1/ocr": "ocr",
    "/v1/images/generations": "images.generations",
    "/v1/images/edits": "images.edits",
    "/v1/audio/speech": "audio.speech",
    "/v1/audio/transcriptions": "audio.transcription",
    "/v1/audio/translations": "audio.translations",
    "/v1/videos": "video.generation",
    "/v1/video/generations": "video.generation",
    "/v1/music/generate": "music.generate",
    "/v1/music/generations": "music.generate",
    "/v1/batches": "batch",
    "/v1/batch": "batch",
    "/v1/realtime/sessions": "audio.realtime",
    "/v1/audio/realtime/sessions": "audio.realtime",
    "/v1/files": "files.upload",
}


def _pages(body: Json, now_ms: int) -> others.Made:
    story = stored_story("ocr", body)
    known = story.reply.other() if story and story.reply else {}
    return others.ocr(body, now_ms, known.get("pages"))


MAKERS: dict[str, Callable[[Json, int], others.Made]] = {
    "embeddings": others.embeddings,
    "moderations": others.moderations,
    "rerank": others.rerank,
    "ocr": _pages,
    "images.generations": others.images,
    "images.edits": others.images,
    "audio.transcription": others.transcription,
    "audio.translations": others.transcription,
}


JOBS = {"files.upload": "file", "video.generation": "video", "batch": "batch", "audio.realtime": "realtime"}
