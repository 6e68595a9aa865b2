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
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from generations.gateway.rawjson.display import visible

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
    """Sanitised HTML of markdown `text`; "" for a text that is to be shown as it is: one without markup, of which
    paragraphs would lose something (runs of blanks, empty lines).

    Line breaks stay. Markup, entities, escapes and link definitions are shown as they were written, images become
    links, headings start at h4. A link leads to http, https or mailto; any other is shown as it was written.
    """
    shown = visible(text)
    html = nh3.clean(
        _READER.render(shown),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    faithful = (
        "  " not in shown and "\t" not in shown and _read(html) == _LINE_END.sub("\n", shown).strip("\n")
    )
    return html if faithful or is_styled(html) else ""


def is_styled(html: str) -> bool:
    """Whether rendered HTML holds more than paragraphs, so that it looks different from its text."""
    return "<" in _PARAGRAPH.sub("", html)


def _read(html: str) -> str:
    """The text that paragraphs show."""
    return unescape(_PARAGRAPH.sub("", html.replace("</p>\n<p>", "\n\n"))).strip("\n")


_PARAGRAPH, _LINE_END = re.compile(r"</?p>|<br>"), re.compile(r"\r\n?")


def _image(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    source = str(tokens[at].attrs.get("src", ""))
    return f'<a href="{escape(source)}">image: {escape(tokens[at].content or source)}</a>'


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"


def _kept_escape(state: StateInline, silent: bool) -> bool:
    """A backslash and the mark after it, both as text: LaTeX and Windows paths are full of them."""
    mark = state.src[state.pos + 1 : state.pos + 2]
    if state.src[state.pos] != "\\" or mark not in _ESCAPABLE or not mark:
        return False
    if not silent:
        state.pending += "\\" + mark
    state.pos += 2
    return True


_ESCAPABLE = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def _leads_out(url: str) -> bool:
    """Whether a link is safe and leads where it says: not into this site, not to code."""
    return url.partition(":")[0].lower() in SCHEMES and ":" in url


def _reader() -> MarkdownIt:
    options = {"html": False, "breaks": True}
    reader = (
        MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).disable(["entity", "reference"])
    )
    reader.inline.ruler.at("escape", _kept_escape)
    reader.validateLink = _leads_out  # type: ignore[method-assign]
    reader.add_render_rule("image", _image)
    reader.core.ruler.push("lower_headings", _lower_headings)
    return reader


_READER = _reader()
