"""The help page (words, keys, the five jobs that people come with), and the operator's guide, to which *Health* links."""

import re
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt

from dashboard.access import SignedInRequest, for_person
from generations.reading.glossary import TERMS


class Job(NamedTuple):
    """What somebody comes with, what to do, and the picture of it (in docs/screens)."""

    who: str
    steps: tuple[str, ...]
    picture: str
    shown: str


JOBS = (
    Job(
        "A customer sends an ID: what happened, and whom do I tell?",
        (
            "Paste the ID, the log line or the whole ticket into the box at the top (press / to get there).",
            "Read the card: what happened, whose fault it is, what to do, whether a replay can help.",
            "Copy for support gives a short text for the ticket; Copy link (y) gives the page.",
        ),
        "failed",
        "A failed generation with its explanation",
    ),
    Job(
        "My request failed: does it fail again?",
        (
            "Open the generation and press r, then Run replay: the request is sent exactly as stored.",
            "The answer streams in next to the original. Stop closes the connection.",
            "Reproduced means: the same failure again. Copy as cURL (c) takes the request to your terminal.",
        ),
        "replay",
        "A replay next to its original",
    ),
    Job(
        "The answer is bad: what would another model or prompt say?",
        (
            "Press r and change the model, the temperature, a message or the provider; Preview changes shows each change.",
            "Every replay stays under its original. Compare puts any two next to each other, word by word.",
        ),
        "changed",
        "A replay with a change, compared word by word",
    ),
    Job(
        "Many failed, or it costs too much: run them again, within a limit",
        (
            "Filter the list or the log, select, and replay: the plan says first what it may cost.",
            "The batch shows verdicts, spread and distinct outputs; CSV takes it along. Limits apply to everybody.",
        ),
        "batch",
        "A batch with its progress and its spread",
    ),
    Job(
        "Where was that one?",
        (
            "Ctrl-K (Cmd-K on a Mac) opens the palette: pages, saved filters, what was opened last, actions of the page.",
            "j and k go to the next and previous one of the list or batch that you came from.",
        ),
        "generation",
        "A generation with its way back to the list",
    ),
)


@for_person
@require_GET
def help_page(request: SignedInRequest) -> HttpResponse:
    """Words, keys and jobs."""
    return render(request, "generations/help/help.html", {"terms": TERMS, "jobs": JOBS})


@for_person
@require_GET
def operating(request: SignedInRequest) -> HttpResponse:
    """The operator's guide of this version, with an anchor for each heading."""
    return render(request, "generations/help/operating.html", {"guide": _guide()})


FILE_LINK = re.compile(r"\[([^\]\n]{1,200})\]\((?!https?:)[^)\n]{1,200}\)")
"""A link to another file of the repository, which no page of ours shows."""


@cache
def _guide() -> SafeString:
    text = (settings.BASE_DIR / "docs" / "operating.md").read_text().partition("\n")[2]
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(FILE_LINK.sub(r"\1", text))
    for opened, words in pairwise(tokens):
        if opened.type == "heading_open":
            opened.attrSet("id", slugify(words.content))
    return SafeString(reader.renderer.render(tokens, reader.options, {}))
