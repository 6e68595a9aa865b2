"""Encrypted files in SPOOL_DIR: what the database could not take, until it can.

A file is the line `MARK`, then pieces: four bytes of length (big-endian) and a Fernet token of the field key. Folder and
files are of this user only. Whoever writes or reads a file holds its lock, so the files of a living process are left
alone; a killed one loses its locks with its life. All files together have at most SPOOL_MB.
"""

import fcntl
import logging
import os
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from django.conf import settings

from dashboard import fields
from dashboard.telemetry import logs

log = logging.getLogger(__name__)

MARK = b"retake spool 1\n"
SUFFIX = ".spool"
HEAD = 4  # bytes of a piece's length
MOST = 16 * 2**20  # bytes of one piece; no writer makes such


class SpoolUnusable(Exception):
    """SPOOL_DIR cannot be used. Its text says why."""


class SpoolDamaged(Exception):
    """A file that cannot be read. Its text says why; the file is kept."""


def folder() -> Path:
    """SPOOL_DIR, made where it is missing. Raises SpoolUnusable: nobody else may read or write what is in it."""
    path = Path(settings.SPOOL_DIR)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        stats = path.lstat()
        if not stat.S_ISDIR(stats.st_mode) or stats.st_uid != os.geteuid():
            raise SpoolUnusable("SPOOL_DIR is not a directory that belongs to the user of this process.")
        if stats.st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise SpoolUnusable(f"SPOOL_DIR cannot be used: {error.strerror}.") from None
    return path


def files() -> list[Path]:
    """Every file there is. A folder that is missing is not made: who looks may be another user. Raises SpoolUnusable."""
    return sorted(folder().glob(f"*{SUFFIX}")) if os.path.lexists(settings.SPOOL_DIR) else []


def used() -> int:
    """Bytes of all files. Raises SpoolUnusable."""
    total = 0
    for path in files():
        try:
            total += path.lstat().st_size
        except FileNotFoundError:
            continue  # its owner has just removed it
    return total


def has_room(size: int) -> bool:
    """Whether so many bytes more are within SPOOL_MB. Raises SpoolUnusable."""
    return used() + size <= settings.SPOOL_MB * 2**20


def _write(handle: int, data: bytes, at: int) -> None:
    """All of it. Raises OSError."""
    written = 0
    while written < len(data):
        written += os.pwrite(handle, data[written:], at + written)


class SpoolFile:
    """One file, locked. Not for two threads at once."""

    def __init__(self, path: Path, handle: int, size: int) -> None:
        self.path, self.size = path, size
        self._handle, self._at = handle, len(MARK)

    @classmethod
    def create(cls, name: str) -> Self:
        """A new file. Raises SpoolUnusable."""
        path = folder() / f"{name}{SUFFIX}"
        if not has_room(len(MARK)):
            raise SpoolUnusable("The files in SPOOL_DIR have reached SPOOL_MB.")
        new = path.with_name(f".{uuid.uuid4().hex}")  # nobody looks at it until it is locked
        handle = None
        try:
            handle = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write(handle, MARK, 0)
            new.rename(path)
        except OSError as error:
            if handle is not None:  # it is tried each second: what is left behind would add up
                os.close(handle)
                with suppress(OSError):
                    new.unlink()
            raise SpoolUnusable(f"SPOOL_DIR cannot be written: {error.strerror}.") from None
        return cls(path, handle, len(MARK))

    @classmethod
    def adopt(cls, path: Path) -> Self | None:
        """A file that was left behind; None while its owner lives. Raises SpoolDamaged."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SpoolDamaged(f"It cannot be opened: {error.strerror}.") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return None
        stats = os.fstat(handle)
        if stats.st_nlink == 0:
            os.close(handle)
            return None  # its owner has just removed it
        if not stat.S_ISREG(stats.st_mode) or stats.st_uid != os.geteuid():
            os.close(handle)
            raise SpoolDamaged("It does not belong to the user of this process.")
        if os.pread(handle, len(MARK), 0) != MARK:
            os.close(handle)
            raise SpoolDamaged("It is no file of this version of Retake.")
        return cls(path, handle, stats.st_size)

    def put(self, data: bytes, *, lasting: bool = False) -> bool:
        """Append a piece; with `lasting` it is on the disk afterwards. False when there is no room: nothing is added."""
        token = fields.encrypt(data)
        piece = len(token).to_bytes(HEAD, "big") + token
        try:
            if not has_room(len(piece)):
                return False
            _write(self._handle, piece, self.size)
            if lasting:
                os.fsync(self._handle)
        except (OSError, SpoolUnusable) as error:
            log.warning("SPOOL_DIR cannot be written (%s)", error, extra=logs.SPOOL)
            with suppress(OSError):
                os.ftruncate(self._handle, self.size)
            return False
        self.size += len(piece)
        return True

    @property
    def has_more(self) -> bool:
        """Whether `peek` has a piece to give."""
        return self._at < self.size

    def peek(self) -> bytes | None:
        """The next piece, None after the last whole one. Raises SpoolDamaged."""
        head = os.pread(self._handle, HEAD, self._at)
        length = int.from_bytes(head, "big")
        if length > MOST:
            raise SpoolDamaged("It is damaged.")
        if len(head) < HEAD or self._at + HEAD + length > self.size:
            return None  # its writer was killed within this piece
        try:
            return fields.decrypt(os.pread(self._handle, length, self._at + HEAD))
        except fields.NoKey:
            raise SpoolDamaged(
                "FIELD_ENCRYPTION_KEYS holds no key that opens it, or it is damaged."
            ) from None

    def step(self) -> None:
        """Go on behind the piece that `peek` gave."""
        self._at += HEAD + int.from_bytes(os.pread(self._handle, HEAD, self._at), "big")

    def pieces(self) -> Iterator[bytes]:
        """Those that are left, in order. Raises SpoolDamaged."""
        while (piece := self.peek()) is not None:
            yield piece
            self.step()

    def remove(self) -> None:
        """Delete the file and give its lock back. One that cannot be deleted is delivered again, which changes nothing."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Give the lock back: whoever comes next may read the file."""
        os.close(self._handle)


def faults() -> str | None:
    """What is wrong with SPOOL_DIR or with what is in it, in one sentence."""
    try:
        names = files()
        _try_to_make(Path(settings.SPOOL_DIR).absolute())
    except SpoolUnusable as error:
        return str(error)
    except OSError as error:
        return f"SPOOL_DIR is missing and cannot be made: {error.strerror}."
    shut = sum(_is_shut(name) for name in names)
    if shut:
        return (
            f"{shut} of {len(names)} files in SPOOL_DIR cannot be read: they hold answers that were paid for. "
            "Put back the key of FIELD_ENCRYPTION_KEYS with which they were written."
        )
    return None


def _try_to_make(path: Path) -> None:
    """Whether a folder that is missing could be made, without making it: the next worker does. Raises OSError."""
    if not os.path.lexists(path):
        parent = next(parent for parent in path.parents if parent.exists())
        Path(tempfile.mkdtemp(prefix=".retake-", dir=parent)).rmdir()


def _is_shut(path: Path) -> bool:
    try:
        opened = SpoolFile.adopt(path)
        if opened is None:
            return False
        try:
            opened.peek()
        finally:
            opened.close()
    except SpoolDamaged:
        return True
    return False
