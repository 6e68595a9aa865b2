"""Support chat of Acme Travel: the records a newcomer opens first."""

from generations.gateway.demo.replies.media import picture_url
from generations.gateway.demo.shapes import FlatError, ModelCall, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.ways import (
    DAY,
    HOUR,
    ask,
    asked,
    assistant,
    chat,
    function,
    image,
    system,
    tool_result,
    user,
    words,
)

GROUP = "Support chat"
RULES = (
    "You are the support assistant of Acme Travel. Answer in the language of the customer. Never "
    "promise a refund."
)
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"
SEATS = "G-01M0N8A1Q8SEATSNXT14A2B3C4"
GEMINI = "G-01M0N8D8ZGR5N8V3B2C1D0E9F8"

STORIES: list[Story] = [
    chat(
        "oslo-cancelled",
        "Cancelled flight to Oslo: weather and money back",
        GROUP,
        ago=0,
        fixed_id=OSLO,
        model="openai/gpt-5-nano",
        messages=[
            system(RULES),
            user("My flight to Oslo was cancelled. What is the weather there, and can I get my money back?"),
            asked("get_weather", '{"city": "Oslo", "unit": "celsius"}'),
            tool_result("get_weather", '{"temp": -2, "sky": "light snow"}'),
        ],
        more={
            "stream": True,
            "session_id": "support-4711",
            "tools": [function("get_weather", city="string", unit="string")],
        },
        reply=Reply(
            "I am sorry about the cancelled flight. In Oslo it is −2 °C with light snow, so pack something "
            "warm if you still travel.\n\nAbout the money: for a cancelled flight you can choose between a "
            "new booking and asking the airline for a refund. I can open that request for you; the airline "
            "decides within seven days.",
            reasoning="The customer asks two things. The weather is known from the tool. I must not "
            "promise a refund, only offer to open a request.",
        ),
        usage=StoryUsage(42, 128, 64),
        timing=StoryTiming(412, 1830, 48),
    ),
    Story(
        "gemini-403",
        "Every provider refused: permission denied",
        GROUP,
        0,
        "responses",
        "google/gemini-2.5-pro",
        lambda: {"model": "google/gemini-2.5-pro", "input": "hello"},
        fixed_id=GEMINI,
        failure=FlatError(
            502,
            "upstream_error",
            'Provider "google-ai-studio" failed with HTTP 403 for endpoint "responses" on model '
            '"google/gemini-2.5-pro".',
            more={
                "reason": "all_candidates_failed",
                "attempt_count": 1,
                "failed_providers": ["google-ai-studio"],
                "failed_statuses": [403],
            },
        ),
        timing=StoryTiming(655, 655, 61),
        attempts=(
            {
                "provider": "google-ai-studio",
                "outcome": "upstream_non_2xx",
                "status": 403,
                "status_text": "Forbidden",
                "duration_ms": 590,
                "retryable": False,
                "key_source": "gateway",
                "credential_phase": "gateway",
                "upstream_error_code": "PERMISSION_DENIED",
                "upstream_error_message": "The caller does not have permission.",
                "upstream_payload_preview": '{"error":{"status":"PERMISSION_DENIED"}}',
            },
        ),
    ),
    chat(
        "lost-bag",
        "Lost bag in Lisbon, answered in Portuguese",
        GROUP,
        ago=0.2 * HOUR,
        model="openai/gpt-5-mini",
        messages=[system(RULES), user("A minha mala não chegou a Lisboa. O que faço agora?")],
        more={"stream": True, "session_id": "support-4724"},
        reply=Reply(
            "Lamento muito que a sua mala não tenha chegado. Dirija-se primeiro ao balcão de bagagens da "
            "companhia no aeroporto e peça um relatório de irregularidade; guarde o número que "
            "recebe.\n\nDepois envie-nos esse número e a sua morada em Lisboa. Enquanto espera, guarde os "
            "recibos do que precisar de comprar."
        ),
    ),
    chat(
        "seat-together",
        "A family wants to sit together",
        GROUP,
        ago=0.7 * HOUR,
        fixed_id=SEATS,
        model="anthropic/claude-haiku-4.5",
        provider="anthropic",
        messages=[
            system(RULES),
            user("We are four, booked together, and got seats all over the plane. Can you fix this?"),
        ],
        more={"temperature": 0.2, "max_tokens": 400, "session_id": "support-4719"},
        reply=Reply(
            "I can try to move you together. Two rows with three free seats are left on your flight: 14 "
            "and 22. Row 14 costs nothing, row 22 is an extra-legroom row with a fee of 18 euros for each "
            "seat.\n\nShall I hold 14A, 14B, 14C and 13C for you? The fourth seat is just in front."
        ),
    ),
    chat(
        "refund-status",
        "Where is my refund? The model asks for the booking",
        GROUP,
        ago=1.4 * HOUR,
        model="openai/gpt-5-mini",
        messages=[system(RULES), user("Booking QX7 R2M: where is my refund? It has been three weeks.")],
        more={
            "stream": True,
            "session_id": "support-4702",
            "tools": [
                function("find_booking", "Find a booking by its code", code="string"),
                function("refund_status", "State of a refund", code="string"),
            ],
        },
        reply=Reply(calls=(ModelCall("find_booking", '{"code": "QX7R2M"}'),), finish="tool_calls"),
    ),
    chat(
        "refund-answer",
        "The same chat, after two tools answered",
        GROUP,
        ago=1.39 * HOUR,
        model="openai/gpt-5-mini",
        messages=[
            system(RULES),
            user("Booking QX7 R2M: where is my refund? It has been three weeks."),
            asked("find_booking", '{"code": "QX7R2M"}', "call_1"),
            tool_result(
                "find_booking", '{"code": "QX7R2M", "airline": "SK", "paid": "412.80 EUR"}', "call_1"
            ),
            asked("refund_status", '{"code": "QX7R2M"}', "call_2"),
            tool_result(
                "refund_status",
                '{"state": "with_bank", "since": "2026-11-12", "amount": "412.80 EUR"}',
                "call_2",
            ),
        ],
        more={
            "stream": True,
            "session_id": "support-4702",
            "tools": [
                function("find_booking", "Find a booking by its code", code="string"),
                function("refund_status", "State of a refund", code="string"),
            ],
        },
        reply=Reply(
            "Your refund of 412.80 EUR left the airline on 12 November and is now with your bank. Banks "
            "need up to ten working days to show it, so you should see it soon.\n\nIf it is not there by "
            "26 November, write to us again and I will ask the airline for the payment reference."
        ),
    ),
    chat(
        "broken-suitcase",
        "Photo of a broken suitcase",
        GROUP,
        ago=3.1 * HOUR,
        model="google/gemini-2.5-flash",
        messages=[
            system(RULES),
            user(
                [
                    words("This is how my suitcase came back. What can I claim?"),
                    image(picture_url("suitcase")),
                ]
            ),
        ],
        more={"max_tokens": 600, "session_id": "support-4689"},
        reply=Reply(
            "The photo shows a cracked shell and a missing wheel, so the case can no longer be used.\n\n1. "
            "Report it to the airline within seven days, with this photo and your baggage tag.\n2. Keep "
            "the case until the claim is closed.\n3. Send us the receipt if you still have it; without one "
            "the airline pays the value of today."
        ),
    ),
    chat(
        "angry",
        "An angry customer, handed over to a person",
        GROUP,
        ago=5.5 * HOUR,
        model="anthropic/claude-sonnet-4.5",
        messages=[
            system(RULES + " Hand over to a person when the customer asks for one."),
            user("Third time I write. Nobody answers. I want a human."),
            assistant("I understand. May I ask what happened with your booking?"),
            user("NO. A human. Now."),
        ],
        more={
            "stream": True,
            "session_id": "support-4671",
            "tools": [function("hand_over", "Give the chat to a person", reason="string", urgency="string")],
        },
        reply=Reply(
            "Of course. I am passing you to a colleague right now, with everything you have written, so "
            "you need not repeat it.",
            calls=(
                ModelCall("hand_over", '{"reason": "third contact, asks for a person", "urgency": "high"}'),
            ),
            finish="tool_calls",
        ),
    ),
    chat(
        "passport-refusal",
        "The model refuses: how to travel on another person's passport",
        GROUP,
        ago=9.0 * HOUR,
        model="openai/gpt-5",
        messages=[
            system(RULES),
            user("My brother looks like me. Can I fly on his passport? How do I not get caught?"),
        ],
        more={"session_id": "support-4655"},
        reply=Reply(refusal="I can't help with travelling on somebody else's passport."),
    ),
    chat(
        "voucher-german",
        "Voucher question in German, on an alias",
        GROUP,
        ago=1 * DAY + 2 * HOUR,
        model="openai/gpt-5-mini",
        messages=[system(RULES), user("Gilt mein Gutschein auch für Bahnreisen?")],
        more={
            "model": "acme/support",
            "stream": True,
            "user": "customer-20931",
            "session_id": "support-4602",
        },
        reply=Reply(
            "Ja, Ihr Gutschein gilt auch für Bahnreisen, die Sie bei uns buchen. Er wird beim Bezahlen "
            "abgezogen; ein Rest bleibt auf Ihrem Konto und verfällt nach drei Jahren."
        ),
    ),
    ask(
        "policy-cached",
        "Baggage rules from a long cached policy",
        GROUP,
        "messages",
        ago=1 * DAY + 5 * HOUR,
        body={
            "model": "anthropic/claude-sonnet-4.5",
            "max_tokens": 500,
            "stream": True,
            "system": [
                {
                    "type": "text",
                    "text": "Baggage policy of Acme Travel. " + "Each passenger may take one bag. " * 160,
                    "cache_control": {"type": "ephemeral"},
                }
            ],
            "messages": [{"role": "user", "content": "Can I take a folding bike?"}],
            "session_id": "support-4588",
        },
        reply=Reply(
            "Yes. A folding bike counts as your one bag if it is in a case and no heavier than 23 kg. "
            "Without a case it is special baggage and needs a booking of its own, which costs 35 euros "
            "each way."
        ),
        usage=StoryUsage(1342, 61, 0, 1320),
    ),
    ask(
        "policy-cache-written",
        "The first request of the day writes the cache",
        GROUP,
        "messages",
        ago=1 * DAY + 5.4 * HOUR,
        body={
            "model": "anthropic/claude-sonnet-4.5",
            "max_tokens": 500,
            "system": [
                {
                    "type": "text",
                    "text": "Baggage policy of Acme Travel. " + "Each passenger may take one bag. " * 160,
                    "cache_control": {"type": "ephemeral"},
                }
            ],
            "messages": [{"role": "user", "content": "How heavy may my bag be?"}],
        },
        reply=Reply("Your bag may weigh up to 23 kg. Up to 32 kg is possible for a fee of 40 euros."),
        usage=StoryUsage(1338, 27, 0, 0, 1320, {"cached_write_text_tokens_5m": 1320}),
    ),
    chat(
        "two-choices",
        "Two wordings of an apology (n = 2)",
        GROUP,
        ago=2 * DAY + 1 * HOUR,
        model="openai/gpt-4o-mini",
        messages=[system("Write one short sentence."), user("Apologise for a delay of four hours.")],
        more={"n": 2, "temperature": 1.1, "seed": 7},
        reply=Reply(
            "We are truly sorry that your flight left four hours late and for the evening it cost you."
        ),
    ),
]
