"""Markdown is rendered, and nothing in it can act."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading import markdown


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
    ],
)
def test_rendering(text: str, html: str) -> None:
    assert markdown.render(text) == html


@given(st.text(st.sampled_from("<>!\"'`*_[](){}#-\n =&;:/abjscript\x00")))
def test_no_text_becomes_an_active_element(text: str) -> None:
    html = markdown.render(text)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", html)}
    assert tags <= markdown.TAGS
    assert not re.search(r"<[^>]*\s(on\w+|style|src)\s*=", html)
