"""The short text for a ticket: what was asked for, what happened, whose fault it is, what to do, and the link."""

from collections.abc import Sequence

from generations.reading.page_types.outline import Verdict

LONGEST = 600  # characters of a line


def summary(facts: Sequence[tuple[str, str]], verdict: Verdict, link: str) -> str:
    """`facts` (label, value), the verdict and the link, each as a line; what is not known has none.

    Nothing of request or answer stands in it but what the verdict quotes of the error.
    """
    happened = " ".join(filter(None, [verdict.title or verdict.word, verdict.story]))
    lines = [
        *facts,
        ("What happened", happened),
        ("Whose fault", verdict.fault),
        ("What to do", verdict.advice),
        ("Replay", verdict.replay),
        ("Link", link),
    ]
    return "\n".join(
        [
            f"{label}: {text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}"
            for label, value in lines
            if (text := " ".join(value.split()))
        ]
    )
