"""Request ids. contract: `G-` and a 26-character Crockford ULID; its first 10 characters are milliseconds."""

import hashlib
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _base32(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 32)
        digits = ALPHABET[digit] + digits
    return digits


def suffix(name: str) -> str:
    """The 16 last characters of the ids of one story: the same in every run."""
    return _base32(int.from_bytes(hashlib.sha256(name.encode()).digest()[:10]), 16)


def new_suffix() -> str:
    """16 random characters."""
    return _base32(secrets.randbits(80), 16)


def request_id(unix_ms: int, tail: str) -> str:
    """An id made at `unix_ms` (milliseconds since 1970) that ends in `tail`."""
    return f"G-{_base32(unix_ms, 10)}{tail}"


def made_at(request_id: str) -> int | None:
    """The milliseconds since 1970 that an id carries, or None when it has another form."""
    digits = request_id[2:12].upper()
    if len(request_id) != 28 or request_id[:2] != "G-" or any(digit not in ALPHABET for digit in digits):
        return None
    number = 0
    for digit in digits:
        number = number * 32 + ALPHABET.index(digit)
    return number
