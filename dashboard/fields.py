"""Text that is encrypted at rest. The first key encrypts, every key decrypts.

What no key of FIELD_ENCRYPTION_KEYS opens is loaded as an `UnreadableSecret`: its row is usable, and saved as it was.
"""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class Secret:
    """A text that hides itself in every rendering. `reveal()` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call it where the text leaves for the gateway, nowhere else."""
        return self._text

    @property
    def is_readable(self) -> bool:
        """Whether `reveal` has something to give."""
        return True

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(hidden)"

    __str__ = __repr__


class NoKey(ValueError):
    """No key of FIELD_ENCRYPTION_KEYS opens it."""

    def __init__(self) -> None:
        super().__init__(
            "The stored key cannot be read: FIELD_ENCRYPTION_KEYS no longer holds the key that it was saved with. "
            "Nothing was sent. An admin can enter the gateway key again, or the operator can put that key back."
        )


class UnreadableSecret(Secret):
    """A secret that no key opens. It is there, and its token is kept: the key may come back."""

    __slots__ = ("token",)

    def __init__(self, token: bytes) -> None:
        super().__init__("")
        self.token = token

    def reveal(self) -> str:
        """Raises NoKey."""
        raise NoKey

    @property
    def is_readable(self) -> bool:
        return False

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnreadableSecret) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)


@lru_cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_box() -> MultiFernet:
    return _box(tuple(settings.FIELD_ENCRYPTION_KEYS))


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
        """The decrypted `Secret`; an `UnreadableSecret` where no key opens it."""
        if value is None:
            return None
        try:
            return Secret(decrypt(bytes(value)).decode())
        except NoKey:
            return UnreadableSecret(bytes(value))

    def get_db_prep_value(self, value: Secret | str | None, connection: Any, prepared: bool = False) -> Any:
        """The encrypted bytes that the database stores."""
        if value is None:
            return None
        if isinstance(value, UnreadableSecret):
            return super().get_db_prep_value(value.token, connection, prepared)
        text = value.reveal() if isinstance(value, Secret) else value
        return super().get_db_prep_value(encrypt(text.encode()), connection, prepared)

    def to_python(self, value: Any) -> Secret | None:
        """A `Secret` from whatever a form or a caller assigned."""
        return Secret(value) if isinstance(value, str) else value


def fields_of(model: type[models.Model]) -> list[EncryptedText]:
    """The encrypted fields of a model."""
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedText)]


def unreadable(row: models.Model) -> list[str]:
    """The names of those fields of a row that no key opens."""
    loaded = [field.attname for field in fields_of(type(row)) if field.attname in row.__dict__]
    return [name for name in loaded if isinstance(row.__dict__[name], UnreadableSecret)]
