"""Markdown is rendered, and nothing in it can act."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading.conversation import markdown
from generations.reading.conversation.part_builder import PartBuilder


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b*", "<p>a <em>b</em></p>\n"),
        ("# Top", "<h4>Top</h4>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        (
            "![cat](https://x.example/c.png)",
            '<p><a href="https://x.example/c.png" rel="noopener noreferrer nofollow">image: cat</a></p>\n',
        ),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("a\x00b", "<p>a\u2400b</p>\n"),
        ("[a]: http://x.example", "<p>[a]: http://x.example</p>\n"),
        ("One\n\n[a]: <b>", "<p>One</p>\n<p>[a]: &lt;b&gt;</p>\n"),
        (r"5 \* 3 &copy;", "<p>5 \\* 3 &amp;copy;</p>\n"),
        ("a & b", "<p>a &amp; b</p>\n"),
        ("one\ntwo\r\nthree", "<p>one<br>\ntwo<br>\nthree</p>\n"),
        (r"\[ \frac{a}{b} \] and *\(y\)*", "<p>\\[ \\frac{a}{b} \\] and <em>\\(y\\)</em></p>\n"),
        (r"C:\_a\*b_ \`c` **d**", "<p>C:\\_a\\*b_ \\`c` <strong>d</strong></p>\n"),
        ("&lt; **b** &#65;", "<p>&amp;lt; <strong>b</strong> &amp;#65;</p>\n"),
        (
            "See *x* [1].\n\n[1]: http://a.example",
            "<p>See <em>x</em> [1].</p>\n<p>[1]: http://a.example</p>\n",
        ),
        ("<think>a</think>\n<!-- b -->", "<p>&lt;think&gt;a&lt;/think&gt;<br>\n&lt;!-- b --&gt;</p>\n"),
        (
            "[a](/forget) ![b](data:image/png;base64,AA)",
            "<p>[a](/forget) ![b](data:image/png;base64,AA)</p>\n",
        ),
        ("[a](//x.example) <vbscript:b>", "<p>[a](//x.example) &lt;vbscript:b&gt;</p>\n"),
        ("```json\n{1}", "<pre><code>{1}</code></pre>\n"),
        ("a    b", ""),
        ("a\tb", ""),
        ("a\n\n\n\nb", ""),
        ("  a\n b", ""),
        ("a\n\n", "<p>a</p>\n"),
    ],
)
def test_rendering(text: str, html: str) -> None:
    assert markdown.render(text) == html


MARKUP = [
    *"*_`#>|~[]()<>!\\&-=+.:;\n\t 1ax",
    "**",
    "```",
    "&lt;",
    "\\(",
    "](http://a.example)",
    "    ",
    "| a |\n|---|\n",
]


@given(st.lists(st.sampled_from(MARKUP), max_size=40).map("".join))
def test_what_looks_like_its_text_is_its_text(text: str) -> None:
    """Where no plain text is offered next to it, the HTML shows every character."""
    part = PartBuilder().text("", text, "markdown")
    if part.head:
        assert part.head == text
    else:
        assert "  " not in part.html
        lines = re.sub(r"</?p>|<br>", "", part.html.replace("</p>\n<p>", "\n\n"))
        assert unescape(lines).strip("\n") == text.strip("\n")


@given(st.text(st.sampled_from("<>!\"'`*_[](){}#-\n =&;:/abjscript\x00")))
def test_no_text_becomes_an_active_element(text: str) -> None:
    html = markdown.render(text)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", html)}
    assert tags <= markdown.TAGS
    assert not re.search(r"<[^>]*\s(on\w+|style|src)\s*=", html)
