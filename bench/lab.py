"""The replay lab: a batch of five hundred, its page, and the diffs of long texts."""

import random
import time
import uuid
from statistics import median

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import crowd, story
from bench.site import Site
from bench.table import Figure, limit, ratio
from generations.models import Batch, Generation
from generations.models.replay import OPEN_STATES, State
from generations.reading.diff import text_diff
from generations.replay import batches

SIZE, PARALLEL = 500, 24
STREAM_S, FRAMES = 2.0, 100
LIMIT_S = 180
WORDS = (
    "the gateway answers with a record of the request and of every provider that was tried before it".split()
)


def figures(site: Site) -> list[Figure]:
    """The batch's time against the ideal of its parallelism: all members in full rows of two seconds."""
    generation = crowd.chat()
    gateway = story.gateway(site)
    gateway.set(
        pace=1, frames=FRAMES, frame_ms=1000 * STREAM_S / FRAMES, first_byte_ms=0, record_ms=3_600_000
    )
    batch, took = run(generation)
    gateway.reset(keep_consents=True)
    ended = batch.replays.filter(state=State.SUCCEEDED).count()
    ideal = STREAM_S * -(-SIZE // PARALLEL)
    page = [timed(site, batch.get_absolute_url()) for _ in range(20)]
    return [
        ratio(
            f"{SIZE} replays of {STREAM_S:g} s, {PARALLEL} at once: the ideal time against ours",
            ideal / took,
            f"{ideal:.0f} against {took:.1f} s",
            least=0.85,
        ),
        Figure("answers lost or cut in them", str(SIZE - ended), "0", ended == SIZE),
        limit(f"page of a batch of {SIZE}, p50", median(page), "ms", 45, f"{queries(batch)} queries"),
        *diffs(),
    ]


def run(generation: Generation) -> tuple[Batch, float]:
    """A batch from its click to its end, in seconds."""
    made = batches.plan_batch([generation] * 10, times=SIZE // 10)
    begun = time.monotonic()
    batch = batches.start_batch(story.team(), story.owner(), uuid.uuid4(), "bench", made, PARALLEL)
    while batch.replays.filter(state__in=OPEN_STATES).exists() and time.monotonic() - begun < LIMIT_S:
        time.sleep(0.05)
    return batch, time.monotonic() - begun


def timed(site: Site, path: str) -> float:
    """Ms until the whole page is there."""
    begun = time.monotonic()
    assert site.owner.get(path).status == 200
    return 1000 * (time.monotonic() - begun)


def queries(batch: Batch) -> int:
    """How many queries the page's own figures take."""
    from generations.lists import batch_rows

    assert settings.configured
    with CaptureQueriesContext(connection) as seen:
        batch_rows.members(batch)
        batch_rows.variants(batch)
    return len(seen)


def diffs() -> list[Figure]:
    """Two texts that differ in every twentieth word, compared as the pages do."""
    return [
        limit("diff of two 200 KB texts, p50", diff_ms(200_000, 5), "ms", 200),
        limit("diff of two 5 MiB texts, p50", diff_ms(5 * 2**20, 3), "ms", 2000),
    ]


def diff_ms(size: int, rounds: int) -> float:
    """The median of `rounds` diffs of two texts of about `size` characters."""
    chance = random.Random(size)
    before = [chance.choice(WORDS) for _ in range(size // 6)]
    after = [word if chance.random() > 0.05 else chance.choice(WORDS) for word in before]
    first, second = " ".join(before), " ".join(after)
    took = []
    for _ in range(rounds):
        begun = time.monotonic()
        text_diff.rows(text_diff.texts(first, second).pieces, around=3)
        took.append(1000 * (time.monotonic() - begun))
    return median(took)
