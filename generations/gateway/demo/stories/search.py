"""Which stored record a request repeats."""

from functools import cache

from generations.gateway.demo.replies.answers import digest, prompt_of
from generations.gateway.demo.sanitiser import sanitise
from generations.gateway.demo.shapes import Json, Story
from generations.gateway.demo.stories import STORIES


@cache
def _index() -> dict[str, Story]:
    known: dict[str, Story] = {}
    for story in STORIES:
        if story.raw is not None:
            continue
        body = story.make_body()
        prompt = prompt_of(body)
        for seen in (prompt, sanitise(prompt)):
            known.setdefault(digest(seen), story)
            known[digest(story.endpoint, body.get("model"), seen)] = story
    return known


def stored_story(endpoint: str, body: Json) -> Story | None:
    """The story whose stored request this is: the prompt counts, model and parameters do not."""
    prompt = prompt_of(body)
    if prompt is None:
        return None
    known = _index()
    return known.get(digest(endpoint, body.get("model"), prompt)) or known.get(digest(prompt))
