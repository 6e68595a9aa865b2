"""Streams of images, speech and transcriptions -> events."""

from collections.abc import Iterator
from typing import Any

from generations.gateway.blocks import Media
from generations.gateway.events import Event, Finish, Other, Text
from generations.gateway.streams import tolerant
from generations.gateway.streams.sse import Frame

__all__ = ["MediaReader"]


class MediaReader:
    """Events are distinguished by the last words of their type: `...partial_image`, `...audio.delta`,
    `...text.delta`, `...completed`, `...done`. What is not known is kept as Other."""

    def __init__(self) -> None:
        self.ended = ""
        self._sound: list[str] = []
        self._spoke = False
        self._known = tolerant.KnownIdentity()

    def frame(self, frame: Frame) -> Iterator[Event]:
        fields = tolerant.exact(frame.data)
        if frame.data.strip() == b"[DONE]":
            self.ended = "done"
        elif not isinstance(fields, dict):
            yield Other(frame.name, tolerant.shown(frame.data))
        else:
            yield from self._event(tolerant.text(fields.get("type")) or frame.name, fields, frame)

    def end(self) -> Iterator[Event]:
        if self._sound:
            yield Media("audio", None, "".join(self._sound))

    def _event(self, kind: str, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        if kind == "error" or fields.get("error") or fields.get("object") == "error":
            yield from tolerant.faults(fields | {"type": "error"}, tolerant.shown(frame.data))
            return
        if kind.endswith(("completed", "done")):
            self.ended = "done"
        if fields.get("id") or fields.get("requestId"):
            yield from self._known.learn(tolerant.identity(fields, camel=True))
        yield from self._content(kind, fields, frame)
        yield from tolerant.usages(fields)
        yield from tolerant.meta(fields)

    def _content(self, kind: str, fields: dict[str, Any], frame: Frame) -> Iterator[Event]:
        image = tolerant.text(fields.get("b64_json")) or tolerant.text(fields.get("partial_image_b64"))
        if image:
            form = tolerant.text(fields.get("output_format"))
            yield Media("image", f"image/{form}" if form else None, image, partial="partial" in kind)
        elif tolerant.text(fields.get("audio")):
            self._sound.append(fields["audio"])
        elif tolerant.text(fields.get("delta")):
            self._spoke = True
            yield Text(fields["delta"])
        elif tolerant.text(fields.get("text")) and not self._spoke:
            yield Text(fields["text"])
        elif tolerant.text(fields.get("finish_reason")):
            yield Finish(fields["finish_reason"])
        elif not self.ended:
            yield Other(kind, tolerant.shown(frame.data))
