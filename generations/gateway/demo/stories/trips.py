"""Flights and itineraries: tools, structured output, reasoning, long contexts."""

import json
from functools import partial

from generations.gateway.demo.prices import line
from generations.gateway.demo.shapes import Json, ModelCall, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.ways import (
    DAY,
    HOUR,
    ask,
    assistant,
    chat,
    function,
    json_format,
    parameters,
    system,
    user,
)

FLIGHTS, WRITER = "Flight tools", "Itinerary writer"
SEARCH = function("search_flights", "Find flights", **{"from": "string", "to": "string", "date": "string"})
FARE: Json = parameters(
    airline="string", flight="string", price="number", refundable="boolean", bags="integer"
)
OFFERS: Json = {
    "type": "object",
    "properties": {
        "offers": {"type": "array", "minItems": 2, "items": FARE},
        "currency": {"enum": ["EUR", "USD"]},
    },
    "required": ["offers", "currency"],
    "additionalProperties": False,
}
_OFFERED = {
    "offers": [
        {"airline": "SK", "flight": "SK676", "price": 164.5, "refundable": False, "bags": 1},
        {"airline": "DY", "flight": "DY1105", "price": 89.9, "refundable": False, "bags": 0},
        {"airline": "LH", "flight": "LH2452", "price": 231.0, "refundable": True, "bags": 1},
    ],
    "currency": "EUR",
}
_FAMILY = (
    "**Day 1, Bergen.** Arrive at noon, walk along Bryggen and take the funicular at five, when the groups "
    "are gone.\n\n**Day 2, by rail to Flåm.** The 08:39 from Bergen is the quiet one. Change in Myrdal; "
    "sit on the left side. Lunch at the harbour.\n\n**Day 3, the fjord.** The electric ferry to Gudvangen "
    "needs two hours. Bring gloves, the deck is cold even in summer.\n\n**Day 4, back by bus and train.** "
    "Leave at 10:30; you are in Bergen for dinner.\n\n| What | For four |\n|---|--:|\n| Trains | 3,160 NOK "
    "|\n| Ferry | 1,980 NOK |\n| Three nights | 7,400 NOK |"
)
_LONG = (
    "Kyoto in November is red maples and early dusk, so the days begin before seven. Fushimi Inari first, "
    "while the gates are empty; then the garden of Tōfuku-ji before the queue. Lunch is a bowl of soba "
    "near the station. In the afternoon the Philosopher's Path runs north between small temples, and at "
    "half past four the light goes. "
)


def conversation(turns: int, length: int) -> list[Json]:
    """A long talk about one trip; `length` is how often each turn repeats its sentence."""
    messages: list[Json] = [system("You plan trips with one customer over weeks. Remember every wish.")]
    for day in range(turns):
        wish = (
            f"Day {day + 1}: "
            + f"note {day * 37 % 100}, we would like a slow morning and a museum after lunch. " * length
        )
        messages.append(user(wish))
        messages.append(
            assistant(
                f"Noted for day {day + 1}. "
                + "I keep the afternoon free and move the dinner to eight. " * length
            )
        )
    return [*messages, user("Summarise all wishes in five lines.")]


def _long_body(turns: int, length: int, model: str) -> Json:
    return {
        "model": model,
        "messages": conversation(turns, length),
        "max_tokens": 400,
        "session_id": "trip-880",
    }


_SUMMARY = Reply(
    "1. Slow mornings, nothing before ten.\n2. One museum after lunch, never two.\n3. Dinner at eight, "
    "vegetarian for one.\n4. Trains rather than flights, window seats.\n5. Every fourth day stays empty."
)

