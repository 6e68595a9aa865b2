"""What somebody can read on a generation's page, everything opened, and what stands in its record."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number, Unreadable, Value, dumps, is_text, loads
from generations.reading.conversation import media
from generations.reading.text import below, readable

Get = Callable[[str], bytes]
FOLLOWED = 12  # addresses of one page that are opened; of the others the pointers are believed
ON_REQUEST = re.compile(r'(?:hx-get|src|href)="([^"]+/parts/(?:text|turns|media)\?[^"]+)"')


class Page:
    """The texts of some HTML and of what it loads on request; `get` answers an address.

    Only the first twelve addresses are opened: a record of 5 MiB has hundreds, and each reads the record.
    """

    def __init__(self, get: Get, *htmls: bytes) -> None:
        self.get = get
        self.seen: set[str] = set()
        self.believed: list[tuple[str, int]] = []  # pointer, and the first item of the list there
        self.media: set[bytes] = set()
        self.texts: list[str] = []
        for html in htmls:
            self._read(html.decode())
        self.whole = squeezed("\0".join(self.texts))
        self.figures = self.whole.replace(",", "")

    def _read(self, html: str) -> None:
        self.texts.append(words(html))
        for address in map(unescape, ON_REQUEST.findall(html)):
            if address not in self.seen:
                self.seen.add(address)
                self._follow(address)

    def _follow(self, address: str) -> None:
        if len(self.seen) > FOLLOWED:
            asked = parse_qs(urlsplit(address).query)
            self.believed.append((asked["at"][0], int(asked.get("start", "0")[0])))
        elif "/parts/media?" in address:
            self.media.add(self.get(address))
        else:
            self._read(self.get(address).decode())

    def has(self, at: str, leaf: str) -> bool:
        """Whether the text, number or medium at this pointer can be read."""
        return self.shows(leaf) or any(self._leads_to(at, *pair) for pair in self.believed)

    @staticmethod
    def _leads_to(at: str, place: str, start: int) -> bool:
        if at == place or not at.startswith(f"{place}/"):
            return at == place
        position = at.removeprefix(f"{place}/").partition("/")[0]
        return not start or (position.isdecimal() and int(position) >= start)

    def shows(self, leaf: str) -> bool:
        """Whether the text, number or medium can be read somewhere."""
        if isinstance(leaf, Number):
            return leaf in self.whole or leaf in self.figures
        if any(squeezed(form) in self.whole for form in (visible(leaf), inside_json(leaf))):
            return True
        found = media.decode(leaf) if len(self.media) else None
        return (found is not None and found.content in self.media) or self._shows_inside(leaf)

    def _shows_inside(self, leaf: str) -> bool:
        """JSON inside a text is shown indented: its leaves, then."""
        try:
            inner = loads(leaf)
        except Unreadable:
            return False
        return isinstance(inner, dict | list) and all(self.shows(text) for _, text in leaves(inner))


def words(html: str) -> str:
    """The text of some HTML, and where it links to. Templates escape every `>` that is not a tag's."""
    links = re.findall(r'<a [^>]*?href="([^"]*)"', html)
    return unescape(" ".join([re.sub(r"<[^>]*>", "", html), *links]))


def squeezed(text: str) -> str:
    """Without white space, which pages and indented JSON treat as they like."""
    return re.sub(r"\s+", "", text)


def inside_json(leaf: str) -> str:
    """How a text looks where its surroundings are shown as JSON."""
    return readable(dumps(leaf))[1:-1]


def leaves(value: Value, at: str = "") -> Iterator[tuple[str, str]]:
    """(pointer, text) of every text and number that is not empty."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from leaves(child, below(at, key))
    if isinstance(value, str) and (value.strip() or not is_text(value)):
        yield at, value
