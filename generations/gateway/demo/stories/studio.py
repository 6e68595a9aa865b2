"""Search, safety, receipts, pictures, sound and film."""

from functools import partial

from generations.gateway.demo.prices import line
from generations.gateway.demo.replies.media import picture, picture_url, vector
from generations.gateway.demo.replies.moderation import verdict
from generations.gateway.demo.shapes import Json, Reply, Story, Timing, Usage
from generations.gateway.demo.stories.ways import DAY, HOUR, ask, chat, image, user, words

SEARCH, SAFETY, RECEIPTS, STUDIO, JOBS = "Search", "Moderation", "Receipts", "Studio", "Jobs"
_MS = 1795000000000
FAQ = [
    "A cancelled flight can be refunded or rebooked within 14 days.",
    "Bags over 23 kg cost 40 euros.",
    "Pets travel in the cabin up to 8 kg.",
    "Seats in an exit row need a passenger over 16.",
]
_MARKDOWN = (
    "# Hotel Terminus, Bergen\n\n| Night | Price |\n|---|--:|\n| 3 Nov | 1,290.00 NOK |\n| 4 Nov | "
    "1,290.00 NOK |\n\n**Total 2,580.00 NOK**, VAT included 276.43"
)
_TICKET = "# Train ticket\n\nOslo S to Bergen, 5 Nov, 08:25\n\nSeat 3-41\n\n**549.00 NOK**"


def _vectors(count: int) -> Json:
    data = [{"object": "embedding", "index": n, "embedding": vector(FAQ[n], 256)} for n in range(count)]
    return {"object": "list", "data": data}


