"""What texts are compared by: words, and characters as people see them where a script writes no blanks.

A character is what Unicode calls a grapheme cluster, as far as texts of models need it: a letter with its marks, a
whole emoji with skin tone and joined signs, a flag. (UAX #29, without its rules for Hangul letters and prepends.)
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

Codes = Iterable[tuple[int, int]]


def _class(ranges: Codes, wanted: Callable[[str], bool]) -> str:
    """Those characters between these codes that are wanted, as ranges of a character class."""
    found = [code for start, end in ranges for code in range(start, end) if wanted(chr(code))]
    starts = [code for at, code in enumerate(found) if not at or found[at - 1] != code - 1]
    ends = [code for at, code in enumerate(found) if at + 1 == len(found) or found[at + 1] != code + 1]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


# Parts of Unicode, read when a text needs them: all of it would cost each process a fifth of a second.
_MARK_BLOCKS = [
    *((0x300, 0x3400), (0xA66F, 0xAC00), (0xFB1E, 0xFE30), (0x101FD, 0x10F90), (0x11000, 0x12000)),
    *((0x13430, 0x13460), (0x16100, 0x17000), (0x1BC90, 0x1BCA0), (0x1CF00, 0x1DB00), (0x1E000, 0x1E950)),
    (0xE0100, 0xE01F0),
]
_UNCOMPOSED_BLOCKS = [(0x340, 0x3400), (0xF900, 0xFB50), (0x1D15E, 0x1D1C1), (0x2F800, 0x2FA1E)]


@cache
def marks() -> str:
    """Combining marks, as a class."""
    return _class(_MARK_BLOCKS, lambda char: unicodedata.category(char)[0] == "M")


@cache
def uncomposed() -> str:
    """Characters that the composed form of a text (NFC) writes in another way, as a class."""
    return _class(_UNCOMPOSED_BLOCKS, lambda char: not unicodedata.is_normalized("NFC", char))


BLANKLESS = (
    "\u0e01-\u0e7f\u0e80-\u0eff"  # Thai, Lao
    "\u0f00-\u0fff"  # Tibetan
    "\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff"  # Myanmar
    "\u1780-\u17ff\u19e0-\u19ff"  # Khmer
    "\u1950-\u19df\u1a20-\u1aaf\uaa80-\uaadf"  # Tai Le, New Tai Lue, Tai Tham, Tai Viet
    "\ua980-\ua9df\u1b00-\u1b7f"  # Javanese, Balinese
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\uff66-\uff9f"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00016fe0-\U00018dff\U0001aff0-\U0001b2ff\U00020000-\U0003ffff"  # Han
)
"""Scripts whose words stand without blanks between them."""

_SIGN = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"  # what a joiner joins to an emoji


@cache
def _added() -> str:
    """What belongs to the character before it, as a class."""
    return f"{marks()}\u200c\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"


@cache
def _rest() -> str:
    """A pattern: what a character has after its first code."""
    tail = rf"[{_added()}]*+"
    return rf"{tail}(?:(?<=\u200d)[{_SIGN}]{tail})*+"


@cache
def combined() -> str:
    """A pattern: a character of several codes."""
    return rf"[^\n](?=[{_added()}]){_rest()}"


@cache
def _word() -> "re.Pattern[str]":
    return re.compile(
        rf" ?(?:[^\W{BLANKLESS}]++{_rest()})++|[{BLANKLESS}]{_rest()}"
        rf"| ?[\U0001f1e6-\U0001f1ff]{{2}}{_rest()}| ?[^\w\s]{_rest()}|\s++"
    )


_PLAIN_WORDS = re.compile(r" ?\w++| ?[^\w\s]|\s++")  # the same for ASCII
STOPS = "\n.!?\u3002\uff01\uff1f\uff61\u0964\u17d4\u104b"
_PLAIN_SENTENCES = re.compile(r"[^\n.!?]*+[\n.!?]++\s*+|[^\n.!?]++")


@cache
def _sentence() -> "re.Pattern[str]":
    return re.compile(rf"[^{STOPS}]*+[{STOPS}]++{_rest()}\s*+|[^{STOPS}]++")


@cache
def _addition() -> "re.Pattern[str]":
    return re.compile(rf"[{_added()}]|(?<=\u200d)[{_SIGN}]")


def words(text: str) -> list[str]:
    """Words with the blank before them, signs, white space; characters of scripts without blanks. Joined they are `text`."""
    return (_PLAIN_WORDS if text.isascii() else _word()).findall(text)


def sentences(text: str) -> list[str]:
    """Sentences and lines with the white space behind them. Joined they are `text`."""
    return (_PLAIN_SENTENCES if text.isascii() else _sentence()).findall(text)


def stops(text: str) -> int:
    """How many ends of sentences and lines a text has, about."""
    return sum(text.count(stop) for stop in ("\n.!?" if text.isascii() else STOPS))


def cuts(text: str, at: int) -> bool:
    """Whether a cut at `at` takes a mark from its letter or an emoji apart."""
    return 0 < at < len(text) and not text[at - 1].isspace() and bool(_addition().match(text, at))
