"""A credential that shows itself nowhere but in the header."""

from collections.abc import Mapping

from generations.gateway.http import masking


class Credential:
    """A credential that shows itself nowhere but in the header."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()
        if (
            not self._value
            or not self._value.isascii()
            or not self._value.isprintable()
            or " " in self._value
        ):
            raise ValueError("The credential is empty or contains characters that no key can have.")

    def __repr__(self) -> str:
        return "<credential>"

    def header(self) -> str:
        return f"Bearer {self._value}"

    def forms(self) -> tuple[bytes, ...]:
        """The credential as an answer may repeat it: plain, or as JSON text with escaped slashes."""
        plain = self._value.encode()
        return tuple(dict.fromkeys([plain, plain.replace(b"/", b"\\/")]))

    def clean(self, body: bytes) -> bytes:
        """An answer that repeats the credential, without it."""
        return masking.masked(body, self.forms())

    def clean_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The same for headers."""
        return {name: value.replace(self._value, masking.MASK.decode()) for name, value in headers.items()}

    @property
    def kind(self) -> str | None:
        """contract: "Credentials": `..._v1_sk_` gateway keys (delegated ones too), `..._v1_mk_` management
        keys."""
        if "_v1_mk_" in self._value:
            return "management key"
        if "_v1_sk_" in self._value or "_v1_k_" in self._value:
            return "gateway key"
        return "access token" if self._value.count(".") == 2 else None
