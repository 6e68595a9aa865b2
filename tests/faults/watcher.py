"""An open page: follows the events of a replay as a browser does, and comes back where it was."""

import html
import re
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from tests.faults.site import Click, Site


class Watcher:
    """`text`: the words seen so far; `broken`: how often the line broke; `ended`: the closing event came."""

    def __init__(self, site: Site, click: Click) -> None:
        self.site, self.path = site, f"{click.address}/events"
        self.text, self.last, self.broken, self.ended = "", "", 0, False
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        end = time.monotonic() + 120
        while not self.ended and time.monotonic() < end:
            with suppress(OSError, HTTPException):
                self._read()
            if not self.ended:
                self.broken += 1
                time.sleep(0.5)

    def _read(self) -> None:
        line = HTTPConnection(self.site.person.place, timeout=30)
        headers = {"Cookie": self.site.person.cookie}
        headers |= {"Last-Event-ID": self.last} if self.last else {}
        line.request("GET", self.path, headers=headers)
        response = line.getresponse()
        block: list[str] = []
        while response.status == 200 and (read := response.readline()):
            text = read.decode().rstrip("\n")
            if text:
                block.append(text)
            elif block:
                self._event(block)
                block = []
            if self.ended:
                break
        line.close()

    def _event(self, block: list[str]) -> None:
        fields = [part.partition(": ")[::2] for part in block]
        name = next((value for key, value in fields if key == "event"), "")
        data = "\n".join(value for key, value in fields if key == "data")
        words = html.unescape(re.sub(r"<[^>]*>", "", data))
        if name == "snap":
            self.text = words
        elif name == "delta":
            self.text += words
        self.last = next((value for key, value in fields if key == "id"), self.last)
        self.ended = name == "end"
