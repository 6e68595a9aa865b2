"""The columns of a record, in the order of the table, and those that are filled from the usage."""

from generations.gateway.demo.shapes import Json, StoryUsage

_MEDIA = ("text", "image", "audio", "video")
_QUADS = ("input", "output", "total", "text", "rerank", "embedding", "moderation", "ocr")
COLUMNS = (
    *("id", "created_at", "workspace_id", "request_id", "app_id", "endpoint", "model_id", "provider"),
    *("native_response_id", "stream", "byok", "status_code", "success", "error_code", "error_message"),
    *("latency_ms", "generation_ms", "usage", "cost_nanos", "currency", "pricing_lines", "key_id"),
    *("throughput", "location", "auth_method", "oauth_client_id", "oauth_user_id", "finish_reason"),
    *("end_user_id", "session_id", "trace_data", "canonical_model_id", "provider_attempts"),
    *("error_payload", "requested_model_id", "routed_model_id"),
    *(f"usage_{name}_tokens" for name in ("total", "input", "output", "reasoning")),
    *(f"usage_{way}_{kind}_tokens" for kind in _MEDIA for way in ("input", "output")),
    *(f"usage_{kind}_{way}" for kind in _MEDIA[1:] for way in ("inputs", "outputs")),
    *(f"usage_cached_{way}_tokens" for way in ("read", "write")),
    *("usage_cached_read_text_tokens", "usage_cached_write_text_tokens"),
    *("usage_cached_write_text_tokens_5m", "usage_cached_write_text_tokens_1h"),
    *(f"usage_cached_{way}_{kind}_tokens" for kind in _MEDIA[1:] for way in ("read", "write")),
    *(f"usage_{name}_quad_tokens" for name in _QUADS),
    *("usage_image_megapixels", "usage_audio_seconds", "usage_video_pixel_seconds"),
    *(f"usage_{name}_characters" for name in ("input", "output", "total")),
    *("usage_normalized_at", "detail_metadata", "usage_video_seconds", "usage_embedding_tokens"),
    *("api_model_id", "pricing_plan", "is_free_variant", "realtime_session_id"),
    *("provider_ttft_ms", "gateway_ttft_ms", "output_speed_tps", "tpot_ms", "itl_ms", "phaseo_overhead_ms"),
    *(f"client_source_{name}" for name in ("id", "name", "kind", "version", "detection")),
)
NORMALISED = tuple(name for name in COLUMNS if name.startswith("usage_"))
# These columns are jsonb: PostgreSQL orders the keys inside them.
JSONB = (*("usage", "pricing_lines", "trace_data", "provider_attempts", "error_payload", "detail_metadata"),)


def normalised(usage: StoryUsage, body: Json, said: str) -> Json:
    """The usage columns. `said`: the text that was returned in one piece; of a stream nothing is counted."""
    known = {"total": usage.input + usage.output, "input": usage.input, "output": usage.output}
    known |= {"reasoning": usage.reasoning, "input_text": usage.input}
    known |= {"output_text": usage.output - usage.reasoning}
    known |= {"cached_read": usage.cached, "cached_write": usage.cache_write}
    columns: Json = dict.fromkeys(NORMALISED, 0)
    columns |= {f"usage_{name}_tokens": value for name, value in known.items()}
    asked = sum(_characters(body.get(name)) for name in ("messages", "input", "system", "prompt", "query"))
    sizes = {"input": asked, "output": len(said), "total": asked + len(said)}
    columns |= {f"usage_{name}_characters": size for name, size in sizes.items()}
    quads = {name: -(-size // 4) for name, size in sizes.items()}
    return (
        columns
        | {f"usage_{name}_quad_tokens": size for name, size in quads.items()}
        | {"usage_text_quad_tokens": quads["total"]}
    )


def _characters(value: object) -> int:
    if isinstance(value, str):
        return 0 if value.startswith("data:") else len(value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(_characters(item) for item in parts)
