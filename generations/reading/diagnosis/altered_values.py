"""Values of a stored request that the gateway replaced. contract: "Lossy serialisation".

Any text that looks like a stack trace or holds `Error: x` comes back as `[redacted]`, circular references as
`[Circular]`, uploaded files as `{}`. Members called `stack` and the like are dropped without a trace, so they
cannot be found.
"""

from collections.abc import Iterator

from generations.gateway.rawjson.values import Value
from generations.reading.page_types.outline import AlteredValue
from generations.reading.text import Step, dotted, pointer, steps

SHOWN = 100
MARKS = {
    "[redacted]": "The gateway replaced this text: it looked like a stack trace or an error message.",
    "[Circular]": "The gateway replaced a value that contained itself.",
}
FILE = "An upload: the gateway keeps no files."
FILE_KEYS = ("file", "file[]", "files", "image", "image[]", "images", "mask", "audio_file", "video")


def find(body: Value, at: str) -> tuple[list[AlteredValue], int]:
    """The first 100 damaged values of a request at pointer `at`, and how many there are."""
    depth, found, total = len(steps(at)), [], 0
    for path, shown, what in _walk(body):
        total += 1
        if total <= SHOWN:
            place = at + pointer(*path)
            found.append(AlteredValue(place, dotted(place, depth), shown, what))
    return found, total


def paths(body: Value) -> list[str]:
    """The paths of the damaged values in a request, for reading: `messages[2].content`."""
    return [damage.path for damage in find(body, "")[0]]


def _walk(body: Value) -> Iterator[tuple[tuple[Step, ...], str, str]]:
    """Depth first, in the order of the text, without recursion."""
    waiting: list[tuple[tuple[Step, ...], Value]] = [((), body)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if value in MARKS:
                yield path, value, MARKS[value]
        elif value == {} and path and _names_file(path):
            yield path, "{}", FILE
        elif isinstance(value, dict):
            waiting += [((*path, key), child) for key, child in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [((*path, key), child) for key, child in reversed(list(enumerate(value)))]


def _names_file(path: tuple[Step, ...]) -> bool:
    """Only members of the body itself: deeper ones are ordinary empty objects (a schema's properties)."""
    return path[0] in FILE_KEYS and (len(path) == 1 or (len(path) == 2 and isinstance(path[1], int)))