STORIES: list[Story] = [
    chat(
        "search-call",
        "Flight search: one tool call",
        FLIGHTS,
        ago=0.5 * HOUR,
        model="openai/gpt-5-nano",
        messages=[system("You find flights."), user("Berlin to Oslo on 5 December, one bag, please.")],
        more={"stream": True, "tools": [SEARCH], "tool_choice": "auto"},
        reply=Reply(
            calls=(ModelCall("search_flights", '{"from": "BER", "to": "OSL", "date": "2026-12-05"}'),),
            finish="tool_calls",
        ),
    ),
    chat(
        "two-calls",
        "Two tool calls at once, with reasoning",
        FLIGHTS,
        ago=2.2 * HOUR,
        model="deepseek/deepseek-v3.2",
        messages=[system("You find flights."), user("Compare Berlin to Oslo on 5 and 6 December.")],
        more={"stream": True, "tools": [SEARCH], "parallel_tool_calls": True},
        reply=Reply(
            reasoning="Two dates are asked. Both searches are independent, so I call the tool twice.",
            calls=(
                ModelCall("search_flights", '{"from": "BER", "to": "OSL", "date": "2026-12-05"}'),
                ModelCall("search_flights", '{"from": "BER", "to": "OSL", "date": "2026-12-06"}'),
            ),
            finish="tool_calls",
        ),
    ),
    chat(
        "offers-json",
        "Offers as JSON of a schema",
        FLIGHTS,
        ago=4.0 * HOUR,
        model="openai/gpt-5-mini",
        messages=[
            system("Turn the search result into offers."),
            user("SK676 164.50 1 bag; DY1105 89.90 no bag; LH2452 231.00 flex 1 bag. All in euros."),
        ],
        more={"response_format": json_format("offers", OFFERS), "temperature": 0},
        reply=Reply(json.dumps(_OFFERED)),
    ),
    ask(
        "fare-rules",
        "Fare rules explained, responses protocol",
        FLIGHTS,
        "responses",
        ago=6.5 * HOUR,
        body={
            "model": "openai/gpt-5-mini",
            "instructions": "Explain fare rules to travellers.",
            "input": "What does 'changes permitted before departure with fee' mean?",
            "stream": True,
            "reasoning": {"effort": "low"},
        },
        reply=Reply(
            "You can move the flight to another day until the moment it leaves, but the airline takes a "
            "fee for it, and you also pay the difference if the new flight costs more. After departure the "
            "ticket is lost.",
            reasoning="Explain in plain words: change allowed, fee, fare difference, deadline.",
        ),
    ),
    ask(
        "seat-map-responses",
        "Responses protocol with a function call",
        FLIGHTS,
        "responses",
        ago=11 * HOUR,
        body={
            "model": "google/gemini-2.5-flash",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Is 14A on LH2452 free?"}]}
            ],
            "tools": [
                {
                    "type": "function",
                    "name": "seat_map",
                    "parameters": parameters(flight="string", seat="string"),
                }
            ],
            "stream": True,
        },
        reply=Reply(
            calls=(ModelCall("seat_map", '{"flight": "LH2452", "seat": "14A"}'),), finish="tool_calls"
        ),
    ),
    chat(
        "pinned",
        "Pinned to Azure, no fallback",
        FLIGHTS,
        ago=13 * HOUR,
        model="openai/gpt-5-mini",
        provider="azure",
        messages=[user("Which airports does Oslo have?")],
        more={"model": "azure:openai/gpt-5-mini", "stream": True},
        reply=Reply(
            "Oslo has two: Gardermoen (OSL), the main one, and Torp (TRF), about 110 km to the south."
        ),
    ),
    chat(
        "fjords",
        "Four days of fjords for a family",
        WRITER,
        ago=0.9 * HOUR,
        model="anthropic/claude-sonnet-4.5",
        messages=[
            system("You write itineraries: short days, real departure times, one table of costs."),
            user("Four days from Bergen in May, two adults, two children, by train and ferry."),
        ],
        more={"stream": True, "max_tokens": 2000, "session_id": "trip-871"},
        reply=Reply(_FAMILY),
    ),
    chat(
        "kyoto",
        "A week in Kyoto, a long stream",
        WRITER,
        ago=7.5 * HOUR,
        model="mistral/mistral-large-3",
        messages=[system("You write travel essays."), user("A week in Kyoto in November, as a long text.")],
        more={"stream": True, "stream_options": {"include_usage": True}},
        reply=Reply(_LONG * 9),
    ),
    chat(
        "reasoned-route",
        "Interrail puzzle, reasoned through",
        WRITER,
        ago=1 * DAY,
        model="openai/gpt-5",
        messages=[
            user(
                "Seven travel days in a month: Lisbon, Paris, Berlin, Vienna, Rome, Barcelona and back. "
                "Which order?"
            )
        ],
        more={"stream": True, "reasoning_effort": "high"},
        reply=Reply(
            "Go round clockwise: Lisbon, Barcelona, Paris, Berlin, Vienna, Rome, and back by ferry from "
            "Civitavecchia to Barcelona. That needs six travel days, so one is left for a delay.",
            reasoning="Lisbon to Paris in one day is hard: the trains do not meet. " * 4
            + (
                "Barcelona first makes every leg fit in a day. Count: 1 LIS-BCN, 2 BCN-PAR, 3 PAR-BER, 4 "
                "BER-VIE, 5 VIE-ROM, 6 ferry."
            ),
        ),
    ),
    ask(
        "thinking",
        "Thinking blocks in the messages protocol",
        WRITER,
        "messages",
        ago=1 * DAY + 8 * HOUR,
        body={
            "model": "anthropic/claude-sonnet-4.5",
            "max_tokens": 3000,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "stream": True,
            "messages": [{"role": "user", "content": "Two nights between Porto and Lisbon: where?"}],
        },
        reply=Reply(
            "Stay in Coimbra. It lies on the main line, two hours from Porto and two from Lisbon, and its "
            "old university town fills exactly two evenings.",
            reasoning="Candidates: Aveiro, Coimbra, Óbidos. Only Coimbra has fast trains both ways.",
        ),
    ),
    chat(
        "cut-short",
        "Cut off at max_tokens",
        WRITER,
        ago=2 * DAY + 6 * HOUR,
        model="meta/llama-3.3-70b-instruct",
        messages=[user("Describe the Lofoten islands in detail.")],
        more={"max_tokens": 60},
        reply=Reply(
            "The Lofoten islands rise straight from the sea, a wall of granite with fishing villages at "
            "its foot. Reine, the most photographed of them, sits on",
            finish="length",
        ),
    ),
    chat(
        "free-model",
        "On a free model: nothing to pay",
        WRITER,
        ago=3 * DAY,
        model="google/gemma-3-27b:free",
        messages=[user("One sentence about Ljubljana, please.")],
        reply=Reply(
            "Ljubljana is a green capital whose centre belongs to walkers, bridges and a castle on its hill."
        ),
    ),
    chat(
        "off-peak",
        "At night the model is cheaper",
        WRITER,
        ago=3 * DAY + 4 * HOUR,
        model="deepseek/deepseek-v3.2",
        messages=[user("Write a packing list for Iceland in March.")],
        more={"stream": True},
        reply=Reply(
            "- Waterproof jacket and trousers\n- Wool layers\n- Swimwear for the hot pots\n- Head torch\n- "
            "Sunglasses"
        ),
        usage=StoryUsage(9, 31),
        lines=tuple(
            line(
                name,
                quantity,
                price,
                10**6,
                1795087200000,
                pricing_time_window={
                    "label": "off-peak",
                    "timezone": "UTC",
                    "start_time": "16:30",
                    "end_time": "00:30",
                },
            )
            for name, quantity, price in (
                ("input_text_tokens", 9, 140_000_000),
                ("output_text_tokens", 31, 210_000_000),
            )
        ),
    ),
    Story(
        "long-context",
        "A long conversation: 300 KB of wishes",
        WRITER,
        1 * DAY + 3 * HOUR,
        "chat.completions",
        "google/gemini-2.5-pro",
        partial(_long_body, 60, 36, "google/gemini-2.5-pro"),
        "google-ai-studio",
        _SUMMARY,
        timing=StoryTiming(2_940, 3_905, 118),
    ),
    Story(
        "five-mebibytes",
        "The largest log the gateway keeps: 5 MiB",
        WRITER,
        4 * DAY,
        "chat.completions",
        "google/gemini-2.5-pro",
        partial(_long_body, 105, 205, "google/gemini-2.5-pro"),
        "google-vertex",
        _SUMMARY,
        timing=StoryTiming(18_420, 19_377, 604),
    ),
]
