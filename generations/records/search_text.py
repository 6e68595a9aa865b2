"""What free text finds of a generation: the first words of its prompt and answer."""

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.utils.html import strip_tags

from generations.models import FirstWords, Generation
from generations.reading.page_types.conversation import Side
from generations.reading.page_types.outline import Outline

WORDS_KEPT = 4000  # characters of each side


def first_words(sketch: Outline) -> str:
    """The beginning of prompt and answer, as far as the outline shows them."""
    return f"{_said(sketch.request)}\n{_said(sketch.answer)}"


def _said(side: Side) -> str:
    parts = [part for turn in side.turns for part in turn.parts]
    return " ".join(part.head or _plain(part.html) for part in parts)[:WORDS_KEPT]


def _plain(html: str) -> str:
    return strip_tags(html[: 2 * WORDS_KEPT])


def remember_words(row: Generation, sketch: Outline) -> None:
    """Let free text find `row`."""
    vector = SearchVector(Value(first_words(sketch)), config="simple")
    FirstWords.objects.bulk_create(
        [FirstWords(generation=row, vector=vector)],
        update_conflicts=True,
        unique_fields=["generation"],
        update_fields=["vector"],
    )
