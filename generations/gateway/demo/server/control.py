"""The control API under `/demo/`: what was received, settings, and what arrives in the log."""

import json
from dataclasses import asdict
from datetime import datetime

from generations.gateway.demo import stories
from generations.gateway.demo.faults import FAULTS
from generations.gateway.demo.server.exchange import Exchange
from generations.gateway.demo.server.state import ServerState
from generations.gateway.demo.shapes import Json

SETTINGS_LIMIT = 2**20


class Control:
    """For tests, benchmarks and people; the real gateway has nothing of it."""

    def __init__(self, state: ServerState) -> None:
        self.state = state

    async def reset(self, exchange: Exchange) -> None:
        """POST /demo/reset `{keep_consents}`: nothing received, the settings of the start, and no consents."""
        try:
            fields: Json = json.loads(await exchange.body(SETTINGS_LIMIT) or b"{}")
            self.state.reset(keep_consents=fields.get("keep_consents") is True)
        except (ValueError, AttributeError) as problem:
            await exchange.data(400, {"error": str(problem)})
            return
        await exchange.control(200, {"ok": True})

    async def requests(self, exchange: Exchange) -> None:
        """GET /demo/requests: every POST received, in order, without keys."""
        shown = [seen.shown() for seen in self.state.store.seen]
        await exchange.data(200, {"count": self.state.store.received, "requests": shown})

    async def settings(self, exchange: Exchange) -> None:
        """GET /demo/settings."""
        await exchange.data(200, asdict(self.state.settings) | {"mode": self.state.mode})

    async def change(self, exchange: Exchange) -> None:
        """POST /demo/settings: any of the settings, and `mode`."""
        try:
            values: Json = json.loads(await exchange.body(SETTINGS_LIMIT))
            mode = values.pop("mode", self.state.mode)
            self.state.settings = self.state.settings.changed(values)
        except (ValueError, AttributeError, TypeError) as problem:
            await exchange.data(400, {"error": str(problem)})
            return
        self.state.mode = mode if mode in ("legacy", "scoped") else self.state.mode
        await self.settings(exchange)

    async def arrive(self, exchange: Exchange) -> None:
        """POST /demo/log `{rows, at, step_us}`: rows arrive in the log, at `at` (ISO 8601, now without it)."""
        try:
            fields: Json = json.loads(await exchange.body(SETTINGS_LIMIT))
            at = datetime.fromisoformat(fields["at"]) if "at" in fields else self.state.now()
            made = self.state.store.arrive(int(fields.get("rows", 1)), at, int(fields.get("step_us", 0)))
        except (ValueError, AttributeError, TypeError) as problem:
            await exchange.data(400, {"error": str(problem)})
            return
        await exchange.data(200, {"ids": made})

    async def catalogue(self, exchange: Exchange) -> None:
        """GET /demo/catalogue: the stories, with the ids of this run."""
        names = ("request_id", "title", "group")
        rows = [dict(zip(names, row, strict=True)) for row in stories.catalogue(self.state.store.epoch_ms)]
        await exchange.data(
            200, {"epoch_ms": self.state.store.epoch_ms, "examples": stories.EXAMPLE_IDS, "records": rows}
        )

    async def faults(self, exchange: Exchange) -> None:
        """GET /demo/faults: every fault by name."""
        await exchange.data(200, {name: fault.says for name, fault in FAULTS.items()})
