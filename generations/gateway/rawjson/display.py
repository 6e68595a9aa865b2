"""Text that a page and a text column can hold."""

import re


def visible(text: str) -> str:
    """`text` with everything that PostgreSQL or HTML refuses made visible, safe for text columns and pages.

    Control characters become their pictures (NUL is U+2400), lone surrogates and noncharacters U+FFFD.
    Surrogates that belong together (a pair cut by a stream) become their character.
    """
    if not _UNSEEN.search(text):
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNSEEN.sub(_picture, paired)


def _picture(found: "re.Match[str]") -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
