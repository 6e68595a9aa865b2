"""glibc's allocator, set to give large blocks back to the system, and to keep few heaps.

By itself it soon keeps blocks of up to 32 MiB for later, in a heap for each of many threads: a worker that had stored
twelve answers of 63 MiB one after the other held 515 MiB, and 304 with this.
"""

import ctypes
from typing import Any

# mallopt(3): names and numbers of <malloc.h>, values in bytes.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
SETTINGS = {TRIM_THRESHOLD: 256 * 1024, MMAP_THRESHOLD: 256 * 1024, ARENA_MAX: 2}


def give_back() -> bool:
    """Set it so for this process. False where another allocator is in use."""
    mallopt = _function("mallopt")
    return mallopt is not None and all(mallopt(option, value) for option, value in SETTINGS.items())


def trim() -> bool:
    """Give all whole pages back that are free in the middle of heaps. False where another allocator is in use."""
    malloc_trim = _function("malloc_trim")
    return malloc_trim is not None and malloc_trim(0) >= 0


def _function(name: str) -> Any:
    """A function of the C library; None where it has no such."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
