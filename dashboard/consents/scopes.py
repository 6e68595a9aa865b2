"""Scopes: which are asked for, and what was granted, in words."""

from collections.abc import Iterable

ASKED = (
    *("openid", "gateway:access", "models:read", "providers:read", "pricing:read", "activity:read"),
    *("analytics:read", "generations:read"),
)
FEEDBACK = ("feedback:write", "feedback:read")
WORDS = {
    "gateway:access": "send replays",
    "generations:read": "read stored requests",
    "activity:read": "browse the log",
    "pricing:read": "read prices",
    "models:read": "list models",
    "feedback:write": "send feedback",
}


def wanted(listed: str) -> tuple[str, ...]:
    """What to ask for through a registered client; `listed` are the scopes it has, "" for the usual ones."""
    words = listed.replace(",", " ").split()
    if not words:
        return ASKED
    return tuple(
        scope for scope in (*ASKED, *FEEDBACK) if scope in words or scope in ("openid", "gateway:access")
    )


def missing(asked: Iterable[str], granted: Iterable[str]) -> list[str]:
    """What was asked for and not granted, in words where there are any."""
    held = set(granted)
    return [WORDS.get(scope, scope) for scope in asked if scope not in held]


def asked_for(scopes: Iterable[str]) -> str:
    """What Retake asks to be allowed to do: "send replays, read stored requests"."""
    held = set(scopes)
    return ", ".join(words for scope, words in WORDS.items() if scope in held)


def in_words(granted: Iterable[str]) -> str:
    """What a key may do, in a sentence: "Can send replays, read stored requests; cannot send feedback."."""
    may, lacking = asked_for(granted), asked_for(WORDS.keys() - set(granted))
    text = "; ".join([*([f"can {may}"] if may else []), *([f"cannot {lacking}"] if lacking else [])])
    return f"{text[:1].upper()}{text[1:]}."
