"""Static files under names that tell their content: their addresses, and how they are answered."""

from contextlib import closing
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

__all__ = ["AnswerFiles", "StaticFiles"]

LARGEST = 256 * 1024
"""Bytes of a file that is answered whole."""


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


class AnswerFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise's answers are downloads, each in a thread of its own and four at a time: small files are answered whole."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponseBase:
        """The file, a range of it, or that the browser has it."""
        answer: HttpResponseBase = WhiteNoiseMiddleware.serve(static_file, request)
        if int(answer.get("Content-Length", "0")) > LARGEST:
            return answer
        with closing(answer):
            whole = HttpResponse(b"".join(answer), status=answer.status_code)
        whole.headers = answer.headers
        return whole
