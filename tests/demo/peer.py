"""How these tests talk to the demo gateway."""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass
class Peer:
    """An HTTP client, the server's address and the key that is used unless another one is named."""

    http: httpx.Client
    url: str
    key: str

    def headers(self, key: str | None) -> dict[str, str]:
        named = self.key if key is None else key
        return {"authorization": f"Bearer {named}"} if named else {}

    def get(self, path: str, key: str | None = None, **query: str) -> httpx.Response:
        return self.http.get(path, params=query, headers=self.headers(key))

    def generation(self, request_id: str, key: str | None = None) -> httpx.Response:
        return self.get("/v1/generations", key, id=request_id)

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        shown = {"content-type": "application/json"} | self.headers(key) | named
        return self.http.post(path, content=content, headers=shown)

    def chat(self, model: str = "openai/gpt-5-nano", text: str = "hello", **more: Any) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}]} | more
        return self.post("/v1/chat/completions", body)

    def frames(self, path: str, body: Any, **headers: str) -> list[tuple[str, Any]]:
        """(event name, parsed data) of every frame; data that is not JSON stays text."""
        text = self.post(path, body, **headers).text
        return [_frame(block) for block in text.split("\n\n") if block]

    def settle(self, **settings: Any) -> dict[str, Any]:
        return dict(self.http.post("/demo/settings", json=settings).json())

    def reset(self) -> None:
        self.http.post("/demo/reset", json={})

    def received(self) -> list[dict[str, Any]]:
        return list(self.http.get("/demo/requests").json()["requests"])

    def recorded(self, request_id: str, seconds: float = 5) -> dict[str, Any]:
        """The record of a request that was just made, once it is written."""
        limit = time.monotonic() + seconds
        while (answer := self.generation(request_id)).status_code == 404:
            assert time.monotonic() < limit, "the record never came"
            time.sleep(0.02)
        return dict(answer.json())


def _frame(block: str) -> tuple[str, Any]:
    name, data = "", ""
    for line in block.split("\n"):
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data = line[6:]
    return name, json.loads(data) if data.startswith("{") else data


def object_schema(**types: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in types.items()}}
