"""How similar an answer is to the original's is kept in the replay's row, by the clock."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.models import Team, User
from generations.compare import similarity
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.reading.diff import likeness, passages
from generations.records import retention
from tests.support import people, rows

pytestmark = pytest.mark.django_db


def wire(text: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


@pytest.fixture
def chat(team: Team, ada: User) -> Generation:
    log = {"status": "stored", "payload": {"gateway_response": json.loads(wire("Hello there friend"))}}
    return rows.generation(team, ada, people.connection(team), io_log=log)


def ended(of: Generation, ada: User, text: str | None) -> Replay:
    state = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "content_type": "application/json"}
    made = rows.replay(of, ada, **state)
    if text is not None:
        rows.answer(made, wire(text))
    return made


def test_replays_are_compared_once_and_never_again_after_their_content_went(
    chat: Generation, ada: User, settings: Any
) -> None:
    settings.BODY_RETENTION_DAYS = 30
    texts = ("Hello there friend", "Hello there enemy", "", None)
    made = [ended(chat, ada, text) for text in texts]
    rows.replay(chat, ada, state=State.RUNNING)
    assert (similarity.tick(), similarity.tick()) == (4, 0)
    found = [Replay.objects.get(pk=row.pk).similarity for row in made]
    assert (found[0], found[2], found[3]) == (100, similarity.NOTHING, similarity.NOTHING)
    assert 50 < (found[1] or 0) < 100
    Replay.objects.filter(pk=made[0].pk).update(similarity=None)
    retention.expire(timezone.now() + timedelta(days=400))
    similarity.tick()
    assert not Replay.objects.filter(similarity__gte=0).exists()


@pytest.mark.parametrize(
    ("before", "after", "percent"),
    [
        ("a b", "a b", 100),
        ("x" * 999 + " a", "x" * 999 + " b", 99),
        ("", "a", -1),
        ("a", "b", 0),
        ("x" * 999 + " a", "y" * 999 + " a", 1),
        ("a" * 150_000, "b" * 60_000, -1),
    ],
)
def test_a_percentage_says_all_or_nothing_only_where_it_is_so(before: str, after: str, percent: int) -> None:
    assert similarity.similarity(before, after) == percent


@given(st.lists(st.tuples(st.sampled_from("gsn"), st.text("ab .", max_size=40)), max_size=8))
@example([("s", "x" * 9999), ("n", "y")])
@example([("s", " a"), ("n", "y" * 999), ("g", "x" * 999)])
def test_lists_and_pages_say_the_same_of_any_two_answers(parts: list[tuple[str, str]]) -> None:
    """What is kept for the lists is what the comparison says of the same two texts, in its words."""
    before, after = ("".join(text for kind, text in parts if kind != other) for other in "ng")
    kept = similarity.similarity(before, after)
    page = passages.passage("Text", before, after)
    assert kept == similarity.NOTHING or likeness.of_percent(kept) == page.likeness
    shared = any(piece.kind == "same" for piece in page.pieces)
    assert (page.percent == 100, page.percent == 0) == (before == after, before != after and not shared)


def test_one_place_writes_similarities() -> None:
    """No template or module but `likeness.py` puts a percentage before the word."""
    files = [*Path("generations").rglob("*.py"), *Path("templates").rglob("*.html")]
    writers = [str(path) for path in files if re.search(r"%\s+(similar|alike|the same)\b", path.read_text())]
    assert writers == ["generations/reading/diff/likeness.py"]
