"""How similar the answer of a replay is to the original's, kept in its row: lists compare nothing themselves."""

import logging
import time
from uuid import UUID

from generations.compare.sides import GenerationSide, ReplaySide
from generations.models import Replay
from generations.models.replay import State
from generations.reading.diff import passages

log = logging.getLogger(__name__)

ROWS, SECONDS, BYTES = 100, 3.0, 64 * 2**20
LONGEST = 200_000  # characters of both texts
NOTHING = -1
"""One of the two has no words, or they are too long for this."""


def tick() -> int:
    """One periodic step: the newest replays that were not compared yet. Returns how many were."""
    limit, left, done = time.monotonic() + SECONDS, BYTES, 0
    rows = Replay.objects.filter(similarity=None, state=State.SUCCEEDED).order_by("-finished_at")
    for pk in rows.values_list("pk", flat=True)[:ROWS]:
        if done and (time.monotonic() > limit or left < 0):
            break
        left -= compare(pk)
        done += 1
    return done


def compare(replay_id: UUID) -> int:
    """Compare one with its original, and keep the result unless its content went meanwhile. Returns the bytes read."""
    rows = Replay.objects.filter(pk=replay_id, similarity=None)
    row = rows.select_related("generation__team", "new_generation").first()
    if row is None:
        return 0
    original, answer = GenerationSide(row.generation), ReplaySide(row)
    try:
        percent = _percent(original, answer)
    except Exception:
        log.exception("The answer of replay %s could not be compared", replay_id)
        percent = NOTHING
    rows.update(similarity=percent)
    return original.weight + answer.weight


def _percent(original: GenerationSide, answer: ReplaySide) -> int:
    if original.said is None or answer.said is None:
        return NOTHING
    return similarity(original.said.facts.text, answer.said.facts.text)


def similarity(before: str, after: str) -> int:
    """How similar two texts are in percent, as the page of a comparison says it."""
    if not before.strip() or not after.strip() or len(before) + len(after) > LONGEST:
        return NOTHING
    return passages.percent(before, after)
