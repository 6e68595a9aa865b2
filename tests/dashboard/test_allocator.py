"""Large blocks go back to the system."""

import ctypes
import subprocess
import sys

import pytest

from dashboard.processes import allocator

BLOCKS = """
import psutil
from dashboard.processes import allocator
size = lambda: psutil.Process().memory_info().rss / 2**20
allocator.give_back()
before = size()
for _ in range(2):  # the first round teaches glibc to keep blocks of this size
    held = [bytearray(b"x" * 2**21) for _ in range(40)]
    between = bytearray(b"y" * 3000)
    del held
print(size() - before)
"""


def test_freed_blocks_are_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 8


def test_another_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    assert allocator.give_back() is False
