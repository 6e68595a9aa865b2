"""Streams of images, speech and transcriptions -> the body that a whole answer would have had."""

from typing import Any

from generations.gateway.rawjson.values import Value
from generations.gateway.streams import tolerant
from generations.gateway.streams.body_builder import Base64, Body, grown
from generations.gateway.streams.partial_values import Draft, append, is_empty, overlaid, overlaid_counts

__all__ = ["MediaBody"]

_VOLATILE = {"id", "created", "model"}
_PICTURE = ("b64_json", "url", "revised_prompt", "mime_type")


class MediaBody(Body):
    """Events are distinguished by the last words of their type: `...partial_image`, `...audio.delta`,
    `...text.delta`, `...completed`, `...done`."""

    def __init__(self, wire: str) -> None:
        super().__init__()
        self.wire = wire  # type: ignore[misc]
        self._partial: dict[int, dict[str, Any]] = {}

    def take(self, name: str, value: dict[str, Any]) -> None:
        kind = tolerant.text(value.get("type")) or name
        if kind == "error" or not is_empty(value.get("error")) or value.get("object") == "error":
            self.fail(value)
            return
        self._note_end(kind)
        if kind.endswith("partial_image"):
            self._picture_part(kind, value)
        elif tolerant.text(value.get("b64_json")) or (
            self.wire == "images" and tolerant.text(value.get("url"))
        ):
            self._picture(value)
        elif isinstance(value.get("audio"), str):
            self._sound(value)
        else:
            self._words(kind, value)

    def _note_end(self, kind: str) -> None:
        if kind.endswith(("completed", "done")):
            self.ended = "done"
        elif not kind and not self.body:
            self.ended = "whole"  # a whole body, sent as one frame

    def _words(self, kind: str, value: dict[str, Any]) -> None:
        if isinstance(value.get("delta"), str):
            append(self.body, "text", value["delta"])
            self._rest(value, "delta")
        elif kind.endswith("segment"):
            segments = self.body.setdefault("segments", [])
            segments.append({k: v for k, v in value.items() if k != "type"})
        elif "." in kind and not self.ended:
            self.stray(kind, value)
        else:
            self._rest(value)

    def _sound(self, value: dict[str, Any]) -> None:
        if not isinstance(self.body.get("audio"), Base64):
            self.body["audio"] = Base64()
        self.body["audio"].add(value["audio"])
        self._rest(value, "audio")

    def _picture_part(self, kind: str, value: dict[str, Any]) -> None:
        index = tolerant.position(value.get("output_index"), 0) or 0
        if index in self._partial:
            self.stray(kind, self._partial[index])
        self._partial[index] = value

    def _picture(self, value: dict[str, Any]) -> None:
        self.body.setdefault("data", []).append({key: value[key] for key in _PICTURE if key in value})
        self._partial.clear()
        self._rest(value, *_PICTURE)

    def _rest(self, value: dict[str, Any], *known: str) -> None:
        for key, member in value.items():
            if key in (*known, "type", "sequence_number", "obfuscation", "partial_image_index"):
                continue
            key = "created" if key == "created_at" else key
            if key in self.COUNTERS:
                self.body[key] = overlaid_counts(self.body.get(key), member, self.lost, key)
            elif key == "logprobs" and isinstance(member, list):
                self._logprobs(member)
            elif key == "text" and isinstance(member, str):
                self.body[key] = overlaid(self.body.get(key), member, self.lost, key)
            else:
                self.envelope(key, member, volatile=key in _VOLATILE)

    def _logprobs(self, member: list[Draft]) -> None:
        if self.ended and self.body.get("logprobs"):
            self.body["logprobs"] = overlaid(self.body["logprobs"], member, self.lost, "logprobs")
        else:
            grown(self.body, "logprobs", member, self.lost)

    def finished(self) -> Value:
        # No whole picture came: the last partial one is the best there is.
        for value in self._partial.values():
            image = tolerant.text(value.get("b64_json")) or tolerant.text(value.get("partial_image_b64"))
            self._picture({**{k: v for k, v in value.items() if k != "partial_image_b64"}, "b64_json": image})
            break
        return super().finished()
