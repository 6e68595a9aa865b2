"""Keys and tokens in text that people paste: what is replaced before it is stored.

Every pattern is linear: it begins where a token begins and takes each character once.
"""

import re
from collections.abc import Iterable

REMOVED = "[credential removed]"
SHORTEST = 8  # characters of a secret that is looked for by its value

_BEGINS = r"(?<![A-Za-z0-9_-])"
_TOKENS = (
    r"(?:phaseo|aistats)_v1_[a-z]{1,4}_[A-Za-z0-9_-]{8,}",
    r"(?:sk|rk|pk|gsk|xai|hf|pplx|nvapi|npm|dapi|lsv2|whsec)[-_][A-Za-z0-9_-]{16,}",
    r"AIza[A-Za-z0-9_-]{30,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"gh[pousr]_[A-Za-z0-9]{30,}",
    r"github_pat_[A-Za-z0-9_]{30,}",
    r"glpat-[A-Za-z0-9_-]{16,}",
    r"xox[abeprs]-[A-Za-z0-9-]{10,}",
    r"ya29\.[A-Za-z0-9_-]{20,}",
    r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]+)?",
)
TOKEN = re.compile(_BEGINS + "(?:" + "|".join(_TOKENS) + ")")
"""Tokens that are known by their form."""

BEARER = re.compile(r"(?i)(?<![a-z0-9])(bearer|basic)([ \t]{1,8})[a-z0-9._~+/=-]{12,}")
"""The value of an Authorization header."""

NAMED = re.compile(
    r"(?i)(?<![a-z0-9])(x-api-key|api[-_]?key|authorization|access[-_]?token|refresh[-_]?token|client[-_]?secret|"
    r"secret[-_]?access[-_]?key|password|passwd)"
    r"(\\{0,2}[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,2}[\"']?)"
    r"(?![a-z]{1,8}[ \t])(?=[^\s\"'\\,;]{0,200}[a-z])[^\s\"'\\,;]{8,}"
)
"""A secret with its name in front of it."""

PRIVATE = re.compile(
    r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,24}PRIVATE KEY-----)?"
)
"""A private key in PEM form."""


def without(text: str, secrets: Iterable[str] = ()) -> tuple[str, int]:
    """The text without credentials, and how many were replaced. `secrets` are replaced wherever they stand."""
    count = 0
    for secret in secrets:
        if len(secret) >= SHORTEST and secret in text:
            count += text.count(secret)
            text = text.replace(secret, REMOVED)
    for pattern, shown in (
        (PRIVATE, REMOVED),
        (BEARER, rf"\1\2{REMOVED}"),
        (TOKEN, REMOVED),
        (NAMED, rf"\1\2{REMOVED}"),
    ):
        text, found = pattern.subn(shown, text)
        count += found
    return text, count
