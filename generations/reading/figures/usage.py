"""What was counted: every key, the known ones named, parts shown as parts only where they are.

contract: Anthropic's counts of the cache stand next to its input, OpenAI's are part of it; Gemini's reasoning stands
next to the output. Nothing is added up here: a total is the one that is recorded, or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from generations.gateway.rawjson.values import Value
from generations.gateway.record import Record
from generations.reading.figures import formatting
from generations.reading.page_types.figures import UsageCount
from generations.reading.text import box, decimal, first, inside, short, whole, words

SHOWN = 120
Relation = Literal["inside", "extra", "unclear"]
NO_COLUMNS: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts; None where the record does not say."""

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cached: int | None = None
    reasoning: int | None = None
    written: int | None = None


def tokens(usage: object, columns: Mapping[str, object] = NO_COLUMNS) -> Tokens:
    """The usual counts in any spelling. contract: input_tokens ?? prompt_tokens, and so on.

    `columns` is the record: its normalised columns stand in for what usage does not say; their 0 says nothing. Counts
    below 0 are none.
    """
    counts = box(usage)
    return Tokens(
        _tokens(counts, columns, "input_tokens", "prompt_tokens"),
        _tokens(counts, columns, "output_tokens", "completion_tokens"),
        _tokens(counts, columns, "total_tokens"),
        _detail(counts, CACHED),
        _detail(counts, REASONING),
        _detail(counts, WRITTEN),
    )


def of_record(record: Record) -> Tokens:
    """The usual counts of a record, from its usage or else from its normalised columns."""
    return tokens(record.usage, {key: record.value(key) for key in COLUMNS})


COLUMNS = ("usage_input_tokens", "usage_output_tokens", "usage_total_tokens")


def _tokens(counts: dict[str, Value], columns: Mapping[str, object], *keys: str) -> int | None:
    value = first(counts, *keys)
    return _count_of(value) if value is not None else _count_of(columns.get(f"usage_{keys[0]}")) or None


def _count_of(value: object) -> int | None:
    number = whole(value)
    return number if number is not None and number >= 0 else None


CACHED = (
    ("input_tokens_details", "cached_tokens"),
    ("prompt_tokens_details", "cached_tokens"),
    ("input_details", "cached_tokens"),
    ("cache_read_input_tokens",),
    ("prompt_cache_hit_tokens",),
    ("cached_read_text_tokens",),
    ("cached_tokens",),
)
WRITTEN = (
    ("cached_write_text_tokens",),
    ("output_tokens_details", "cached_tokens"),
    ("cache_creation_input_tokens",),
    ("input_tokens_details", "cache_creation_input_tokens"),
    ("prompt_tokens_details", "cache_creation_input_tokens"),
)
REASONING = (
    ("output_tokens_details", "reasoning_tokens"),
    ("completion_tokens_details", "reasoning_tokens"),
    ("reasoning_tokens",),
)


def _detail(counts: dict[str, Value], places: tuple[tuple[str, ...], ...]) -> int | None:
    for place in places:
        value = counts.get(place[0])
        if len(place) > 1:
            value = value.get(place[1]) if isinstance(value, dict) else None
        if value is not None and (count := _count_of(value)) is not None:
            return count
    return None


# -- parts ---------------------------------------------------------------------------------------------------


def cached_relation(fields: Mapping[str, Value]) -> Relation:
    """Whether the tokens read from the cache are part of the input of this record."""
    usage = box(fields.get("usage"))
    known, hint = tokens(usage), usage.get("cached_read_tokens_are_subset_of_input")
    if known.cached is None or known.input is None or known.cached > known.input:
        return "extra"
    if isinstance(hint, bool):
        return "inside" if hint else "extra"
    if words(fields.get("provider")) == "anthropic" or "cache_read_input_tokens" in usage:
        return "extra"
    anthropic = (words(fields.get("model_id")) or "").startswith(("anthropic/", "claude"))
    return "unclear" if anthropic else _by_total(known, known.cached)


def reasoning_relation(fields: Mapping[str, Value]) -> Relation:
    """Whether the tokens of reasoning are part of the output of this record."""
    known = tokens(fields.get("usage"))
    if known.reasoning is None or known.output is None or known.reasoning > known.output:
        return "extra"
    google = any((words(fields.get(key)) or "").startswith("google") for key in ("provider", "model_id"))
    if google and known.total is None:
        return "unclear"
    return _by_total(known, known.reasoning)


def _by_total(known: Tokens, part: int) -> Relation:
    """What the recorded total says: a part that it holds on top of input and output is no part of them."""
    if known.total is None or known.input is None or known.output is None:
        return "inside"
    more = known.total - known.input - known.output
    if more <= 0 or part == 0:
        return "inside"
    return "extra" if more == part else "unclear"


