"""Text that is encrypted at rest. The first key encrypts, every key decrypts, a wrong key fails loudly."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class Secret:
    """A text that hides itself in every rendering. `reveal()` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call it where the text leaves for the gateway, nowhere else."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(hidden)"

    __str__ = __repr__


@lru_cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_box() -> MultiFernet:
    return _box(tuple(settings.FIELD_ENCRYPTION_KEYS))


class NoKey(ValueError):
    """No key of FIELD_ENCRYPTION_KEYS opens it."""


def encrypt(data: bytes) -> bytes:
    """A Fernet token of these bytes, with the first key."""
    return _current_box().encrypt(data)


def decrypt(token: bytes) -> bytes:
    """The bytes of a token. Raises NoKey, also for a damaged one."""
    try:
        return _current_box().decrypt(token)
    except InvalidToken:
        raise NoKey from None


class EncryptedText(models.BinaryField):  # type: ignore[type-arg]
    """A `Secret` in Python, a Fernet token in the database. None stays NULL."""

    def from_db_value(
        self, value: bytes | memoryview | None, expression: object, connection: object
    ) -> Secret | None:
        """The decrypted `Secret`. Raises ImproperlyConfigured when no key of FIELD_ENCRYPTION_KEYS opens it."""
        if value is None:
            return None
        try:
            return Secret(_current_box().decrypt(bytes(value)).decode())
        except InvalidToken:
            raise ImproperlyConfigured(
                f"FIELD_ENCRYPTION_KEYS holds no key that opens {self.model.__name__}.{self.name}. "
                "Put the key back with which it was saved."
            ) from None

    def get_db_prep_value(self, value: Secret | str | None, connection: Any, prepared: bool = False) -> Any:
        """The encrypted bytes that the database stores."""
        if value is None:
            return None
        text = value.reveal() if isinstance(value, Secret) else value
        return super().get_db_prep_value(_current_box().encrypt(text.encode()), connection, prepared)

    def to_python(self, value: Any) -> Secret | None:
        """A `Secret` from whatever a form or a caller assigned."""
        return Secret(value) if isinstance(value, str) else value
