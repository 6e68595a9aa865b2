"""A busy neighbour: a process that takes what it gets of the machine's time."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def spinning() -> Iterator["subprocess.Popen[bytes]"]:
    """It runs until the block ends."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield busy
    finally:
        busy.kill()
        busy.wait()
