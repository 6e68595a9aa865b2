"""What was counted: every key, the known ones named, parts shown as parts of their whole."""

from collections.abc import Mapping
from dataclasses import dataclass

from generations.gateway.jsontext import Value
from generations.reading import numbers
from generations.reading.shapes import Count
from generations.reading.text import box, decimal, first, inside, short, whole

SHOWN = 120


NO_COLUMNS: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts; None where the record does not tell."""

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cached: int | None = None
    reasoning: int | None = None


def tokens(usage: object, columns: Mapping[str, object] = NO_COLUMNS) -> Tokens:
    """The usual counts in any spelling. contract: input_tokens ?? prompt_tokens, and so on.

    `columns` is the record: its normalised columns stand in for what usage does not tell; their 0 says nothing.
    """
    told = box(usage)
    into = _tokens(told, columns, "input_tokens", "prompt_tokens")
    out = _tokens(told, columns, "output_tokens", "completion_tokens")
    total = _tokens(told, columns, "total_tokens")
    if total is None and into is not None and out is not None:
        total = into + out
    return Tokens(into, out, total, _detail(told, CACHED), _detail(told, REASONING))


def _tokens(told: dict[str, Value], columns: Mapping[str, object], *keys: str) -> int | None:
    found = whole(first(told, *keys))
    return found if found is not None else whole(columns.get(f"usage_{keys[0]}")) or None


CACHED = (
    ("input_tokens_details", "cached_tokens"),
    ("prompt_tokens_details", "cached_tokens"),
    ("input_details", "cached_tokens"),
)
REASONING = (
    ("output_tokens_details", "reasoning_tokens"),
    ("completion_tokens_details", "reasoning_tokens"),
    ("reasoning_tokens",),
)


def _detail(told: dict[str, Value], places: tuple[tuple[str, ...], ...]) -> int | None:
    found = (whole(inside(told, *place)) for place in places)
    return next((one for one in found if one is not None), None)


# Known keys: what they are called, and the key they are a part of.
NAMES: dict[str, tuple[str, str]] = {
    "input_tokens": ("Input tokens", ""),
    "prompt_tokens": ("Input tokens", ""),
    "input_tokens_details.cached_tokens": ("read from the cache", "input_tokens"),
    "prompt_tokens_details.cached_tokens": ("read from the cache", "prompt_tokens"),
    "input_details.cached_tokens": ("read from the cache", "input_tokens"),
    "input_tokens_details.input_images": ("images", "input_tokens"),
    "input_tokens_details.input_audio": ("audio", "input_tokens"),
    "input_tokens_details.input_videos": ("videos", "input_tokens"),
    "output_tokens": ("Output tokens", ""),
    "completion_tokens": ("Output tokens", ""),
    "output_tokens_details.reasoning_tokens": ("reasoning", "output_tokens"),
    "completion_tokens_details.reasoning_tokens": ("reasoning", "completion_tokens"),
    "output_tokens_details.cached_tokens": ("written to the cache", ""),
    "output_tokens_details.output_images": ("images", "output_tokens"),
    "output_tokens_details.output_audio": ("audio", "output_tokens"),
    "output_tokens_details.output_videos": ("videos", "output_tokens"),
    "total_tokens": ("Total tokens", ""),
    "reasoning_tokens": ("Reasoning tokens", ""),
    "embedding_tokens": ("Embedding tokens", ""),
    "requests": ("Requests", ""),
    "cached_write_text_tokens": ("Text tokens written to the cache", ""),
    "cached_write_text_tokens_5m": ("Text tokens written to the cache for 5 minutes", ""),
    "cached_write_text_tokens_1h": ("Text tokens written to the cache for 1 hour", ""),
    "cache_creation_input_tokens": ("Input tokens written to the cache", ""),
    "cache_read_input_tokens": ("Input tokens read from the cache", ""),
    "input_characters": ("Input characters", ""),
    "output_characters": ("Output characters", ""),
    "total_characters": ("Total characters", ""),
    "characters": ("Characters", ""),
    "input_image": ("Input images", ""),
    "output_image": ("Output images", ""),
    "input_audio_seconds": ("Seconds of input audio", ""),
    "output_audio_seconds": ("Seconds of output audio", ""),
    "audio_seconds": ("Seconds of audio", ""),
    "input_video_seconds": ("Seconds of input video", ""),
    "output_video_seconds": ("Seconds of output video", ""),
    "video_seconds": ("Seconds of video", ""),
    "input_pages": ("Input pages", ""),
    "output_pages": ("Output pages", ""),
    "pages": ("Pages", ""),
    "document_bytes": ("Bytes of the document", ""),
    "doc_size_bytes": ("Bytes of the document", ""),
    "bfl_credits": ("Provider credits", ""),
    "request_tool_count": ("Tools offered", ""),
    "request_tool_names": ("Names of the tools offered", ""),
    "request_tool_result_count": ("Tool results sent", ""),
    "tool_result_count": ("Tool results sent", ""),
    "output_tool_call_count": ("Tool calls made", ""),
    "tool_call_count": ("Tool calls made", ""),
    "output_tool_call_names": ("Names of the tools called", ""),
    "output_citation_count": ("Citations", ""),
    "citation_count": ("Citations", ""),
    "service_tier": ("Service tier", ""),
    "serviceTier": ("Service tier", ""),
    "resolution": ("Resolution", ""),
}


def counts(usage: object) -> list[Count]:
    """Every key of the usage, nested ones with their path."""
    flat = dict(_flat(box(usage), ""))
    parts = [key for key in flat if NAMES.get(key, ("", ""))[1] in flat]
    ordered = []
    for key in flat:
        if key not in parts:
            ordered += [key, *(part for part in parts if NAMES[part][1] == key)]
    return [_count(key, flat[key], flat) for key in ordered[:SHOWN]]


def _flat(told: dict[str, Value], lead: str) -> "list[tuple[str, Value]]":
    made: list[tuple[str, Value]] = []
    for key, value in told.items():
        if isinstance(value, dict) and value and lead.count(".") < 3:
            made += _flat(value, f"{lead}{key}.")
        elif value is not None and value != {}:
            made.append((f"{lead}{key}", value))
    return made


def _count(key: str, value: Value, flat: dict[str, Value]) -> Count:
    name, of = NAMES.get(key, ("", ""))
    number, total = decimal(value), decimal(flat.get(of))
    shown = numbers.plain(number) if number is not None else short(value)
    meter = numbers.share(number, total) if number is not None and total else ""
    plain = name or short(key.replace(".", ", ").replace("_", " "), 100)
    return Count(plain, short(key, 100), shown, part=of in flat, share=meter, known=bool(name))
