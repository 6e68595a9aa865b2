"""A gateway whose answer a test says word by word, so that nothing in the live tests depends on time."""

import json
from queue import SimpleQueue

from tests.gateway.peer import Call, Peer

CALCULATOR = "/pricing/calculate"


class Teller:
    """Answers each POST with a chat stream of what the test says from then on. It knows nothing else: a page that
    looks for the gateway's consent (a GET), or asks for a price, must not take the words."""

    def __init__(self) -> None:
        self.frames: SimpleQueue[bytes | None] = SimpleQueue()
        self.text = ""
        self.peer = Peer(self._answer)

    def say(self, text: str) -> None:
        """The next part of the text, as one frame."""
        self.text += text
        self._frame({"content": text}, None)

    def say_words(self, first: int, last: int) -> None:
        """Words that are all different, as one frame each."""
        for number in range(first, last + 1):
            self.say(f"word{number} ")

    def finish(self) -> None:
        """The end of the answer."""
        self._frame({}, "stop")
        self.frames.put(b"data: [DONE]\n\n")
        self.frames.put(None)

    def forget(self) -> None:
        """End the answer that a test left open, so that the next one begins anew."""
        self.frames.put(None)
        self.frames, self.text = SimpleQueue(), ""
        self.peer.calls.clear()

    @property
    def posts(self) -> int:
        return sum(
            1 for call in self.peer.calls if call.method == "POST" and not call.target.endswith(CALCULATOR)
        )

    def _frame(self, delta: dict[str, str], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"object": "chat.completion.chunk", "choices": [choice]}
        self.frames.put(f"data: {json.dumps(chunk)}\n\n".encode())

    def _answer(self, call: Call) -> None:
        if call.method != "POST" or call.target.endswith(CALCULATOR):
            call.answer(404, b"Not Found", "text/plain")
            return
        frames = self.frames
        call.open()
        while (frame := frames.get()) is not None:
            call.chunk(frame)
        call.finish()
