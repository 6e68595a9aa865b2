"""The help page: what the words mean, which keys there are, and the five jobs that people come with."""

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

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
