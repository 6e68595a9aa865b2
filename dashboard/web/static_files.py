"""Static files under names that tell their content: what is bundled, their addresses, and how they are answered."""

from collections.abc import Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

__all__ = ["BUNDLES", "AnswerFiles", "StaticFiles"]

BUNDLES = {
    "site.css": [
        f"css/{name}.css" for name in ("foundation", "layout", "components", "lists", "navigation", "reading")
    ],
    "site.js": [
        "django_htmx/htmx-2.min.js",
        "django_htmx/ext/hx-sse-2.min.js",
        *(
            f"js/{name}.js"
            for name in ("keys", "palette", "copy", "time", "tip", "errors", "menu", "feedback", "steady")
        ),
    ],
}
"""What every page has, each of them one file where static files are collected."""
LARGEST = 256 * 1024
"""Bytes of a file that is answered whole."""


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """A page names about sixteen files; parsing and joining their addresses anew was 7 % of its time."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Called by `collectstatic` with what it has copied."""
        if not dry_run:
            for name, parts in BUNDLES.items():
                texts = (Path(self.path(part)).read_text() for part in parts)
                Path(self.path(name)).write_text("".join(map(_apart, parts, texts)))
                paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)

    @cached_property
    def _addresses(self) -> dict[str, str]:
        return {}

    def url(self, name: str | None, force: bool = False) -> str:
        """The address of a file. Raises ValueError if the manifest does not know it."""
        key = name or ""
        if key not in self._addresses:
            self._addresses[key] = super().url(name, force)
        return self._addresses[key]


def _apart(name: str, text: str) -> str:
    """A file's text for its bundle: a module of ours keeps its own scope, and one that fails stops no other."""
    if not name.startswith("js/"):
        return f"{text}\n"
    return (
        f'try {{\n(() => {{\n"use strict";\n{text}\n}})();\n}} catch (error) {{\n  reportError(error);\n}}\n'
    )


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
