"""Request IDs: finding one in pasted text, and the time that it tells.

Contract: an ID is `G-` and a 26-character Crockford base32 ULID, with an optional shard (`G-<shard>-<ULID>`); realtime
rows are `realtime:<session id>`; documents also show other forms, so anything of up to 256 characters without white
space may be one. The first ten ULID characters are the milliseconds since 1970.
"""

import re
from datetime import UTC, datetime

MAX_LENGTH = 256
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GATEWAY_ID = re.compile(
    r"(?<![A-Za-z0-9])G-(?:[A-Za-z0-9]{1,32}-)?[0-7][0-9A-HJKMNP-TV-Z]{25}(?![A-Za-z0-9])", re.I
)
REALTIME_ID = re.compile(r"(?<![A-Za-z0-9])realtime:[A-Za-z0-9._-]{1,200}")
NAMED_ID = re.compile(
    r"""(?:request|generation)[_-]?id["'`]?\s*[:=]\s*["'`]?([^\s"'`,;&{}\[\]()<>]{1,256})""", re.IGNORECASE
)
WRAPPING = " \t\r\n\v\f\u00a0\u200b\ufeff\"'`“”‘’«»<>()[]{},;"


def find_id(text: str) -> str | None:
    """The request ID in pasted `text`, or None.

    Takes an ID with white space, quotes or backticks around it, `request_id=...`, or a line of JSON or of a log.
    """
    if match := GATEWAY_ID.search(text):
        return match[0].upper() if match[0].count("-") == 1 else match[0]
    if match := REALTIME_ID.search(text):
        return match[0]
    if match := NAMED_ID.search(text):
        return match[1]
    bare = text.strip(WRAPPING)
    if (
        not bare
        or len(bare) > MAX_LENGTH
        or any(letter.isspace() or not letter.isprintable() for letter in bare)
    ):
        return None
    return bare


def made_at(request_id: str) -> datetime | None:
    """When the gateway made this ID (UTC, whole ms), or None when it carries no ULID."""
    if not GATEWAY_ID.fullmatch(request_id):
        return None
    milliseconds = 0
    for letter in request_id.upper()[-26:-16]:
        milliseconds = milliseconds * 32 + ALPHABET.index(letter)
    return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
