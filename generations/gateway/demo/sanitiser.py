"""The lossy serialiser that every JSON answer of the GET side passes.

contract §6.4 and §0.2: a string with a line feed and then a line that starts with the word "at" and any white space,
or with `Error:` and any white space or text behind it, becomes `[redacted]` as a whole; keys that name a stack are
dropped; circular references become `[Circular]`. Any letter case. A lone carriage return begins no line.
"""

import re
from typing import Any

REDACTED = "[redacted]"
CIRCULAR = "[Circular]"
# Looked for only where white space begins: a run of it is read once.
_TRACE = re.compile(r"(?<!\s)[^\S\n]*+\n\s*+at\s|error:[\s\S]", re.IGNORECASE)
_STACK_KEYS = frozenset({"stack", "stacktrace"})


def clean_text(text: str) -> str:
    """The text itself, or `[redacted]`."""
    return REDACTED if _TRACE.search(text) else text


def _is_stack(key: str) -> bool:
    return key.lower().replace("-", "").replace("_", "") in _STACK_KEYS


def sanitise(value: Any, _above: tuple[int, ...] = ()) -> Any:
    """A copy of a JSON value with everything that looks like a stack trace taken out."""
    if isinstance(value, str):
        return clean_text(value)
    if not isinstance(value, dict | list):
        return value
    if id(value) in _above:
        return CIRCULAR
    above = (*_above, id(value))
    if isinstance(value, list):
        return [sanitise(item, above) for item in value]
    return {key: sanitise(item, above) for key, item in value.items() if not _is_stack(key)}
