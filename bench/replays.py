"""Two hundred concurrent replays on one worker process, against a bare asyncio client that does the same."""

import asyncio
import json
import time

import httpx

from bench import crowd, story
from bench.site import Site
from bench.table import Figure, interleaved, ratio
from generations.gateway.streams.assemble import assemble
from generations.reading.answer import answer_facts

ROUNDS = 3
LIMIT_S = 60


def figures(site: Site) -> list[Figure]:
    """Completion time of all. Ours begins with the first message to the worker and ends when all rows are final."""
    generation, lost = crowd.chat(), []
    address = f"{site.gateway}/chat/completions"
    key = story.source().read_key.reveal()
    story.gateway(site).set(**crowd.pace())
    expected = asyncio.run(bare(address, key, 1))[1][0]

    def theirs() -> float:
        seconds, texts = asyncio.run(bare(address, key, crowd.CROWD))
        lost.append(missing(texts, expected))
        return seconds

    def ours() -> float:
        replays, begun = crowd.click_at_once(generation)
        while crowd.open_ones(replays) and time.monotonic() - begun < LIMIT_S:
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        lost.append(missing(crowd.texts(replays), expected))
        crowd.forget(replays)
        return seconds

    their_s, our_s = interleaved(ROUNDS, theirs, ours)
    story.gateway(site).reset()
    return [
        ratio(
            "200 replays at once, a bare client's time against ours",
            their_s / our_s,
            f"{their_s:.2f} against {our_s:.2f} s",
            least=0.8,
        ),
        Figure("answers lost or cut in all of them", str(sum(lost)), "0", sum(lost) == 0),
    ]


def missing(texts: list[str], expected: str) -> int:
    """How many of the crowd's answers are not there word for word."""
    return crowd.CROWD - texts.count(expected)


async def bare(address: str, key: str, count: int) -> tuple[float, list[str]]:
    """`count` streams at once; gives the seconds until all have ended, and their texts (parsed afterwards)."""
    body, headers = (
        json.dumps(crowd.BODY).encode(),
        {"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=LIMIT_S, trust_env=False) as client:
        begun = time.monotonic()
        answers = await asyncio.gather(*(stream(client, address, body) for _ in range(count)))
        seconds = time.monotonic() - begun
    return seconds, [_text(answer) for answer in answers]


def _text(raw: bytes) -> str:
    made = assemble("chat", "text/event-stream", raw)
    return answer_facts.read(made.wire, made.body).text


async def stream(client: httpx.AsyncClient, address: str, body: bytes) -> bytes:
    async with client.stream("POST", address, content=body) as response:
        return b"".join([chunk async for chunk in response.aiter_raw()])
