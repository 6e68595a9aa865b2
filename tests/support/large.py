"""Records that are as large as they come, and a gateway that has them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dashboard.local.system import LOOPBACK

MIB = 2**20


def chat(*texts: str, **record: Any) -> bytes:
    """A finished chat with these messages, user and assistant in turns."""
    said = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Done."}}]}
    fields = {
        "request_id": "G-1",
        "endpoint": "chat.completions",
        "status_code": 200,
        "success": True,
        "replay_supported": True,
        "replay_request": {"model": "openai/gpt-5-nano", "messages": said},
        "io_log": {"status": "stored", "payload": {"gateway_response": answer}},
        **record,
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def conversation(messages: int = 2000) -> bytes:
    """5 MiB in 2,000 messages, or as many as are asked for."""
    return chat(*(f"Message {number}: " + f"né {number} 🙂\n" * 160 for number in range(messages)))


def one_text(mib: int = 50) -> bytes:
    """One message of so many MiB."""
    return chat(('Ünd so weiter, "and so on"\n' * (mib * MIB // 28)) + "the very end")


SIZES: dict[str, Callable[[], bytes]] = {
    "small": lambda: chat("hello", "hi"),
    "5 MiB": conversation,
    "8 MiB": lambda: one_text(8),
    "50 MiB": one_text,
}


@cache
def record(size: str) -> bytes:
    """A record of one of SIZES, made on first use."""
    return SIZES[size]()


@contextmanager
def gateway(records: Mapping[str, Callable[[], bytes]]) -> Iterator[str]:
    """A gateway on loopback that has these records under their IDs: its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = records[parse_qs(urlsplit(self.path).query)["id"][0]]()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
