"""Marks for what nobody sees in a text, so that two texts that look the same can be distinguished."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from html import escape

from generations.reading.diff import diff_units
from generations.reading.figures import formatting

_NAMES = {
    "\t": ("TAB", "tab"),
    "\n": ("LF", "line break"),
    "\r": ("CR", "carriage return"),
    "\u0085": ("NEL", "next line"),
    "\u00a0": ("NBSP", "no-break space"),
    "\u00ad": ("SHY", "soft hyphen"),
    "\u034f": ("CGJ", "combining grapheme joiner"),
    "\u061c": ("ALM", "Arabic letter mark"),
    "\u180e": ("MVS", "Mongolian vowel separator"),
    "\u200b": ("ZWSP", "zero width space"),
    "\u200c": ("ZWNJ", "zero width non-joiner"),
    "\u200d": ("ZWJ", "zero width joiner"),
    "\u200e": ("LRM", "left-to-right mark"),
    "\u200f": ("RLM", "right-to-left mark"),
    "\u2028": ("LS", "line separator"),
    "\u2029": ("PS", "paragraph separator"),
    "\u202a": ("LRE", "left-to-right embedding"),
    "\u202b": ("RLE", "right-to-left embedding"),
    "\u202c": ("PDF", "pop directional formatting"),
    "\u202d": ("LRO", "left-to-right override"),
    "\u202e": ("RLO", "right-to-left override"),
    "\u202f": ("NNBSP", "narrow no-break space"),
    "\u2060": ("WJ", "word joiner"),
    "\u2066": ("LRI", "left-to-right isolate"),
    "\u2067": ("RLI", "right-to-left isolate"),
    "\u2068": ("FSI", "first strong isolate"),
    "\u2069": ("PDI", "pop directional isolate"),
    "\u3000": ("IDSP", "ideographic space"),
    "\ufe0e": ("VS15", "variation selector 15: as text"),
    "\ufe0f": ("VS16", "variation selector 16: as emoji"),
    "\ufeff": ("BOM", "zero width no-break space"),
}
_FILLERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
BIDI = "\u202a-\u202e\u2066-\u2069"
"""Characters that turn the order of what follows them around."""
HIDDEN = (
    "\t\r\u0085\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    f"\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff\ufff9-\ufffb{_FILLERS}\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""White space that is no blank or line break, and what has no picture (Unicode's format characters), as a class."""

_LATIN = str.maketrans(
    "аеорсухѕіјԁһӏԛԝАВЕКМНОРСТУХЅІЈ\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
    "aeopcyxsijdhlqwABEKMHOPCTYXSIJABEZHIKMNOPTYXo",
)
"""Cyrillic and Greek letters that look like a Latin one."""
_ALIKE = "".join(map(chr, _LATIN))
_AMONG_LATIN = re.compile(rf"[{_ALIKE}]{{1,40}}+(?=[A-Za-z])|(?<=[A-Za-z])[{_ALIKE}]{{1,40}}+")

_HIDDEN = re.compile(rf"[{HIDDEN}]")
_ORDER = re.compile(rf"[{BIDI}]")
_BLANKS = re.compile(r" {2,}+| ++(?=\n|\Z)|(?<!\n)\n++\Z")


@cache
def _odd() -> "re.Pattern[str]":
    return re.compile(rf"{diff_units.combined()}|[{HIDDEN}{diff_units.uncomposed()}]")


@cache
def _to_mark() -> "re.Pattern[str]":
    return re.compile(rf"(?P<blanks>{_BLANKS.pattern})|{_odd().pattern}|{_AMONG_LATIN.pattern}")


# -- one text --------------------------------------------------------------------------------------------------


def marked(text: str) -> str:
    """A changed text as HTML: next to what nobody sees stands a mark that says what it is.

    Characters that turn the order of text around are replaced by their marks.
    """
    return _filled(text, _to_mark()) if text.strip(" \n") else _blanks(text)


def with_order_marks(text: str) -> str:
    """An unchanged text as HTML, with marks in place of the characters that turn its order around."""
    return _filled(text, _ORDER)


def _filled(text: str, pattern: "re.Pattern[str]") -> str:
    """The text, escaped, with marks where the pattern finds something."""
    made, at = list[str](), 0
    for found in pattern.finditer(text):
        blanks = found[0].strip(" \n") == ""
        made += [escape(text[at : found.start()]), _blanks(found[0]) if blanks else _character(found[0])]
        at = found.end()
    return "".join([*made, escape(text[at:])])