def _pictures(*names: str) -> Json:
    data = [{"b64_json": picture(name, 192, 128)} for name in names]
    return {"created": _MS // 1000, "data": data, "output_format": "png", "size": "1024x1024"}


def _video_usage(seconds: int) -> Usage:
    extra: Json = {"output_video_seconds": seconds, "resolution": "720p", "video_resolution": "720p"}
    return Usage(
        extra=extra | {"video_quality": "fast", "cost_usd": 0.15 * seconds, "costUsd": 0.15 * seconds}
    )


STORIES: list[Story] = [
    ask(
        "faq-vectors",
        "Four FAQ texts as vectors",
        SEARCH,
        "embeddings",
        ago=2.6 * HOUR,
        body={"model": "openai/text-embedding-3-small", "input": FAQ, "dimensions": 256},
        reply=Reply(whole=partial(_vectors, 4)),
        usage=Usage(57, extra={"embedding_tokens": 57}),
        timing=Timing(88, 131, 24),
    ),
    ask(
        "query-vector",
        "One query as a vector",
        SEARCH,
        "embeddings",
        ago=2.5 * HOUR,
        body={"model": "mistral/mistral-embed", "input": "can I bring my cat", "user": "search-box"},
        reply=Reply(whole=partial(_vectors, 1)),
        usage=Usage(5, extra={"embedding_tokens": 5}),
        timing=Timing(61, 80, 22),
    ),
    ask(
        "faq-rerank",
        "FAQ texts ranked for a question",
        SEARCH,
        "rerank",
        ago=2.49 * HOUR,
        body={
            "model": "cohere/rerank-v3.5",
            "query": "can I bring my cat in the cabin",
            "documents": FAQ,
            "top_n": 2,
        },
        reply=Reply(
            whole={
                "results": [{"index": 2, "relevance_score": 0.9312}, {"index": 3, "relevance_score": 0.1406}]
            }
        ),
        usage=Usage(57, extra={"search_units": 1}),
        lines=(line("requests", 1, 2_000_000, 1, _MS),),
        timing=Timing(104, 140, 30),
    ),
    ask(
        "review-fine",
        "A hotel review, nothing flagged",
        SAFETY,
        "moderations",
        ago=3.3 * HOUR,
        body={"model": "openai/omni-moderation", "input": "Lovely staff, thin walls, great breakfast."},
        reply=Reply(whole={"results": [verdict("Lovely staff, thin walls, great breakfast.")]}),
        lines=(),
        timing=Timing(140, 166, 25),
    ),
    ask(
        "review-threat",
        "A review with a threat, flagged",
        SAFETY,
        "moderations",
        ago=3.2 * HOUR,
        body={
            "model": "openai/omni-moderation",
            "input": ["Nice view.", "If I meet that idiot again I will punch him."],
        },
        reply=Reply(
            whole={
                "results": [verdict("Nice view."), verdict("If I meet that idiot again I will punch him.")]
            }
        ),
        lines=(),
        timing=Timing(151, 172, 25),
    ),
    ask(
        "hotel-receipt",
        "Hotel bill read page by page",
        RECEIPTS,
        "ocr",
        ago=8.2 * HOUR,
        body={
            "model": "mistral/ocr-3",
            "document": {
                "type": "document_url",
                "document_url": "https://files.acme.example/receipts/5531.pdf",
            },
        },
        reply=Reply(
            whole={
                "object": "ocr",
                "pages": [
                    {"index": 0, "markdown": _MARKDOWN},
                    {"index": 1, "markdown": "Thank you for your stay."},
                    {"index": 2, "markdown": _TICKET},
                ],
            }
        ),
        usage=Usage(extra={"input_pages": 3, "pages": 3, "doc_size_bytes": 188412}),
        lines=(line("input_pages", 3, 2_000_000_000, 1000, _MS),),
        timing=Timing(2710, 3104, 41),
    ),
    chat(
        "receipt-photo",
        "Photo of a receipt, amounts asked as JSON",
        RECEIPTS,
        ago=8.1 * HOUR,
        model="openai/gpt-4o-mini",
        messages=[
            user(
                [
                    words("Total and currency as JSON."),
                    image(picture_url("receipt")),
                    image(picture_url("back")),
                ]
            )
        ],
        more={"response_format": {"type": "json_object"}, "temperature": 0},
        reply=Reply('{"total": 2580.00, "currency": "NOK", "answer": "two nights"}'),
    ),
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
        usage=Usage(12, 2112, extra={"output_image": 2}),
        timing=Timing(21_340, 21_340, 52),
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
        usage=Usage(7, 1056, extra={"output_image": 1}),
        timing=Timing(6_120, 17_805, 49),
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
        usage=Usage(330, 1056, extra={"input_image": 1, "output_image": 1}),
        timing=Timing(18_020, 18_020, 66),
    ),
    ask(
        "edit-json",
        "Picture edit as JSON: can be replayed",
        STUDIO,
        "images.edits",
        ago=1 * DAY + 1.2 * HOUR,
        body={"model": "openai/gpt-image-1", "prompt": "Add a red boat", "images": [picture_url("lake")]},
        reply=Reply(whole=partial(_pictures, "red boat")),
        usage=Usage(331, 1056, extra={"input_image": 1, "output_image": 1}),
        timing=Timing(17_411, 17_411, 58),
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
        usage=Usage(12, 1301, extra={"output_image": 1}),
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
        usage=Usage(13, 98, extra={"input_characters": 51, "output_audio_seconds": 3.9}),
        timing=Timing(690, 1_410, 37),
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
        usage=Usage(8, 61, extra={"input_characters": 31, "output_audio_seconds": 2.1}),
        timing=Timing(610, 1_020, 33),
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
        usage=Usage(140, 17, extra={"input_audio_seconds": 6.2, "audio_seconds": 6.2}),
        timing=Timing(820, 1_130, 40),
    ),
    ask(
        "voicemail-url",
        "Voicemail by address: can be replayed",
        STUDIO,
        "audio.transcription",
        ago=14.2 * HOUR,
        body={"model": "openai/gpt-4o-transcribe", "file_url": "https://files.acme.example/calls/8812.mp3"},
        reply=Reply(whole={"text": "Please move my booking to Friday.", "language": "en"}),
        usage=Usage(88, 8, extra={"input_audio_seconds": 3.1, "audio_seconds": 3.1}),
        timing=Timing(640, 902, 31),
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
        timing=Timing(930, 74_200, 70),
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
        timing=Timing(910, 61_000, 70),
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
        usage=Usage(),
        timing=Timing(310, 340, 40),
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
        usage=Usage(),
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
