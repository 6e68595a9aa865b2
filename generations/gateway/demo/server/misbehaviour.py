"""What a fault does to an answer: before it, to its pace, in its middle."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice, pairwise

from generations.gateway.demo.replies import errors
from generations.gateway.demo.replies.served_reply import ServedReply
from generations.gateway.demo.replies.streams import broken_end, data
from generations.gateway.demo.server import writer
from generations.gateway.demo.server.exchange import Exchange
from generations.gateway.demo.server.settings import Settings
from generations.gateway.demo.shapes import Reply, StoryUsage

_CUT_SHORT = ("truncated", "mid-stream-error", "broken", "reset", "stall")
HIDDEN = ("truncated", "mid-stream-error")  # breaks that a messages stream hides
_COUNTS = {"long": 20_000, "endless": 1_000_000}


def slower(act: str, settings: Settings) -> Settings:
    """The settings with the first byte put off."""
    if act == "silence":
        return replace(settings, first_byte_ms=settings.silence_ms)
    if act == "slow-first-byte":
        return replace(settings, first_byte_ms=8000)
    return replace(settings, frame_ms=0) if act in ("burst", "split-utf8") else settings


def words(act: str, settings: Settings) -> int | None:
    """How many text frames a stream must have, or None for as many as there are words."""
    return settings.frames or _COUNTS.get(act)


async def instead(act: str, exchange: Exchange, request_id: str) -> bool:
    """Answers in place of the model when the fault says so; returns whether it did."""
    if act == "html-502":
        await exchange.answer(502, errors.HTML_502, "text/html; charset=UTF-8", {"Server": "cloudflare"})
    elif act == "html-200":
        await exchange.answer(200, b"<!DOCTYPE html><title>Sign in to the network</title>", "text/html")
    elif act == "bad-json":
        await exchange.answer(200, b'{"id":"' + request_id.encode() + b'","object":"chat.compl')
    elif act == "redirect":
        await exchange.answer(307, b"", "text/plain", {"Location": "/v1/elsewhere"})
    elif act == "normalization":
        body = {
            "requestId": request_id,
            "error": "normalization_failed",
            "message": "The answer could not be read.",
        }
        await exchange.data(502, body | {"upstreamStatus": 200})
    elif act == "no-answer":
        await writer.hang_up(exchange, reset=False)
    else:
        return False
    return True


def bent(act: str, served: ServedReply, chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The chunks with what the fault does to them; `count` is how many of them hold text."""
    if act in _CUT_SHORT:
        chunks = islice(chunks, max(1, count // 2))
    if act == "mid-stream-error":
        chunks = chain(chunks, broken_end(served, "The provider closed the stream."))
    if act == "split-utf8":
        chunks = _splinters(b"".join(chunks))
    if act == "big-frame":
        chunks = chain([data({"id": served.request_id, "object": "padding", "padding": "x" * 2**22})], chunks)
    return chunks


async def send(
    act: str, exchange: Exchange, chunks: Iterable[bytes], pace: writer.Pace, started: float
) -> bool:
    """Sends the stream and ends it as the fault says; returns whether the answer broke."""
    await writer.write(exchange, chunks, pace, started, whole=act != "split-utf8")
    if act == "stall":
        await asyncio.sleep(writer.HOUR)
    if act in ("broken", "reset"):
        await writer.hang_up(exchange, reset=act == "reset")
    else:
        await exchange.end()
    return act in _CUT_SHORT


def _splinters(whole: bytes) -> Iterator[bytes]:
    for start in range(0, len(whole), 3):
        yield whole[start : start + 3]


def faked(served: ServedReply, words: list[str]) -> ServedReply:
    """contract §0.2: a messages stream that breaks gets a good end: `max_tokens`, no usage, nothing to pay."""
    half = "".join(words[: max(1, len(words) // 2)])
    return replace(served, usage=StoryUsage(), lines=[], reply=Reply(half, finish="length"))


def without_end(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """contract §0.2: a Responses leg that ends `incomplete` leaves the chat stream without finish or usage."""
    for chunk, _ in pairwise(chunks):
        yield chunk
