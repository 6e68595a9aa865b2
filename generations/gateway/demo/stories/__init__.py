"""The stored records of Acme Travel, group by group.

The last 16 characters of an id name the story, the first 10 the time. So ids of earlier runs go on working,
and `created_at` always agrees with the id that was asked for.
"""

import time

from generations.gateway.demo import ulid
from generations.gateway.demo.shapes import Story
from generations.gateway.demo.stories import (
    damaged,
    failures,
    history,
    ledger,
    odd,
    studio,
    support,
    texts,
    trips,
)

# The ids that are the same in every run.
EXAMPLE_IDS = {
    "chat": support.OSLO,
    "kept": support.SEATS,
    "failed": support.GEMINI,
    "legacy": history.MAY,
}
STORIES: list[Story] = [
    *support.STORIES,
    *trips.STORIES,
    *failures.STORIES,
    *ledger.STORIES,
    *odd.STORIES,
    *texts.STORIES,
    *studio.STORIES,
    *history.STORIES,
    *damaged.STORIES,
]


def id_of(story: Story, epoch_ms: int) -> str:
    """The id of a story in a run that began at `epoch_ms` (milliseconds since 1970)."""
    if story.fixed_id:
        return story.fixed_id
    return ulid.request_id(epoch_ms - round(story.ago * 60_000), ulid.suffix(story.name))


def catalogue(epoch_ms: int | None = None) -> list[tuple[str, str, str]]:
    """(request_id, title, story group) of every story. No epoch means now; ids of any epoch work."""
    now = round(time.time() * 1000) if epoch_ms is None else epoch_ms
    return [(id_of(story, now), story.title, story.group) for story in STORIES]


_FIXED = {story.fixed_id: story for story in STORIES if story.fixed_id}
_BY_TAIL = {ulid.suffix(story.name): story for story in STORIES}


def find(request_id: str) -> Story | None:
    """The story of an id, whatever the time in it."""
    if request_id in _FIXED:
        return _FIXED[request_id]
    return None if ulid.made_at(request_id) is None else _BY_TAIL.get(request_id[12:])
