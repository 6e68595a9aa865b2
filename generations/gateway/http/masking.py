"""A credential that comes back in an answer is taken out before anybody sees or stores it."""

from collections.abc import Sequence

__all__ = ["MASK", "Mask", "masked"]

MASK = b"[credential]"


def masked(data: bytes, secrets: Sequence[bytes]) -> bytes:
    """`data` with each of the secrets replaced."""
    for secret in secrets:
        data = data.replace(secret, MASK)
    return data


class Mask:
    """The same for data that comes in chunks, wherever they are cut.

    Only the end of a chunk that may be the beginning of a secret waits for the next one.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = secrets
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """What can be returned now."""
        data = masked(self._held + chunk if self._held else chunk, self._secrets)
        keep = max(_beginning(data, secret) for secret in self._secrets)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep] if keep else data

    def end(self) -> bytes:
        """The rest."""
        rest, self._held = self._held, b""
        return rest


def _beginning(data: bytes, secret: bytes) -> int:
    """How many bytes at the end of `data` may be the beginning of `secret`."""
    at = data.find(secret[:1], max(0, len(data) - len(secret) + 1))
    while at >= 0:
        if secret.startswith(data[at:]):
            return len(data) - at
        at = data.find(secret[:1], at + 1)
    return 0
