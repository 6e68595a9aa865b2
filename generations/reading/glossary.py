"""The words of Retake, explained once: the help page lists them, and pages link to them."""

from typing import NamedTuple


class Term(NamedTuple):
    """A word and what it means. `slug` is its anchor on the help page."""

    slug: str
    word: str
    meaning: str


TERMS = (
    Term(
        "generation",
        "Generation",
        "One request that went through the gateway, with its answer. It is found by its request ID, which the "
        "response and its headers carry.",
    ),
    Term(
        "lookup",
        "Lookup",
        "Asking for a generation by its ID. Retake asks the gateway once and keeps the record, so that it stays when the "
        "gateway has deleted its own.",
    ),
    Term(
        "replay",
        "Replay",
        "One rerun of a stored request. It is a new request at the gateway: it costs money, and has a "
        "generation of its own.",
    ),
    Term(
        "exact",
        "Exactly as stored",
        "The stored request is sent byte for byte, nothing added and nothing left out. Prices, routing and presets are "
        "those of today, so the answer may differ.",
    ),
    Term(
        "patch",
        "Changes",
        "What an edited replay changes in the stored request: every change is one line, shown before anything is sent.",
    ),
    Term(
        "reproduced",
        "Reproduced",
        "The original failed, and the replay failed with the same status and the same error. For support that is a "
        "success: the failure can be shown.",
    ),
    Term(
        "interrupted",
        "Interrupted",
        "Nobody knows how it ended: the worker was lost after the request was sent. The gateway may have charged. "
        "Nothing is sent a second time.",
    ),
    Term(
        "batch",
        "Batch",
        "Replays that were planned and started together: one request several times, with several models, or many requests.",
    ),
    Term(
        "similarity",
        "Similarity",
        "How much of two answers is the same and in the same order, in percent of their characters, rounded down. Lists, "
        "and the grid of a batch of several generations, compare an answer with its original's. A batch of one generation "
        "compares the first 2,000 characters of its outputs, and calls those the same that differ in white space or JSON "
        "formatting only.",
    ),
    Term(
        "first-token",
        "Time to first token",
        "From sending the request to the first piece of the answer. Only streamed answers have one.",
    ),
    Term(
        "pricing-line",
        "Pricing line",
        "One line of a cost: a quantity, its unit price, and their product. Retake adds the lines and says when the sum "
        "is not the recorded cost.",
    ),
    Term(
        "p95",
        "Median and p95",
        "Half of the values are at most the median; 95 of 100 are at most the p95. They are left out where too few "
        "are known.",
    ),
    Term(
        "connection",
        "Gateway connection",
        "The address of a gateway with the keys that a team uses there. Keys are encrypted, and sent to that address only.",
    ),
    Term(
        "forget",
        "Forget",
        "A generation goes with its replays and all that was made from it. It is hidden at once, can be brought back for "
        "ten seconds, and is then deleted.",
    ),
)
WORDS = {term.slug: term.word for term in TERMS}