def _blanks(text: str) -> str:
    """White space of blanks and line breaks."""
    if not text:
        return ""
    if "\n" in text:
        return "".join(
            _blanks(piece) if piece != "\n" else _mark(*_NAMES["\n"]) + piece
            for piece in re.findall(r"\n| +", text)
        )
    return _mark(f"SP×{len(text)}" if len(text) > 1 else "SP", formatting.plural(len(text), "blank")) + text


def _character(cluster: str) -> str:
    """A character with its marks; a joined emoji is seen as it is."""
    joined = len(cluster) > 1 and "\u200d" in cluster[1:-1]
    hidden = [char for char in cluster if _HIDDEN.match(char) and not (joined and char in "\u200d\ufe0f")]
    shown = "".join(char for char in cluster if not _ORDER.match(char))
    notes = [_mark(*_named(char)) for char in hidden]
    if not hidden and not unicodedata.is_normalized("NFC", cluster):
        notes.append(_mark(*_decomposed(cluster)))
    if cluster[0] in _ALIKE and not notes:
        notes.append(_mark(*_script(cluster)))
    said = "".join(notes)
    return said + shown.replace("\r", "") if cluster.isspace() else escape(shown) + said


def _decomposed(cluster: str) -> tuple[str, str]:
    codes = " ".join(f"U+{ord(char):04X}" for char in cluster)
    return "NFD" if len(cluster) > 1 else codes, f"written as {codes}: not composed"


def _script(letters: str) -> tuple[str, str]:
    """Letters that look Latin."""
    script = unicodedata.name(letters[0]).split()[0].title()
    codes = " ".join(f"U+{ord(char):04X}" for char in letters)
    return script, f"looks like {letters.translate(_LATIN)}, but is {script}: {codes}"


def _named(char: str) -> tuple[str, str]:
    code = f"U+{ord(char):04X}"
    short, name = _NAMES.get(char, (code, unicodedata.name(char, "character without a picture").lower()))
    return short, f"{name}, {code}"


def _mark(short: str, name: str) -> str:
    return f'<small class="unseen" title="{escape(name)}">{escape(short)}</small>'


# -- two texts -------------------------------------------------------------------------------------------------


def note(before: str, after: str) -> str:
    """What differs between two texts without being seen, "" when nothing does."""
    kinds = [(name, *pair) for name, pair in _counted(before, after).items() if pair[0] != pair[1]]
    if not kinds:
        return ""
    counts = "; ".join(
        f"{name}: {formatting.count(old)} → {formatting.count(new)}" for name, old, new in kinds[:KINDS]
    )
    more = f"; {formatting.plural(len(kinds) - KINDS, 'more kind')}" if len(kinds) > KINDS else ""
    lead = (
        "The texts look the same but differ:" if _looks(before) == _looks(after) else "Invisible differences:"
    )
    return f"{lead} {counts}{more}."


KINDS = 8  # of unseen characters that a note names


def _counted(before: str, after: str) -> dict[str, tuple[int, int]]:
    """How often each kind of unseen character stands in both texts."""
    found = sorted(char for char in set(before) | set(after) if _HIDDEN.match(char) and char != "\r")
    made = {_named(char)[1]: (before.count(char), after.count(char)) for char in found}
    made |= {name: (count(before), count(after)) for name, count in _COUNTS.items()}
    alike = _letters_alike if _looks(before) == _looks(after) else _alike_among_latin
    return made | {"letters that look Latin but are not": (alike(before), alike(after))}


def _letters_alike(text: str) -> int:
    return sum(map(text.count, _ALIKE))


def _alike_among_latin(text: str) -> int:
    return 0 if text.isascii() else sum(len(found[0]) for found in _AMONG_LATIN.finditer(text))


_COUNTS: dict[str, Callable[[str], int]] = {
    "CR LF at line ends": lambda text: text.count("\r\n"),
    "carriage returns alone": lambda text: text.count("\r") - text.count("\r\n"),
    "line breaks at the end": lambda text: len(text) - len(text.rstrip("\n")),
    "lines that end in a blank": lambda text: text.count(" \n") + text.count(" \r") + text.endswith(" "),
    "letters written in parts (NFD)": lambda text: _apart(text),
}


def _apart(text: str) -> int:
    """How many characters are not composed."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return 0
    return sum(not unicodedata.is_normalized("NFC", found[0]) for found in _odd().finditer(text))


def _looks(text: str) -> str:
    """The text without what nobody sees, with letters that look alike as one."""
    plain = _HIDDEN.sub(lambda found: " " if found[0].isspace() else "", text.replace("\r\n", "\n"))
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", plain).translate(_LATIN)).strip()
