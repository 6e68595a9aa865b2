"""Markdown of prompts and answers as safe HTML: rendered, then sanitised. Pages fetch nothing that a text
names.
"""

import re
from collections.abc import MutableMapping, Sequence
from html import escape, unescape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from generations.gateway.jsontext import visible

LIMIT = 64_000
"""Characters; longer texts are shown as they are."""

TAGS = {
    *(
        "p",
        "br",
        "hr",
        "h4",
        "h5",
        "h6",
        "strong",
        "em",
        "s",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
    ),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}


def render(text: str) -> str:
    """Sanitised HTML of markdown `text`. Markup in it is shown as text, images become links, headings start
    at h4. A text that would be paragraphs with something missing (link definitions, escapes) is shown as it is.
    """
    html = nh3.clean(
        _READER.render(visible(text)),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    left = re.sub(r"</?p>", "", html)
    if "<" in left or _words(unescape(left)) == _words(visible(text)):
        return html
    return "".join(
        f"<p>{escape(one, quote=False)}</p>\n" for one in re.split(r"\n{2,}", visible(text)) if one.strip()
    )


def _words(text: str) -> str:
    """The text without white space."""
    return re.sub(r"\s+", "", text)


def _image(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    source = str(tokens[at].attrs.get("src", ""))
    return f'<a href="{escape(source)}">image: {escape(tokens[at].content or source)}</a>'


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.add_render_rule("image", _image)
    reader.core.ruler.push("lower_headings", _lower_headings)
    return reader


_READER = _reader()
