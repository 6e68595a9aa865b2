"""Two hundred concurrent replays on one worker process, against a bare asyncio client that does the same.

Once alone on the machine, and once next to a process that spins.
"""

import asyncio
import json
import time

from bench import bare_client, crowd, story
from bench.site import Site
from bench.spinning import spinning
from bench.table import Figure, interleaved, ratio
from generations.gateway.streams.assemble import assemble
from generations.reading.answer import answer_facts

ROUNDS = 3
LIMIT_S = 60


def figures(site: Site) -> list[Figure]:
    """Completion time of all. Ours begins with the first message to the worker and ends when all rows are final."""
    story.gateway(site).set(**crowd.pace())
    pair = Pair(site)
    alone = compared("200 replays at once, a bare client's time against ours", pair)
    with spinning():
        crowded = compared("the same next to a process that spins", pair)
    story.gateway(site).reset(keep_consents=True)
    return [
        alone,
        crowded,
        Figure("answers lost or cut in all of them", str(pair.lost), "0", pair.lost == 0),
    ]


class Pair:
    """The same streams, read by a bare client and by the worker; `lost` counts answers that are not word for word."""

    def __init__(self, site: Site) -> None:
        self.address, self.key = f"{site.gateway}/chat/completions", story.source().read_key.reveal()
        self.body, self.generation, self.lost = json.dumps(crowd.BODY).encode(), crowd.chat(), 0
        self.expected = _text(self._bare(1)[1][0])

    def _bare(self, count: int) -> tuple[float, list[bytes]]:
        return asyncio.run(bare_client.ask(self.address, self.key, self.body, count))

    def theirs(self) -> float:
        seconds, answers = self._bare(crowd.CROWD)
        self._count([_text(answer) for answer in answers])
        return seconds

    def ours(self) -> float:
        replays, begun = crowd.click_at_once(self.generation, story.owner(), story.source())
        while crowd.open_ones(replays) and time.monotonic() - begun < LIMIT_S:
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        self._count(crowd.texts(replays))
        crowd.forget(replays)
        return seconds

    def _count(self, texts: list[str]) -> None:
        self.lost += crowd.CROWD - texts.count(self.expected)


def compared(name: str, pair: Pair) -> Figure:
    """The medians of rounds in turn."""
    their_s, our_s = interleaved(ROUNDS, pair.theirs, pair.ours)
    return ratio(name, their_s / our_s, f"{their_s:.2f} against {our_s:.2f} s", least=0.85)


def _text(raw: bytes) -> str:
    made = assemble("chat", "text/event-stream", raw)
    return answer_facts.read(made.wire, made.body).text
