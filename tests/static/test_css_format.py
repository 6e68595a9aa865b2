"""Stylesheets: one declaration a line, and the formatter changes white space only."""

import pytest

from tests.support.css_format import CSS, formatted


@pytest.mark.parametrize("name", sorted(path.name for path in CSS.glob("*.css")))
def test_a_stylesheet_has_one_declaration_a_line(name: str) -> None:
    text = (CSS / name).read_text()
    assert formatted(text) == text


def test_the_formatter_splits_and_keeps_values() -> None:
    short = '.a, .b:not(.c) { color: red; background: url("x;y{z}"); content: "; }"}\n\n/* why; */\n@layer x, y;\n'
    assert formatted(short) == (
        '.a, .b:not(.c) {\n  color: red;\n  background: url("x;y{z}");\n  content: "; }";\n}\n\n'
        "/* why; */\n@layer x, y;\n"
    )
