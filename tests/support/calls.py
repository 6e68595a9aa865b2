"""Which functions of the project are entered: a measure of how long the way through the code is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PROJECT = ("generations.", "dashboard.")
OTHER_SIDE = "generations.gateway.demo."


@contextmanager
def entered() -> Iterator[list[str]]:
    """The names of the functions entered meanwhile in this thread, one for each time."""
    names: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "") if event == "call" else ""
        if module.startswith(PROJECT) and not module.startswith(OTHER_SIDE):
            names.append(f"{module}.{frame.f_code.co_qualname}")

    sys.setprofile(note)
    try:
        yield names
    finally:
        sys.setprofile(None)
