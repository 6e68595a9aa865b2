"""List prices and pricing lines.

contract: a line has nine fixed decimals as text and an integer of nanos (1e-9 USD).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from generations.gateway.demo.javascript import number_text
from generations.gateway.demo.shapes import Json, StoryUsage


@dataclass(frozen=True, slots=True)
class Model:
    """Prices in nanos per token (so 50 is $0.05 per million), and who serves it, the favourite first."""

    providers: tuple[str, ...]
    input: int = 0
    output: int = 0
    cached: int = 0
    cache_write: int = 0
    speed: int = 75  # tokens per second
    endpoints: tuple[str, ...] = ("chat.completions", "responses", "messages")


_EMBED, _RERANK, _OCR, _IMAGE = ("embeddings",), ("rerank",), ("ocr",), ("images.generations", "images.edits")
MODELS: dict[str, Model] = {
    "openai/gpt-5-nano": Model(("openai", "azure"), 50, 400, 5, speed=90),
    "openai/gpt-5-mini": Model(("openai", "azure"), 250, 2000, 25, speed=82),
    "openai/gpt-5": Model(("openai", "azure"), 1250, 10000, 125, speed=66),
    "openai/gpt-4o-mini": Model(("openai", "azure"), 150, 600, 75, speed=80),
    "anthropic/claude-sonnet-4.5": Model(
        ("anthropic", "amazon-bedrock", "google-vertex"), 3000, 15000, 300, 3750, 68
    ),
    "anthropic/claude-haiku-4.5": Model(("anthropic", "amazon-bedrock"), 1000, 5000, 100, 1250, 88),
    "google/gemini-2.5-pro": Model(("google-ai-studio", "google-vertex"), 1250, 10000, 310, speed=70),
    "google/gemini-2.5-flash": Model(("google-ai-studio", "google-vertex"), 300, 2500, 75, speed=90),
    "mistral/mistral-large-3": Model(("mistral",), 500, 1500, speed=64),
    "deepseek/deepseek-v3.2": Model(("deepseek", "novitaai", "fireworks"), 280, 420, 28, speed=61),
    "qwen/qwen3-coder": Model(("alibaba", "fireworks", "deepinfra"), 220, 1000, speed=72),
    "meta/llama-3.3-70b-instruct": Model(("groq", "together", "deepinfra"), 590, 790, speed=90),
    "google/gemma-3-27b:free": Model(("google-ai-studio",), 0, 0, speed=60),
    "openai/text-embedding-3-small": Model(("openai",), 20, endpoints=_EMBED),
    "mistral/mistral-embed": Model(("mistral",), 100, endpoints=_EMBED),
    "openai/omni-moderation": Model(("openai",), 0, endpoints=("moderations",)),
    "cohere/rerank-v3.5": Model(("cohere",), endpoints=_RERANK),
    "mistral/ocr-3": Model(("mistral",), endpoints=_OCR),
    "openai/gpt-image-1": Model(("openai",), 5000, 40000, endpoints=_IMAGE),
    "google/gemini-2.5-flash-image": Model(
        ("google-ai-studio",), 300, 30000, endpoints=("chat.completions", *_IMAGE)
    ),
    "openai/gpt-4o-mini-tts": Model(("openai",), 600, 12000, endpoints=("audio.speech",)),
    "openai/gpt-4o-transcribe": Model(
        ("openai",), 2500, 10000, endpoints=("audio.transcription", "audio.translations")
    ),
    "openai/gpt-realtime": Model(("openai",), 4000, 16000, endpoints=("audio.realtime",)),
    "google/veo-3.1-fast": Model(("google-vertex",), endpoints=("video.generation",)),
    "elevenlabs/music-v1": Model(("elevenlabs",), endpoints=("music.generate",)),
}
# What is not counted in tokens: dimension -> nanos per unit and unit size.
UNITS: dict[str, tuple[int, int]] = {
    "requests": (2_000_000, 1),
    "input_pages": (2_000_000_000, 1000),
    "output_video_seconds": (150_000_000, 1),
}


def line(dimension: str, quantity: int, unit_nanos: int, unit_size: int, start_ms: int, **more: Any) -> Json:
    """One pricing line: `quantity` units at `unit_nanos` for each `unit_size` of them."""
    nanos = quantity * unit_nanos // unit_size
    moment = datetime.fromtimestamp(start_ms / 1000, UTC)
    return {
        "dimension": dimension,
        "quantity": quantity,
        "billable_units": quantity / unit_size,
        "unit_size": unit_size,
        "unit_price_usd": usd(unit_nanos),
        "line_cost_usd": usd(nanos),
        "line_nanos": nanos,
        "billing_timestamp_basis": "request_start",
        "billing_timestamp_basis_configured": "request_start",
        "billing_timestamp_ms": start_ms,
        "billing_timestamp_iso": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "pricing_time_window": None,
    } | more


def usd(nanos: int) -> str:
    """Nanos as dollars with nine decimals, exactly."""
    return f"{nanos // 10**9}.{nanos % 10**9:09d}"


def cents(nanos: int) -> int:
    """Whole cents, a half rounded up."""
    return (nanos + 5 * 10**6) // 10**7


# What a tier costs of the standard one's price, in percent.
TIERS = {"flex": 50, "batch": 50, "priority": 200}


def bill(model_id: str, usage: StoryUsage, start_ms: int, tier: str = "") -> list[Json]:
    """The pricing lines of a request at list price; empty when the model has no price."""
    model, percent = MODELS.get(model_id, Model(("demo",), 100, 300)), TIERS.get(tier, 100)
    fresh = usage.input - usage.cached - usage.cache_write
    dimension = "embedding_tokens" if model.endpoints == _EMBED else "input_text_tokens"
    tokens = [
        (dimension, fresh, model.input),
        ("cached_read_text_tokens", usage.cached, model.cached),
        ("cached_write_text_tokens", usage.cache_write, model.cache_write),
        ("output_text_tokens", usage.output, model.output),
    ]
    return [
        line(name, count, nanos * percent * 10**4, 10**6, start_ms)
        for name, count, nanos in tokens
        if count and nanos
    ]


def total(lines: list[Json]) -> int:
    """The sum of the lines, in nanos."""
    return sum(int(item["line_nanos"]) for item in lines)


def priced(lines: list[Json]) -> Json:
    """The `pricing` object of a live usage.

    contract §0.2: `total_usd_str` is a number of JavaScript as text, `total_cents` is rounded.
    """
    nanos = total(lines)
    return {
        "total_nanos": nanos,
        "total_usd_str": number_text(Decimal(nanos).scaleb(-9)),
        "total_cents": cents(nanos),
        "currency": "USD",
        "lines": lines,
    }
