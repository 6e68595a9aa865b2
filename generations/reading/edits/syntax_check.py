"""A request that somebody wrote as JSON: what is wrong with it, and on which line."""

from dataclasses import dataclass

from generations.gateway.rawjson import duplicate_keys
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Unreadable, loads
from generations.reading import text
from generations.reading.figures import formatting

LINE = 160  # characters of the line that are shown


@dataclass(frozen=True, slots=True)
class SyntaxMistake:
    """A sentence, and where: line and column count from 1, None where it is about the whole. `shown` is the line."""

    sentence: str
    line: int | None = None
    column: int | None = None
    shown: str = ""


def mistake(source: str) -> SyntaxMistake | None:
    """The first mistake of a request's text, None when it can be sent."""
    try:
        value = loads(source)
    except Unreadable as error:
        return _placed(source, error)
    if not isinstance(value, dict) or not value:
        return SyntaxMistake("A request must be a JSON object: { ... }.")
    twice = duplicate_keys.find(source)
    if twice:
        names = ", ".join(text.dotted(text.pointer(*repeat.path)) for repeat in twice[:3])
        return SyntaxMistake(f"Repeated field in one object: {names}. Only the last value would count.")
    return None


def _placed(source: str, error: Unreadable) -> SyntaxMistake:
    if error.at is None:
        return SyntaxMistake(f"This is not JSON: {error}.")
    before = source[: error.at]
    line, start = before.count("\n") + 1, before.rfind("\n") + 1
    end = source.find("\n", error.at)
    column, shown = error.at - start + 1, source[start : None if end < 0 else end]
    first = max(0, column - LINE)
    reason = str(error).rpartition(" at character ")[0]
    sentence = f"Line {formatting.count(line)}, column {formatting.count(column)}: {_plain(reason)}."
    return SyntaxMistake(sentence, line, column, visible(shown[first : first + LINE + 20].rstrip("\r")))


_REASONS = {
    "Expecting value": "a value is missing here",
    "Expecting property name enclosed in double quotes": 'a name in double quotes is expected ("model")',
    "Expecting ':' delimiter": "a colon is missing after the name",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Illegal trailing comma before end of object": "remove the comma before the closing brace",
    "Illegal trailing comma before end of array": "remove the comma before the closing bracket",
    "Extra data": "the request ends before this",
    "Unterminated string starting at": "the text that begins here has no closing quotation mark",
    "Invalid control character at": "a line break or tab inside a text must be written as \\n or \\t",
    "Invalid \\escape": "a backslash must be written as \\\\",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits",
}


def _plain(reason: str) -> str:
    return _REASONS.get(reason.rstrip(": "), reason)
