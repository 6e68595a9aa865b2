"""Mistakes in a request that somebody wrote."""

from random import Random

import pytest
from hypothesis import given

from generations.gateway.rawjson.values import Value, dumps
from generations.reading.edits.syntax_check import SyntaxMistake, mistake
from tests.reading.documents import BOXES, RANDOMS, written


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{"a":1}', None),
        ('{"a":{"b":1},"c":[{"b":1},{"b":1}]}', None),
        ('{\n  "a": ,\n}', SyntaxMistake("Line 2, column 8: a value is missing here.", 2, 8, '  "a": ,')),
        ('{"a" 1}', SyntaxMistake("Line 1, column 6: a colon is missing after the name.", 1, 6, '{"a" 1}')),
        (
            '{"a":1\r\n"b":2}',
            SyntaxMistake("Line 2, column 1: a comma or a closing bracket is missing.", 2, 1, '"b":2}'),
        ),
        (
            "{a:1}",
            SyntaxMistake('Line 1, column 2: a name in double quotes is expected ("model").', 1, 2, "{a:1}"),
        ),
        ('{"a":1} x', SyntaxMistake("Line 1, column 9: the request ends before this.", 1, 9, '{"a":1} x')),
        (
            '{"a":"x',
            SyntaxMistake(
                "Line 1, column 6: the text that begins here has no closing quotation mark.", 1, 6, '{"a":"x'
            ),
        ),
        (
            '{"a":"\n"}',
            SyntaxMistake(
                "Line 1, column 7: a line break or tab inside a text must be written as \\n or \\t.",
                1,
                7,
                '{"a":"',
            ),
        ),
        (
            '{"a":"\\x"}',
            SyntaxMistake("Line 1, column 7: a backslash must be written as \\\\.", 1, 7, '{"a":"\\x"}'),
        ),
        ('{"a":NaN}', SyntaxMistake("This is not JSON: NaN is not JSON.")),
        ("[" * 400 + "]" * 400, SyntaxMistake("This is not JSON: nested deeper than 300 levels.")),
        ("", SyntaxMistake("Line 1, column 1: a value is missing here.", 1, 1, "")),
        ("{}", SyntaxMistake("A request must be a JSON object: { ... }.")),
        ("[1]", SyntaxMistake("A request must be a JSON object: { ... }.")),
        (
            '{"a":1,"b":{"c":1,"c":2}}',
            SyntaxMistake("Repeated field in one object: b.c. Only the last value would count."),
        ),
    ],
)
def test_mistakes(source: str, found: SyntaxMistake | None) -> None:
    assert mistake(source) == found


def test_a_long_line_is_shown_where_it_breaks() -> None:
    found = mistake('{"a":"' + "x" * 1000 + '" 1}')
    assert found is not None
    assert (found.line, found.column) == (1, 1009)
    assert found.shown.endswith('" 1}')
    assert len(found.shown) <= 180


@given(BOXES, RANDOMS)
def test_what_can_be_sent_has_no_mistake(value: Value, random: Random) -> None:
    source = written({"a": value}, random, twice=False).decode("utf-8", "surrogatepass")
    assert mistake(source) is None
    assert mistake(dumps({"a": value})[:-1]) is not None
