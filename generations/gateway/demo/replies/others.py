"""Replies of the endpoints that are not conversations: vectors, verdicts, rankings, pages, pictures, sound,
jobs.
"""

import base64
import re
from typing import Any

from generations.gateway.demo import ulid
from generations.gateway.demo.prices import UNITS, line
from generations.gateway.demo.replies.media import packed, picture, vector
from generations.gateway.demo.replies.moderation import verdict
from generations.gateway.demo.shapes import Json, Reply, StoryUsage
from generations.gateway.demo.tokens import count, seeded

Made = tuple[Reply, StoryUsage, list[Json] | None]


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else str(item) for item in items]


def embeddings(body: Json, now_ms: int) -> Made:
    """contract: OpenAI's list of vectors with `requestId`."""
    texts = _texts(body.get("input", ""))
    size = body.get("dimensions") if isinstance(body.get("dimensions"), int) else 256
    vectors = [vector(text, size or 256) for text in texts]
    shown = [packed(item) if body.get("encoding_format") == "base64" else item for item in vectors]
    items = [{"object": "embedding", "index": index, "embedding": item} for index, item in enumerate(shown)]
    spent = sum(count(text) for text in texts)
    usage = StoryUsage(spent, extra={"embedding_tokens": spent, "prompt_tokens": spent})
    return Reply(whole={"object": "list", "data": items}), usage, None


def moderations(body: Json, now_ms: int) -> Made:
    """One verdict for each text."""
    texts = _texts(body.get("input", ""))
    usage = StoryUsage(sum(count(text) for text in texts))
    return Reply(whole={"results": [verdict(text) for text in texts]}), usage, []


def rerank(body: Json, now_ms: int) -> Made:
    """The documents by how many words they share with the query."""
    wanted = set(re.findall(r"\w+", str(body.get("query", "")).lower()))
    documents = [
        item.get("text", "") if isinstance(item, dict) else str(item) for item in body.get("documents", [])
    ]
    scored = [(_overlap(wanted, text), index) for index, text in enumerate(documents)]
    top = sorted(scored, reverse=True)[: body.get("top_n") or len(scored)]
    results = [{"index": index, "relevance_score": score} for score, index in top]
    usage = StoryUsage(sum(map(count, documents)), extra={"search_units": 1})
    return Reply(whole={"results": results}), usage, [line("requests", 1, *UNITS["requests"], now_ms)]


def _overlap(wanted: set[str], text: str) -> float:
    words = set(re.findall(r"\w+", text.lower()))
    return round(min(0.99, 0.04 + len(wanted & words) / (len(wanted) or 1)) - seeded(text, 0, 30) / 1000, 4)


def ocr(body: Json, now_ms: int, pages: list[Json] | None = None) -> Made:
    """Pages as markdown: those of the stored answer, or a receipt."""
    pages = pages or [{"index": 0, "markdown": "# Receipt\n\nTotal: 42.00 EUR"}]
    usage = StoryUsage(extra={"input_pages": len(pages), "pages": len(pages)})
    lines = [line("input_pages", len(pages), *UNITS["input_pages"], now_ms)]
    return Reply(whole={"object": "ocr", "pages": pages}), usage, lines


def images(body: Json, now_ms: int) -> Made:
    """Pictures in base64. contract: `requestId`, data[].b64_json."""
    number = min(body["n"], 4) if isinstance(body.get("n"), int) and body["n"] > 0 else 1
    prompt = str(body.get("prompt", ""))
    made = [{"b64_json": picture(f"{prompt}/{index}/{now_ms % 5}")} for index in range(number)]
    usage = StoryUsage(count(prompt), 1056 * number, extra={"output_image": number})
    whole = {
        "created": now_ms // 1000,
        "data": made,
        "output_format": "png",
        "size": body.get("size", "1024x1024"),
    }
    return Reply(whole=whole), usage, None


def transcription(body: Json, now_ms: int) -> Made:
    """The words of a recording that nobody sent."""
    seconds = 14
    usage = StoryUsage(140, 24, extra={"input_audio_seconds": seconds, "audio_seconds": seconds})
    text = "Hello, this is Ada from booking A7 4 2 K. I will be about twenty minutes late at the gate."
    return Reply(whole={"text": text, "language": "en", "duration": seconds}), usage, None


def job(kind: str, body: Json, now_ms: int) -> Made:
    """An async job that was accepted.

    Only a video's price is known: it is in the record once the job is done.
    """
    name = {"video": "video", "batch": "batch", "realtime": "sess", "file": "file"}[kind]
    made: Json = {"id": f"{name}_{ulid.new_suffix().lower()}", "object": kind, "status": "queued"}
    if kind == "realtime":
        made |= {"object": "realtime.session", "status": "created", "expires_at": now_ms // 1000 + 60}
    reply = Reply(whole=made | {"created_at": now_ms // 1000, "model": body.get("model")})
    if kind != "video":
        return reply, StoryUsage(), []
    asked = body.get("duration_seconds")
    seconds = asked if isinstance(asked, int) else 8
    pricing: Json = {"output_video_seconds": seconds, "resolution": "720p", "cost_usd": 0.15 * seconds}
    return (
        reply,
        StoryUsage(extra=pricing),
        [line("output_video_seconds", seconds, *UNITS["output_video_seconds"], now_ms)],
    )


def base64_of(sound: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(sound).decode()
