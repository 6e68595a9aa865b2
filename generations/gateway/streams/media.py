"""Streams of images, speech and transcriptions -> events."""

from collections.abc import Iterator
from typing import Any

from generations.gateway.events import Event, Finish, Media, Other, Text
from generations.gateway.streams import parts
from generations.gateway.streams.sse import Frame

__all__ = ["Generic"]


class Generic:
    """Events are told apart by their type's last words: `...partial_image`, `...audio.delta`,
    `...text.delta`, `...completed`, `...done`. What is not known is kept as Other."""

    def __init__(self) -> None:
        self.ended = ""
        self._sound: list[str] = []
        self._spoke = False
        self._known = parts.Known()

    def frame(self, frame: Frame) -> Iterator[Event]:
        told = parts.exact(frame.data)
        if frame.data.strip() == b"[DONE]":
            self.ended = "done"
        elif not isinstance(told, dict):
            yield Other(frame.name, parts.shown(frame.data))
        else:
            yield from self._event(parts.text(told.get("type")) or frame.name, told, frame)

    def end(self) -> Iterator[Event]:
        if self._sound:
            yield Media("audio", None, "".join(self._sound))

    def _event(self, kind: str, told: dict[str, Any], frame: Frame) -> Iterator[Event]:
        if kind == "error" or told.get("error") or told.get("object") == "error":
            yield from parts.faults(told | {"type": "error"}, parts.shown(frame.data))
            return
        if kind.endswith(("completed", "done")):
            self.ended = "done"
        if told.get("id") or told.get("requestId"):
            yield from self._known.learn(parts.identity(told, camel=True))
        yield from self._content(kind, told, frame)
        yield from parts.usages(told)
        yield from parts.meta(told)

    def _content(self, kind: str, told: dict[str, Any], frame: Frame) -> Iterator[Event]:
        image = parts.text(told.get("b64_json")) or parts.text(told.get("partial_image_b64"))
        if image:
            form = parts.text(told.get("output_format"))
            yield Media("image", f"image/{form}" if form else None, image, partial="partial" in kind)
        elif parts.text(told.get("audio")):
            self._sound.append(told["audio"])
        elif parts.text(told.get("delta")):
            self._spoke = True
            yield Text(told["delta"])
        elif parts.text(told.get("text")) and not self._spoke:
            yield Text(told["text"])
        elif parts.text(told.get("finish_reason")):
            yield Finish(told["finish_reason"])
        elif not self.ended:
            yield Other(kind, parts.shown(frame.data))
