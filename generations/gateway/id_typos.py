"""IDs that people or programs typed in another way than the gateway writes them.

Crockford's base32, which ULIDs are written in, has no I, L, O and U: it reads I and L as 1, O as 0.
"""

import re
import unicodedata
from urllib.parse import unquote

DASHES = "\u00ad\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
NO_WIDTH = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_TYPED = str.maketrans({**dict.fromkeys(DASHES, "-"), **dict.fromkeys(NO_WIDTH, "")})
_ALIKE = str.maketrans("ILO", "110")
_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}", re.A)
_LOOSE = re.compile(r"(?P<lead>G[-_.:]?)?(?P<ulid>[0-9A-Za-z]{26})", re.I | re.A)
_NEARLY = re.compile(r"G-(?:[A-Za-z0-9]{1,32}-)?([0-9A-Za-z]{16,40})", re.I | re.A)
LENGTH = 26
MAX_LENGTH = 256


def possible(text: str) -> bool:
    """Whether the text may be a request ID: up to 256 characters, no white space, nothing that controls a terminal."""
    shown = (
        text
        if text.isprintable()
        else "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    )
    return 0 < len(text) <= MAX_LENGTH and shown.isprintable() and not any(map(str.isspace, text))


def typed(text: str) -> str:
    """The text with plain hyphens for its dashes, %-escapes read (at most twice), and nothing that has no width."""
    for _ in range(2):
        text = unquote(text) if "%" in text else text
    return text.translate(_TYPED)


def normalized(found: str) -> tuple[str, str] | None:
    """An ID as the gateway writes it, and what was changed in it; None for everything else."""
    match = _LOOSE.fullmatch("".join(typed(found).split()))
    if not match:
        return None
    lead, written = match["lead"] or "", match["ulid"].upper()
    ulid = written.translate(_ALIKE) if lead else written
    if not _ULID.fullmatch(ulid):
        return None
    changes = [f"{letter} read as {ulid[written.index(letter)]}" for letter in "ILO" if letter in written]
    changes += {"G-": [], "": ["G- added"], "G": ["hyphen added"]}.get(lead.upper(), [f"{lead} read as G-"])
    changes += ["spaces removed"] if found != "".join(found.split()) else []
    return f"G-{ulid}", ", ".join(changes)


def hint(found: str) -> str:
    """What is wrong with an ID that is nearly one of the gateway's, "" for all others."""
    match = _NEARLY.fullmatch(found)
    if not match:
        return ""
    written = match[1].upper()
    if (over := len(written) - LENGTH) > 0:
        many = "one is too many" if over == 1 else f"{over} are too many"
        return f"It has {len(written)} characters after G- instead of {LENGTH}: {many}."
    if over:
        few = "one is missing" if over == -1 else f"{-over} are missing"
        return f"It has {len(written)} of {LENGTH} characters after G-: {few}."
    if odd := [letter for letter in "ILOU" if letter in written]:
        return f"IDs never contain {' or '.join(odd)}: it was misread or mistyped."
    return "" if _ULID.fullmatch(written) else "After G-, an ID starts with a digit from 0 to 7."
