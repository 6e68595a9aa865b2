"""Pictures, sound, film and jobs."""

from functools import partial

from generations.gateway.demo.prices import line
from generations.gateway.demo.replies.media import picture, picture_url
from generations.gateway.demo.shapes import Json, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.ways import DAY, HOUR, ask, chat, user

STUDIO, JOBS = "Studio", "Jobs"
_MS = 1795000000000


def _pictures(*names: str) -> Json:
    data = [{"b64_json": picture(name, 192, 128)} for name in names]
    return {"created": _MS // 1000, "data": data, "output_format": "png", "size": "1024x1024"}


def _video_usage(seconds: int) -> StoryUsage:
    extra: Json = {"output_video_seconds": seconds, "resolution": "720p", "video_resolution": "720p"}
    return StoryUsage(
        extra=extra | {"video_quality": "fast", "cost_usd": 0.15 * seconds, "costUsd": 0.15 * seconds}
    )


STORIES: list[Story] = [
    ask(
        "poster",
        "Poster of a fjord, two pictures",
        STUDIO,
        "images.generations",
        ago=10 * HOUR,
        body={
            "model": "openai/gpt-image-1",
            "prompt": "A poster of a fjord in the style of the 1930s",
            "n": 2,
            "size": "1024x1024",
        },
        reply=Reply(whole=partial(_pictures, "poster one", "poster two")),
        usage=StoryUsage(12, 2112, extra={"output_image": 2}),
        timing=StoryTiming(21_340, 21_340, 52),
    ),
    ask(
        "poster-partial",
        "The same with partial pictures, streamed",
        STUDIO,
        "images.generations",
        ago=9.9 * HOUR,
        body={
            "model": "openai/gpt-image-1",
            "prompt": "A night train in snow",
            "stream": True,
            "partial_images": 2,
        },
        reply=Reply(whole=partial(_pictures, "night train")),
        usage=StoryUsage(7, 1056, extra={"output_image": 1}),
        timing=StoryTiming(6_120, 17_805, 49),
    ),
    ask(
        "edit-multipart",
        "Picture edit by form: the file was not kept",
        STUDIO,
        "images.edits",
        ago=1 * DAY + 1 * HOUR,
        body={"model": "openai/gpt-image-1", "prompt": "Make the sky pink"},
        stored=lambda: {
            "model": "openai/gpt-image-1",
            "prompt": "Make the sky pink",
            "image": {},
            "mask": {},
        },
        reply=Reply(whole=partial(_pictures, "pink sky")),
        usage=StoryUsage(330, 1056, extra={"input_image": 1, "output_image": 1}),
        timing=StoryTiming(18_020, 18_020, 66),
    ),
    ask(
        "edit-json",
        "Picture edit as JSON: can be replayed",
        STUDIO,
        "images.edits",
        ago=1 * DAY + 1.2 * HOUR,
        body={"model": "openai/gpt-image-1", "prompt": "Add a red boat", "images": [picture_url("lake")]},
        reply=Reply(whole=partial(_pictures, "red boat")),
        usage=StoryUsage(331, 1056, extra={"input_image": 1, "output_image": 1}),
        timing=StoryTiming(17_411, 17_411, 58),
    ),
    chat(
        "postcard",
        "A picture inside a chat answer",
        STUDIO,
        ago=1 * DAY + 6 * HOUR,
        model="google/gemini-2.5-flash-image",
        messages=[user("Draw a postcard from Tromsø and write the greeting.")],
        more={"modalities": ["image", "text"], "stream": True},
        reply=Reply("Greetings from Tromsø, where the sky is the postcard.", image=picture_url("postcard")),
        usage=StoryUsage(12, 1301, extra={"output_image": 1}),
    ),
    ask(
        "announcement",
        "Boarding announcement as MP3",
        STUDIO,
        "audio.speech",
        ago=12 * HOUR,
        body={
            "model": "openai/gpt-4o-mini-tts",
            "input": "Flight SK 676 to Oslo is now boarding at gate B 12.",
            "voice": "alloy",
            "response_format": "mp3",
        },
        reply=Reply(whole={"object": "audio.speech", "mime_type": "audio/mpeg"}),
        usage=StoryUsage(13, 98, extra={"input_characters": 51, "output_audio_seconds": 3.9}),
        timing=StoryTiming(690, 1_410, 37),
    ),
    ask(
        "announcement-wav",
        "The same as WAV",
        STUDIO,
        "audio.speech",
        ago=11.9 * HOUR,
        body={
            "model": "openai/gpt-4o-mini-tts",
            "input": "This is the last call for Oslo.",
            "voice": "nova",
            "response_format": "wav",
        },
        reply=Reply(whole={"object": "audio.speech", "mime_type": "audio/wav"}),
        usage=StoryUsage(8, 61, extra={"input_characters": 31, "output_audio_seconds": 2.1}),
        timing=StoryTiming(610, 1_020, 33),
    ),
    ask(
        "voicemail",
        "Voicemail by form: the recording was not kept",
        STUDIO,
        "audio.transcription",
        ago=14 * HOUR,
        body={"model": "openai/gpt-4o-transcribe", "language": "en"},
        stored=lambda: {"model": "openai/gpt-4o-transcribe", "language": "en", "file": {}},
        reply=Reply(
            whole={"text": "Hello, this is Ada. I will be twenty minutes late at the gate.", "language": "en"}
        ),
        usage=StoryUsage(140, 17, extra={"input_audio_seconds": 6.2, "audio_seconds": 6.2}),
        timing=StoryTiming(820, 1_130, 40),
    ),
    ask(
        "voicemail-url",
        "Voicemail by address: can be replayed",
        STUDIO,
        "audio.transcription",
        ago=14.2 * HOUR,
        body={"model": "openai/gpt-4o-transcribe", "file_url": "https://files.acme.example/calls/8812.mp3"},
        reply=Reply(whole={"text": "Please move my booking to Friday.", "language": "en"}),
        usage=StoryUsage(88, 8, extra={"input_audio_seconds": 3.1, "audio_seconds": 3.1}),
        timing=StoryTiming(640, 902, 31),
    ),
    ask(
        "promo-done",
        "Promo film, eight seconds, finished",
        JOBS,
        "video.generation",
        ago=1 * DAY + 10 * HOUR,
        body={
            "model": "google/veo-3.1-fast",
            "prompt": "Northern lights over a quiet harbour",
            "duration_seconds": 8,
        },
        reply=Reply(whole={"id": "video_7c1e", "object": "video", "status": "queued"}),
        usage=_video_usage(8),
        lines=(line("output_video_seconds", 8, 150_000_000, 1, _MS),),
        timing=StoryTiming(930, 74_200, 70),
    ),
    ask(
        "promo-running",
        "Promo film, still being made: the cost comes later",
        JOBS,
        "video.generation",
        ago=0.05 * HOUR,
        body={"model": "google/veo-3.1-fast", "prompt": "A ferry leaves at dawn", "duration_seconds": 6},
        reply=Reply(whole={"id": "video_8d2f", "object": "video", "status": "queued"}),
        usage=_video_usage(6),
        lines=(line("output_video_seconds", 6, 150_000_000, 1, _MS),),
        timing=StoryTiming(910, 61_000, 70),
        settles=True,
    ),
    ask(
        "nightly-batch",
        "Nightly batch of 1,200 descriptions, not yet billed",
        JOBS,
        "batch",
        ago=0.8 * DAY,
        body={
            "model": "openai/gpt-5-nano",
            "input_file_id": "file_91ab",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        },
        reply=Reply(whole={"id": "batch_91ab", "object": "batch", "status": "in_progress"}),
        usage=StoryUsage(),
        timing=StoryTiming(310, 340, 40),
        row={"cost_nanos": None, "pricing_lines": [], "usage": {}, "generation_ms": None, "throughput": None},
    ),
    ask(
        "live-call",
        "A spoken conversation, still open",
        JOBS,
        "audio.realtime",
        ago=0.1 * HOUR,
        body={"model": "openai/gpt-realtime", "voice": "alloy", "modalities": ["audio", "text"]},
        fixed_id="realtime:sess_acme_gate_b12",
        usage=StoryUsage(),
        row={
            "status_code": 102,
            "success": False,
            "cost_nanos": None,
            "pricing_lines": [],
            "usage": {},
            "generation_ms": None,
            "throughput": None,
            "realtime_session_id": "sess_acme_gate_b12",
        },
    ),
]
