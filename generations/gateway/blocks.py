"""What an answer is made of: blocks of text, calls and media."""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Media:
    """An image, sound, video or file. `data` is base64 or a data URL. With neither `data` nor `url` the
    medium is the answer's body itself (binary answers: the Received bytes). A `partial` one is replaced by
    the next of its `part`."""

    kind: Literal["image", "audio", "video", "file"]
    mime: str | None = None
    data: str | None = None
    url: str | None = None
    choice: int = 0
    part: int = 0
    partial: bool = False


BlockKind: TypeAlias = Literal[
    "text", "reasoning", "refusal", "tool_call", "image", "audio", "video", "file", "json"
]


class Block:
    """One part of an answer. `text` holds words, tool arguments or JSON; `name` and `call_id` are of a tool
    call."""

    __slots__ = ("_pieces", "call_id", "choice", "kind", "media", "name", "part")

    def __init__(
        self,
        kind: BlockKind,
        text: str = "",
        name: str | None = None,
        call_id: str | None = None,
        choice: int = 0,
        media: Media | None = None,
        part: int = 0,
    ) -> None:
        self.kind, self.name, self.call_id = kind, name, call_id
        self.choice, self.media, self.part = choice, media, part
        self._pieces = [text] if text else []

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:  # joined once when read: appending stays cheap however long the text grows
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @text.setter
    def text(self, text: str) -> None:
        self._pieces = [text] if text else []

    def append(self, text: str) -> None:
        self._pieces.append(text)

    def _state(self) -> tuple[object, ...]:
        return self.kind, self.text, self.name, self.call_id, self.choice, self.media

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Block({self.kind!r}, {self.text[:60]!r}, name={self.name!r}, choice={self.choice})"
