"""Background traffic, all day: rows of the log whose records nobody wrote down.

A row stands at each tick of the clock, so that the same moment has the same rows in every run.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from generations.gateway.demo import ulid
from generations.gateway.demo.prices import MODELS
from generations.gateway.demo.shapes import FlatError, Reply, Story

GROUP = "Traffic"
LONGEST = timedelta(days=1)
CALLS_OF_A_SESSION = 4
_ASKED = (
    ("Where is my booking for Lisbon?", "Your booking for Lisbon is confirmed; the ticket is in your inbox."),
    ("Can I take my dog to Rome?", "Yes, in the cabin up to 8 kg. Please tell us at least 48 hours before."),
    ("Change my seat to the aisle.", "Done: you now sit in 14C, an aisle seat."),
    ("Is breakfast included in Porto?", "Breakfast is included, from 7 to 10 in the morning."),
    ("Which gate does AC 417 leave from?", "Flight AC 417 leaves from gate B22 at 18:40."),
    ("Translate for the hotel: we arrive late.", "Wir kommen spät an, gegen 23 Uhr."),
)
_MODELS = (
    *("openai/gpt-5-nano", "openai/gpt-5-mini", "anthropic/claude-haiku-4.5", "google/gemini-2.5-flash"),
    *("mistral/mistral-large-3", "deepseek/deepseek-v3.2"),
)
_FAILURES = (
    FlatError(
        429,
        "key_limit_exceeded",
        "The key has used up its daily limit of 1,000 requests.",
        origin="user",
    ),
    FlatError(
        400,
        "validation_error",
        "Request failed validation.",
        origin="user",
        more={
            "details": [
                {
                    "message": "Expected number",
                    "path": ["temperature"],
                    "keyword": "invalid_type",
                    "params": {},
                }
            ]
        },
    ),
)


def ticks(now_ms: int, per_hour: float) -> Iterator[tuple[int, str]]:
    """(number, request id) of the rows of the last day."""
    if per_hour <= 0:
        return
    step = round(3_600_000 / per_hour)
    first = (now_ms - round(LONGEST.total_seconds() * 1000)) // step + 1
    for number in range(first, now_ms // step + 1):
        yield number, _id(number * step, step)


def _id(made_ms: int, step: int) -> str:
    return ulid.request_id(made_ms, ulid.suffix(f"traffic {made_ms} {step}"))


def find(request_id: str, per_hour: float) -> Story | None:
    """The story of a row, None for another id."""
    made = ulid.made_at(request_id)
    if made is None or per_hour <= 0:
        return None
    step = round(3_600_000 / per_hour)
    return story(made // step, request_id) if made % step == 0 and _id(made, step) == request_id else None


def story(number: int, request_id: str) -> Story:
    """One request of a travel agency's ordinary day; one in nine fails."""
    dice = random.Random(number)
    asked, said = dice.choice(_ASKED)
    model = dice.choice(_MODELS)
    session = f"trip-{number // CALLS_OF_A_SESSION}"
    messages = [
        {"role": "system", "content": "You answer for Acme Travel in one sentence."},
        {"role": "user", "content": asked},
    ]
    body = {"model": model, "messages": messages, "temperature": 0.3, "session_id": session}
    common = {"ago": 0.0, "endpoint": "chat.completions", "model": model, "make_body": lambda: body}
    if number % 9 == 0:
        return Story(request_id, asked, GROUP, failure=dice.choice(_FAILURES), **common)  # type: ignore[arg-type]
    served = MODELS[model].providers[0]
    return Story(request_id, asked, GROUP, provider=served, reply=Reply(said), **common)  # type: ignore[arg-type]


def arrived(at: datetime, number: int, stamp: str) -> tuple[str, Story]:
    """A row that a test lets arrive at a moment of its choice: its id, and its story."""
    made = round(at.astimezone(UTC).timestamp() * 1000)
    request_id = ulid.request_id(made, ulid.new_suffix())
    plain = story(number, request_id)
    return request_id, Story(
        request_id,
        plain.title,
        GROUP,
        0.0,
        plain.endpoint,
        plain.model,
        plain.make_body,
        plain.provider,
        plain.reply,
        plain.failure,
        row={"created_at": stamp},
    )