def notes(fields: Mapping[str, Value]) -> list[str]:
    """What the counts of tokens hold, in words: `64 of them reasoning`, `1,024 more from the cache`."""
    known = tokens(fields.get("usage"))
    held = [
        (known.reasoning, reasoning_relation(fields), "reasoning"),
        (known.cached, cached_relation(fields), "from the cache"),
    ]
    said = [
        f"{formatting.count(count)}{RELATIONS[relation]} {name}" for count, relation, name in held if count
    ]
    said += [f"{formatting.count(known.written)} written to the cache"] if known.written else []
    missed = whole(inside(fields.get("usage"), "prompt_cache_miss_tokens"))
    said += [f"{formatting.count(missed)} not in the cache"] if missed else []
    return said + ([f"{formatting.count(known.total)} in total"] if _holds_more(known) else [])


def _holds_more(known: Tokens) -> bool:
    """Whether the recorded total is more than input and output."""
    return known.total is not None and known.total > (known.input or 0) + (known.output or 0)


RELATIONS: dict[Relation, str] = {"inside": " of them", "extra": " more", "unclear": ""}


# -- every key -----------------------------------------------------------------------------------------------

# In the order of the page: what a key is called, what it is called as a part, and the key that it may be a part of.
NAMES: dict[str, tuple[str, str, str]] = {
    "input_tokens": ("Input tokens", "", ""),
    "prompt_tokens": ("Input tokens", "", ""),
    **{
        f"{box_}.{key}": (name, part, whole_)
        for box_, whole_ in (
            ("input_tokens_details", "input_tokens"),
            ("prompt_tokens_details", "prompt_tokens"),
            ("input_details", "input_tokens"),
        )
        for key, name, part in (
            ("cached_tokens", "Tokens read from the cache", "read from the cache"),
            ("cache_creation_input_tokens", "Input tokens written to the cache", ""),
            ("text_tokens", "Text tokens of the input", "text"),
            ("audio_tokens", "Audio tokens of the input", "audio"),
            ("image_tokens", "Image tokens of the input", "images"),
            ("input_images", "Images of the input", "images"),
            ("input_audio", "Audio of the input", "audio"),
            ("input_videos", "Videos of the input", "videos"),
        )
    },
    "completion_tokens_details.cached_tokens": ("Cached tokens of the output", "", ""),
    "prompt_cache_hit_tokens": ("Tokens read from the cache", "read from the cache", "prompt_tokens"),
    "prompt_cache_miss_tokens": ("Input tokens not in the cache", "not in the cache", "prompt_tokens"),
    "cache_read_input_tokens": ("Input tokens read from the cache", "", ""),
    "cached_read_text_tokens": ("Text tokens read from the cache", "", ""),
    "cache_creation_input_tokens": ("Input tokens written to the cache", "", ""),
    "cache_creation.ephemeral_5m_input_tokens": (
        "Input tokens written to the cache for 5 minutes",
        "for 5 minutes",
        "cache_creation_input_tokens",
    ),
    "cache_creation.ephemeral_1h_input_tokens": (
        "Input tokens written to the cache for 1 hour",
        "for 1 hour",
        "cache_creation_input_tokens",
    ),
    "cached_write_text_tokens": ("Text tokens written to the cache", "", ""),
    "cached_write_text_tokens_5m": (
        "Text tokens written to the cache for 5 minutes",
        "for 5 minutes",
        "cached_write_text_tokens",
    ),
    "cached_write_text_tokens_1h": (
        "Text tokens written to the cache for 1 hour",
        "for 1 hour",
        "cached_write_text_tokens",
    ),
    "output_tokens": ("Output tokens", "", ""),
    "completion_tokens": ("Output tokens", "", ""),
    **{
        f"{box_}.{key}": (name, part, whole_)
        for box_, whole_ in (
            ("output_tokens_details", "output_tokens"),
            ("completion_tokens_details", "completion_tokens"),
        )
        for key, name, part in (
            ("reasoning_tokens", "Reasoning tokens", "reasoning"),
            ("text_tokens", "Text tokens of the output", "text"),
            ("audio_tokens", "Audio tokens of the output", "audio"),
            ("image_tokens", "Image tokens of the output", "images"),
            ("output_images", "Images of the output", "images"),
            ("output_audio", "Audio of the output", "audio"),
            ("output_videos", "Videos of the output", "videos"),
        )
    },
    "output_tokens_details.cached_tokens": ("Tokens written to the cache", "", ""),
    "reasoning_tokens": ("Reasoning tokens", "", ""),
    "total_tokens": ("Total tokens", "", ""),
    "embedding_tokens": ("Embedding tokens", "", ""),
    "input_characters": ("Input characters", "", ""),
    "output_characters": ("Output characters", "", ""),
    "total_characters": ("Total characters", "", ""),
    "characters": ("Characters", "", ""),
    "input_image": ("Input images", "", ""),
    "output_image": ("Output images", "", ""),
    "input_audio_seconds": ("Seconds of input audio", "", ""),
    "output_audio_seconds": ("Seconds of output audio", "", ""),
    "audio_seconds": ("Seconds of audio", "", ""),
    "input_video_seconds": ("Seconds of input video", "", ""),
    "output_video_seconds": ("Seconds of output video", "", ""),
    "video_seconds": ("Seconds of video", "", ""),
    "resolution": ("Resolution", "", ""),
    "input_pages": ("Input pages", "", ""),
    "output_pages": ("Output pages", "", ""),
    "pages": ("Pages", "", ""),
    "document_bytes": ("Bytes of the document", "", ""),
    "doc_size_bytes": ("Bytes of the document", "", ""),
    "search_units": ("Search units", "", ""),
    "bfl_credits": ("Provider credits", "", ""),
    "request_tool_count": ("Tools offered", "", ""),
    "request_tool_names": ("Names of the tools offered", "", ""),
    "request_tool_result_count": ("Tool results sent", "", ""),
    "tool_result_count": ("Tool results sent", "", ""),
    "output_tool_call_count": ("Tool calls made", "", ""),
    "tool_call_count": ("Tool calls made", "", ""),
    "output_tool_call_names": ("Names of the tools called", "", ""),
    "output_citation_count": ("Citations", "", ""),
    "citation_count": ("Citations", "", ""),
    "requests": ("Requests", "", ""),
    "is_byok": ("Own provider key", "", ""),
    "cached_read_tokens_are_subset_of_input": ("Cache counted as part of the input", "", ""),
    "cost": ("Cost", "", ""),
    "cost_details.upstream_inference_cost": ("Cost at the provider", "", ""),
    "cost_details.upstream_inference_prompt_cost": ("Cost of the prompt at the provider", "", ""),
    "cost_details.upstream_inference_completions_cost": ("Cost of the answer at the provider", "", ""),
    "pricing.total_usd_str": ("Cost in dollars", "", ""),
    "pricing.total_nanos": ("Cost in billionths", "", ""),
    "pricing.total_cents": ("Cost in cents", "", ""),
    "pricing.currency": ("Currency", "", ""),
    "pricing.lines": ("Price lines", "", ""),
    "pricing.billing_suppressed": ("Billing suppressed", "", ""),
    "pricing.billing_suppression_reason": ("Reason why billing was suppressed", "", ""),
    "service_tier": ("Service tier", "", ""),
    "serviceTier": ("Service tier", "", ""),
}
ORDER = {key: position for position, key in enumerate(NAMES)}
PRICES = ("pricing", "pricing_breakdown", "byok_billing", "cost", "cost_details")


