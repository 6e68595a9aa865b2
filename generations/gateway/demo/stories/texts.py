"""Search, moderation and receipts."""

from functools import partial

from generations.gateway.demo.prices import line
from generations.gateway.demo.replies.media import picture_url, vector
from generations.gateway.demo.replies.moderation import verdict
from generations.gateway.demo.shapes import Json, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.ways import HOUR, ask, chat, image, user, words

SEARCH, SAFETY, RECEIPTS = "Search", "Moderation", "Receipts"
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


STORIES: list[Story] = [
    ask(
        "faq-vectors",
        "Four FAQ texts as vectors",
        SEARCH,
        "embeddings",
        ago=2.6 * HOUR,
        body={"model": "openai/text-embedding-3-small", "input": FAQ, "dimensions": 256},
        reply=Reply(whole=partial(_vectors, 4)),
        usage=StoryUsage(57, extra={"embedding_tokens": 57}),
        timing=StoryTiming(88, 131, 24),
    ),
    ask(
        "query-vector",
        "One query as a vector",
        SEARCH,
        "embeddings",
        ago=2.5 * HOUR,
        body={"model": "mistral/mistral-embed", "input": "can I bring my cat", "user": "search-box"},
        reply=Reply(whole=partial(_vectors, 1)),
        usage=StoryUsage(5, extra={"embedding_tokens": 5}),
        timing=StoryTiming(61, 80, 22),
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
        usage=StoryUsage(57, extra={"search_units": 1}),
        lines=(line("requests", 1, 2_000_000, 1, _MS),),
        timing=StoryTiming(104, 140, 30),
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
        timing=StoryTiming(140, 166, 25),
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
        timing=StoryTiming(151, 172, 25),
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
        usage=StoryUsage(extra={"input_pages": 3, "pages": 3, "doc_size_bytes": 188412}),
        lines=(line("input_pages", 3, 2_000_000_000, 1000, _MS),),
        timing=StoryTiming(2710, 3104, 41),
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
]
