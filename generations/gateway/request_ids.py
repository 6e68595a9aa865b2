"""Request IDs: finding them in pasted text, recognizing the text, and reading an ID's time.

Contract: an ID is `G-` and a 26-character Crockford base32 ULID, with an optional shard (`G-<shard>-<ULID>`); realtime
rows are `realtime:<session id>`; documents also show other forms, so anything of up to 256 characters without white
space may be one. The first ten ULID characters are the milliseconds since 1970.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from generations.gateway.id_typos import MAX_LENGTH, hint, normalized, possible, typed

__all__ = [
    "MAX_LENGTH",
    "MOST_IDS",
    "NUMBERED",
    "Recognized",
    "find_id",
    "hint",
    "is_native",
    "made_at",
    "recognize",
]

LONGEST_TEXT = 2**20  # characters: of a longer text only the beginning is read
MOST_IDS = 50
YEAR_10000 = 253_402_300_800_000  # in ms since 1970
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GATEWAY_ID = re.compile(
    r"(?<![A-Za-z0-9])G-(?:[A-Za-z0-9]{1,32}-)?[0-7][0-9A-HJKMNP-TV-Z]{25}(?![A-Za-z0-9])", re.I | re.A
)
UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I | re.A)
REALTIME_ID = re.compile(r"(?<![A-Za-z0-9])realtime:[A-Za-z0-9._:-]{1,240}+(?![A-Za-z0-9._:-])")
NAMED_ID = re.compile(
    r"""(?:request|generation)[_-]?id["'`]?\s*+[:=]\s*+["'`]?+([^\s"'`,;&{}\[\]()<>]{1,256}+)(?![^\s"'`,;&{}\[\]()<>])""",
    re.IGNORECASE,
)
BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
WRAPPING = " \t\r\n\v\f\u00a0\u200b\ufeff\"'`“”‘’«»<>()[]{},;"


def find_id(text: str) -> str | None:
    """The request ID in pasted `text`, or None.

    Takes an ID with white space, quotes or backticks around it, `request_id=...`, or a line of JSON or of a log.
    """
    text = text[:LONGEST_TEXT]
    if match := GATEWAY_ID.search(text):
        return match[0].upper() if match[0].count("-") == 1 else match[0]
    if match := REALTIME_ID.search(text):
        return _tidy(match[0])
    if match := NAMED_ID.search(text):
        return match[1]
    bare = _unwrapped(text)
    return bare if possible(bare) else None


def _unwrapped(text: str) -> str:
    """The text without its wrapping; a closing bracket stays where its opening one does."""
    bare = text.strip(WRAPPING)
    rest = text[text.find(bare) + len(bare) :]
    if rest and rest[0] in BRACKETS and bare.count(BRACKETS[rest[0]]) > bare.count(rest[0]):
        return bare + rest[0]
    return bare


def made_at(request_id: str) -> datetime | None:
    """When the gateway made this ID (UTC, whole ms), or None when it carries no ULID of our millennia."""
    if not GATEWAY_ID.fullmatch(request_id):
        return None
    milliseconds = 0
    for letter in request_id.upper()[-26:-16]:
        milliseconds = milliseconds * 32 + ALPHABET.index(letter)
    if milliseconds >= YEAR_10000:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)


# -- anything that was pasted ----------------------------------------------------------------------------------

Kind = Literal["nothing", "id", "native", "link", "replay", "sse", "headers", "error", "json", "log", "list"]
WORDS: dict[Kind, str] = {
    "nothing": "nothing",
    "id": "a request ID",
    "native": "a provider's response ID",
    "link": "a link",
    "replay": "a link to a replay",
    "sse": "an SSE frame",
    "headers": "a block of response headers",
    "error": "an error body",
    "json": "JSON",
    "log": "a log line",
    "list": "several IDs",
}
NATIVE_ID = re.compile(r"(?<![A-Za-z0-9_-])(?:chatcmpl-|resp_|msg_)[A-Za-z0-9_-]{4,247}+(?![A-Za-z0-9_-])")
# One item of a pasted list: a word, a separator, and a digit somewhere. A time or a number is none.
LISTED_ID = re.compile(r"(?=\D*\d)[A-Za-z][A-Za-z0-9]*[-_:][A-Za-z0-9._:-]{3,250}")
NO_IDS = ("unknown", "null", "none", "undefined", "")
FIELD = re.compile(r"(?:event|id|retry):")
DATA = re.compile(r"(?:\A|(?<=\s))data:")
EVENT = re.compile(r"event: ?\S++\s")
STATUS_LINE = re.compile(r"[<>* ]*+HTTP/\d")
HEADER_NAME = re.compile(r"[<> ]*+[A-Za-z][A-Za-z0-9]*+(?:-[A-Za-z0-9]++)++")
LINK = re.compile(r"https?://\S+", re.I)
RETAKE_PATH = re.compile(r"(?:/t/(?P<team>[-\w]+))?/(?P<part>g|r)/(?P<name>[^/]+)")
STOPS = ".,:;!?)'\"”»…"
NUMBERED = re.compile("~[0-9]{1,18}")  # a row of Retake
OWN_ID = re.compile(f"{GATEWAY_ID.pattern}|{REALTIME_ID.pattern}", re.I | re.A)
ALMOST_ID = re.compile(
    r"(?<![A-Za-z0-9])G-(?:[A-Za-z0-9]{1,32}-)?[0-9A-Za-z]{20,32}(?![A-Za-z0-9-])", re.I | re.A
)
LONGEST_SPACED = 200  # characters of an ID with blanks or line breaks in it
ID_NAMES = ("id", "request_id", "requestId", "request", "generation_id", "generation")


@dataclass(frozen=True, slots=True)
class Recognized:
    """What pasted text is and the IDs in it: in order, each once, at most `MOST_IDS`; `left_out` counts the rest.

    `team` is the slug in a link of Retake. The ID of kind "replay" names a replay, those for which `is_native` is true
    are the provider's, `~` and digits is a row of Retake; all others are request IDs. `note` is what was changed in
    an ID that was `pasted` in a form that the gateway does not write.
    """

    kind: Kind
    ids: tuple[str, ...] = ()
    team: str = ""
    left_out: int = 0
    note: str = ""
    pasted: str = ""

    @property
    def words(self) -> str:
        """`an SSE frame`, for "Recognized ..."."""
        return WORDS[self.kind]


def is_native(text: str) -> bool:
    """Whether `text` is shaped like a provider's response ID, which the gateway cannot be asked for.

    Source: the providers' own formats: chat completions, responses, messages.
    """
    return NATIVE_ID.fullmatch(text) is not None


def recognize(text: str, most: int = MOST_IDS) -> Recognized:
    """What pasted `text` is, read as far as `LONGEST_TEXT`. Never raises.

    Line breaks may have become spaces (browsers do that).
    """
    text = text[:LONGEST_TEXT]
    bare = text.strip(WRAPPING)
    if GATEWAY_ID.fullmatch(bare):  # as nearly always
        return Recognized("id", (_tidy(bare),))
    if LINK.fullmatch(bare):
        return _link(bare)
    found = _listed(text) or _inside(text)
    if len(found) > 1:
        return Recognized("list", tuple(found[:most]), left_out=max(0, len(found) - most))
    if found:
        return _normalized(_kind(text, found[0]), found[0])
    if spaced := len(bare) <= LONGEST_SPACED and normalized(bare):
        return Recognized("id", (spaced[0],), note=spaced[1], pasted=bare)
    alone = None if text.lstrip().startswith(("{", "[")) else find_id(text)
    if alone and alone.lower() not in NO_IDS:
        return Recognized("id", (alone,))
    almost = ALMOST_ID.search(typed(text))
    return _normalized("log", almost[0]) if almost else Recognized("nothing")


def _normalized(kind: Kind, found: str) -> Recognized:
    """One ID, as the gateway writes it where it was typed in another way."""
    if GATEWAY_ID.fullmatch(found) or not (better := normalized(found)):
        return Recognized(kind, (found,))
    return Recognized(kind, (better[0],), note=better[1], pasted=found)


def _kind(text: str, found: str) -> Kind:
    start = text.lstrip()
    bare = {item.strip(WRAPPING + STOPS).casefold() for item in (text, typed(text))}
    if found.casefold() in bare:
        return "native" if is_native(found) else "id"
    if _is_frame(start):
        return "sse"
    if _is_headers(start):
        return "headers"
    if start.startswith(("{", "[")):
        return "error" if re.search(r"""["'](?:error|error_type|error_code)["']\s*+:""", start) else "json"
    return "log"


def _is_frame(start: str) -> bool:
    """Whether the text begins with fields of an event stream that lead to `data:`, or with a named event."""
    if EVENT.match(start):
        return True
    for line in map(str.strip, start.split("\n")):
        if line and not FIELD.match(line):
            return line.startswith("data:")
        if DATA.search(line):
            return True
    return False


def _is_headers(start: str) -> bool:
    """Whether the text begins with a status line, or with two response headers (`x-name: value`)."""
    if STATUS_LINE.match(start):
        return True
    name, _, rest = start.partition(":")
    between, colon, value = rest.partition(":")
    words = between.rsplit(None, 1)
    return (
        bool(colon)
        and HEADER_NAME.fullmatch(name) is not None
        and len(words) == 2
        and "\n" not in words[0].strip()
        and HEADER_NAME.fullmatch(words[1]) is not None
        and any(map(str.isspace, value.partition(":")[0]))
    )


def _listed(text: str) -> list[str]:
    """The items of a list that holds nothing but IDs; empty for any other text."""
    tokens = [token.strip(WRAPPING) for token in re.split(r"[\s,;]+", text)]
    tokens = [(normalized(token) or [token])[0] for token in tokens if token]
    if len(tokens) < 2 or not all(LISTED_ID.fullmatch(token) for token in tokens):
        return []
    return _once(tokens)


def _inside(text: str) -> list[str]:
    """The IDs inside any text: the gateway's own shape wins, then what is named as one, then the providers'."""
    own = OWN_ID.findall(text) or OWN_ID.findall(typed(text))
    named = [] if own else [match[1] for match in NAMED_ID.finditer(text)]
    named = [name for name in named if name.lower() not in NO_IDS]
    return _once(own or named or NATIVE_ID.findall(text))


def _once(found: list[str]) -> list[str]:
    return list(dict.fromkeys(_tidy(item) for item in found))


def _tidy(found: str) -> str:
    """The gateway writes its IDs in capitals; a shard is left as it is. No ID ends in the stop of a sentence."""
    if REALTIME_ID.fullmatch(found):
        return found.rstrip(".:")
    return found.upper() if GATEWAY_ID.fullmatch(found) and found.count("-") == 1 else found


def _named(part: str) -> str:
    """The ID in the path of a link of Retake, without the stop of a sentence that the link ended."""
    name = unquote(part).replace("\0", "")
    own = typed(name).rstrip(STOPS).removesuffix(".json")
    return _tidy(own if NUMBERED.fullmatch(own) or OWN_ID.fullmatch(own) else name.removesuffix(".json"))[
        :MAX_LENGTH
    ]


def _link(link: str) -> Recognized:
    """The ID in a link of Retake, or in any other link that carries one in its path or its parameters."""
    try:
        address = urlsplit(link)
    except ValueError:
        return Recognized("nothing")
    at = RETAKE_PATH.search(address.path)
    team = (at["team"] or "") if at else ""
    if at and at["part"] == "r" and UUID.fullmatch(at["name"].rstrip(STOPS)):
        return Recognized("replay", (at["name"].rstrip(STOPS).lower(),), team)
    if at and at["part"] == "g" and (name := _named(at["name"])):
        return Recognized("link", (name,), team)
    given = parse_qs(address.query)
    if found := _inside(unquote(link)) or [given[name][0] for name in ID_NAMES if name in given]:
        return Recognized("link", (_tidy(found[0].strip()[:MAX_LENGTH]),), team)
    return Recognized("nothing")