def counts(usage: object, fields: Mapping[str, Value] | None = None) -> list[UsageCount]:
    """Every key of the usage, nested ones with their path: known ones in the order above, then the others, what is
    about money last. `fields` is the record, if there is one: whose model it was decides what counts mean.
    """
    data: dict[str, Value] = {"usage": usage} if usage and not isinstance(usage, dict) else box(usage)  # type: ignore[dict-item]
    flat = dict(_flat(data, ""))
    record = {**(fields or {}), "usage": box(usage)}
    ordered = sorted(flat, key=lambda key: (key.partition(".")[0] in PRICES, ORDER.get(key, len(ORDER))))
    return [_count(key, flat, record) for key in ordered[:SHOWN]]


def _flat(values: dict[str, Value], lead: str) -> "list[tuple[str, Value]]":
    made: list[tuple[str, Value]] = []
    for key, value in values.items():
        if isinstance(value, dict) and value and lead.count(".") < 3:
            made += _flat(value, f"{lead}{key}.")
        elif value is not None and value != {}:
            made.append((f"{lead}{key}", value))
    return made


def _count(key: str, flat: dict[str, Value], record: Mapping[str, Value]) -> UsageCount:
    name, part, of = NAMES.get(key, ("", "", ""))
    number, total = decimal(flat[key]), decimal(flat.get(of))
    shown = formatting.plain(number) if number is not None else short(flat[key])
    held = bool(part) and _held(key, number, total, record)
    meter = formatting.share(number, total) if held and number is not None and total else ""
    plain = (part if held else name) or short(key.replace(".", ", ").replace("_", " "), 100)
    return UsageCount(plain, short(key, 100), shown, part=held, share=meter, known=bool(name))


def _held(key: str, number: Decimal | None, total: Decimal | None, record: Mapping[str, Value]) -> bool:
    """Whether a count is part of its whole: it fits, and nothing in the record says that it stands on top."""
    if number is None or total is None or not 0 <= number <= total:
        return False
    if key.endswith(("cached_tokens", "hit_tokens")):
        return cached_relation(record) == "inside"
    return not key.endswith("reasoning_tokens") or reasoning_relation(record) == "inside"
