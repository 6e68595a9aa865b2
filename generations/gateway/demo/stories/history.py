"""Old rows, and rows whose log is not there."""

from generations.gateway.demo.shapes import IoStatus, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.ways import DAY, ask, chat, user

LEGACY, LOGS = "Older forms", "Stored or not"
MAY = "G-01KQXWAW8GC2W5QAV9YJQW3Q7B"
_OLD_USAGE = {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}
_LATER = tuple(
    [
        "workspace_id",
        "canonical_model_id",
        "requested_model_id",
        "routed_model_id",
        "api_model_id",
        "id",
        "trace_data",
    ]
    + ["provider_ttft_ms", "gateway_ttft_ms", "tpot_ms", "itl_ms", "output_speed_tps", "phaseo_overhead_ms"]
    + [f"client_source_{name}" for name in ("id", "name", "kind", "version", "detection")]
)
_WHY: dict[IoStatus, tuple[str, str]] = {
    "not_enabled": ("Logging was not switched on", "List three castles in Wales."),
    "missing_bucket": ("The log had nowhere to go", "List three castles in Scotland."),
    "too_large": ("The log was larger than 5 MiB", "List three castles in Ireland."),
    "error": ("Writing the log failed", "List three castles in France."),
    "deleted": ("The log was deleted: paid retention was suspended", "List three castles in Spain."),
    "none": ("A row from before the feature: no log at all", "List three castles in Italy."),
}


def _castle(status: IoStatus, days: float) -> Story:
    title, question = _WHY[status]
    return chat(
        f"log-{status}",
        title,
        LOGS,
        ago=days * DAY,
        model="mistral/mistral-large-3",
        messages=[user(question)],
        reply=Reply("Three of the best are on the coast; all of them can be reached by bus."),
        io=status,
    )


STORIES: list[Story] = [
    chat(
        "may-row",
        "A row of May 2026, as the reference page shows it",
        LEGACY,
        ago=0,
        fixed_id=MAY,
        model="openai/gpt-4o-mini",
        messages=[user("hello")],
        reply=Reply("Hello! How can I help you with your trip today?"),
        usage=StoryUsage(12, 34),
        timing=StoryTiming(320, 1250, 0),
        lines=(),
        row={
            "created_at": "2026-05-06T05:31:56Z",
            "team_id": "5f6c0d1e-2a3b-4c5d-8e7f-9a0b1c2d3e4f",
            "endpoint": "chat/completions",
            "native_response_id": "chatcmpl-abc",
            "latency_ms": 320,
            "throughput": 27.2,
            "usage": _OLD_USAGE,
            "cost_nanos": 22200,
            "provider_attempts": [],
            "detail_metadata": None,
        },
        without=_LATER,
    ),
    chat(
        "may-stream",
        "May 2026, streamed: generation time counts from the first token",
        LEGACY,
        ago=190 * DAY,
        model="anthropic/claude-haiku-4.5",
        messages=[user("Two lines about Riga.")],
        more={"stream": True},
        reply=Reply("Riga is wood and Jugendstil.\nIts market fills five zeppelin halls."),
        timing=StoryTiming(640, 410, 0),
        row={
            "team_id": "5f6c0d1e-2a3b-4c5d-8e7f-9a0b1c2d3e4f",
            "endpoint": "/v1/chat/completions",
            "usage": _OLD_USAGE,
        },
        without=_LATER,
    ),
    chat(
        "december",
        "December 2025: no replay, latency from end to end",
        LEGACY,
        ago=338 * DAY,
        model="openai/gpt-4o-mini",
        messages=[user("hi")],
        reply=Reply("Hi!"),
        io="none",
        lines=(),
        row={
            "team_id": "5f6c0d1e-2a3b-4c5d-8e7f-9a0b1c2d3e4f",
            "endpoint": "chat.completions",
            "latency_ms": 1840,
            "generation_ms": 1210,
            "usage": {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10},
            "cost_nanos": 2400,
        },
        without=(
            *_LATER,
            "provider_attempts",
            "detail_metadata",
            "finish_reason",
            "session_id",
            "end_user_id",
        ),
    ),
    ask(
        "unknown-endpoint",
        "An endpoint nobody knows yet",
        LEGACY,
        "world.simulate",
        ago=7 * DAY,
        body={"model": "acme/world-1", "seed": 4, "scene": "harbour"},
        provider="acme",
        reply=Reply(whole={"object": "world", "frames": 240}),
        usage=StoryUsage(extra={"world_frames": 240}),
        lines=(),
    ),
    ask(
        "background",
        "A background response: cannot be replayed",
        LEGACY,
        "responses",
        ago=7.5 * DAY,
        body={"model": "openai/gpt-5", "input": "Write a travel guide of Estonia.", "background": True},
        reply=Reply("Estonia is small enough for a week."),
    ),
    ask(
        "song",
        "A jingle for the app",
        "Jobs",
        "music.generate",
        ago=8 * DAY,
        body={
            "model": "elevenlabs/music-v1",
            "prompt": "A happy jingle for a travel app",
            "duration_seconds": 12,
        },
        reply=Reply(whole={"object": "music", "status": "completed", "mime_type": "audio/mpeg"}),
        usage=StoryUsage(extra={"output_audio_seconds": 12}),
        lines=(),
    ),
    *(_castle(status, days) for status, days in zip(_WHY, (1.1, 1.6, 2.2, 3.3, 95, 140), strict=True)),
]
