"""A bare asyncio client that only reads: what two hundred streams at once take at the least.

`python -m bench.bare_client URL KEY COUNT < body` prints the seconds until all have ended.
"""

import asyncio
import sys
import time

import httpx

LIMIT_S = 60


async def ask(address: str, key: str, body: bytes, count: int) -> tuple[float, list[bytes]]:
    """`count` POSTs at once; gives the seconds until all answers have ended, and their bytes."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=LIMIT_S, trust_env=False) as client:
        begun = time.monotonic()
        answers = await asyncio.gather(*(stream(client, address, body) for _ in range(count)))
        return time.monotonic() - begun, answers


async def stream(client: httpx.AsyncClient, address: str, body: bytes) -> bytes:
    """One answer's bytes."""
    async with client.stream("POST", address, content=body) as response:
        return b"".join([chunk async for chunk in response.aiter_raw()])


if __name__ == "__main__":
    print(asyncio.run(ask(sys.argv[1], sys.argv[2], sys.stdin.buffer.read(), int(sys.argv[3])))[0])
