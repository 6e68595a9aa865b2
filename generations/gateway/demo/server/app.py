"""The ASGI application: a table of routes, and the generation lookup."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from generations.gateway.demo import keys, ulid
from generations.gateway.demo.keys import Holder
from generations.gateway.demo.records.io_log import legacy, scoped
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.replies import errors
from generations.gateway.demo.sanitiser import sanitise
from generations.gateway.demo.server import catalogue, log, pricing
from generations.gateway.demo.server.control import Control
from generations.gateway.demo.server.exchange import Exchange, Message, Receive, Send, pretty
from generations.gateway.demo.server.feedback import FeedbackRoutes
from generations.gateway.demo.server.oauth import OAuth
from generations.gateway.demo.server.post_endpoints import PATHS
from generations.gateway.demo.server.posts import Post
from generations.gateway.demo.server.settings import Settings
from generations.gateway.demo.server.state import Mode, ServerState
from generations.gateway.demo.server.store import Store, new_id
from generations.gateway.demo.shapes import Story

PRICED_LIMIT = 2**20
Handler = Callable[[Exchange], Awaitable[None]]


class App:
    """contract: GET checks id, credential, scope, row, in that order; every JSON answer is no-store."""

    def __init__(self, mode: Mode, settings: Settings, epoch_ms: int) -> None:
        self.state = ServerState(mode, settings, settings, Store(epoch_ms), OAuth())
        self.feedback = FeedbackRoutes(self.state, self._manager)
        self.control = Control(self.state)
        self.running: dict[asyncio.Task[None], Exchange] = {}
        self._gets: dict[str, Handler] = {
            "/v1/health": self.health,
            "/v1/generations": self.generation,
            "/v1/key": self.key,
            "/v1/models": self.models,
            "/v1/data/models": self.models,
            "/v1/providers": self.providers,
            "/v1/endpoints": self.endpoints,
            "/v1/logs": self.logs,
            "/v1/activity": self.activity,
            "/v1/credits": self.credits,
            "/v1/feedback": self.feedback.listed,
            "/v1/pricing/models": self.price_list,
            "/demo/requests": self.control.requests,
            "/demo/settings": self.control.settings,
            "/demo/catalogue": self.control.catalogue,
            "/demo/faults": self.control.faults,
        }

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._tracked(Exchange(scope, receive, send))

    async def _tracked(self, exchange: Exchange) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.running[task] = exchange
        try:
            await self._serve(exchange)
        except asyncio.CancelledError:
            await exchange.gone()
        finally:
            del self.running[task]

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    async def _serve(self, exchange: Exchange) -> None:
        path = exchange.path  # contract §0.2: a slash at the end is another path
        if self.state.settings.down and not path.startswith("/demo/"):
            await exchange.answer(503, errors.HTML_503, "text/html; charset=UTF-8")
        elif await self.state.oauth.handles(exchange):
            return
        elif exchange.method == "POST":
            await self._post(exchange, path)
        elif exchange.method in ("GET", "HEAD"):
            await self._get(exchange, path)
        else:
            await self._nowhere(exchange)

    async def _nowhere(self, exchange: Exchange) -> None:
        await exchange.answer(404, b"404 Not Found", "text/plain; charset=UTF-8")

    async def _get(self, exchange: Exchange, path: str) -> None:
        if not path.startswith("/demo/") and self.state.settings.delay_ms:
            await asyncio.sleep(self.state.settings.delay_ms / 1000)
        handler = self._gets.get(path)
        if handler is not None:
            await handler(exchange)
        elif path.startswith("/v1/models/") and path.endswith("/endpoints"):
            await self.model_endpoints(exchange, path[11:-10])
        elif path.startswith("/v1/logs/"):
            await self.log(exchange, path[9:])
        else:
            await self._nowhere(exchange)

    async def _post(self, exchange: Exchange, path: str) -> None:
        if path in PATHS:
            await self._inference(exchange, PATHS[path])
        elif path == "/v1/pricing/calculate":
            await self.calculate(exchange)
        elif path == "/v1/feedback":
            await self.feedback.post(exchange)
        elif path == "/demo/settings":
            await self.control.change(exchange)
        elif path == "/demo/reset":
            await self.control.reset(exchange)
        elif path == "/demo/log":
            await self.control.arrive(exchange)
        else:
            await self._nowhere(exchange)

    async def _inference(self, exchange: Exchange, endpoint: str) -> None:
        try:
            settings = self.state.settings.for_request(exchange.headers)
        except ValueError as problem:
            await exchange.data(400, {"error": "demo_header", "description": str(problem)})
            return
        await Post(self.state.store, settings, exchange, endpoint).run()

    # --- reading --------------------------------------------------------------------------------------------

    async def health(self, exchange: Exchange) -> None:
        """GET /v1/health, open to everybody."""
        await exchange.brief(200, {"status": "ok"})

    async def generation(self, exchange: Exchange) -> None:
        """GET /v1/generations?id=."""
        asked = exchange.query.get("id", "")
        if not asked:
            await exchange.control(400, errors.MISSING_ID)
            return
        holder = keys.identify(exchange.headers.get("authorization"))
        reason = holder if isinstance(holder, str) else keys.gateway_refusal(holder, inference=False)
        if reason is not None:
            await exchange.control(401, errors.unauthorised(reason))
        elif isinstance(holder, Holder):
            await self._lookup(exchange, holder, asked)

    async def _lookup(self, exchange: Exchange, holder: Holder, asked: str) -> None:
        may_read = "generations:read" in holder.scopes
        if self.state.mode == "scoped" and holder.oauth and not may_read:
            await exchange.control(403, errors.scope_missing("generations:read"))
            return
        ours = holder.workspace == keys.WORKSPACE
        story = self.state.store.find(asked, self.state.settings.traffic) if ours else None
        if "\0" in asked:
            await exchange.control(500, errors.NO_NUL)
        elif story is None:
            await exchange.control(404, errors.NOT_FOUND)
        elif story.raw is not None:
            status, kind, body = story.raw(asked)
            await exchange.answer(status, body, kind)
        else:
            await exchange.answer(200, await self._record(story, asked, may_read))

    async def _record(self, story: Story, asked: str, may_read: bool) -> bytes:
        rows = Rows(story, asked, self.settled(asked))
        shown = legacy(rows) if self.state.mode == "legacy" else scoped(rows, replay=may_read)
        return pretty(sanitise(shown))

    def settled(self, asked: str) -> bool:
        """Whether an async job of that id is done by now.

        Ids from before the server's start count from its start.
        """
        made = submitted_at(asked, self.state.store.epoch_ms)
        return time.time() * 1000 - made >= self.state.settings.video_ms * self.state.settings.pace

    # --- guarded read endpoints -----------------------------------------------------------------------------

    async def _reader(self, exchange: Exchange, scope: str | None) -> Holder | None:
        """The holder of a gateway credential that may use a guarded read route; answers itself when there is
        none.
        """
        holder = keys.identify(exchange.headers.get("authorization"))
        reason = holder if isinstance(holder, str) else keys.gateway_refusal(holder, inference=True)
        if reason is not None or isinstance(holder, str):
            await exchange.brief(401, errors.guarded(str(reason), new_id()))
        elif scope and holder.oauth and scope not in holder.scopes:
            await exchange.control(403, errors.scope_missing(scope))
        else:
            return holder
        return None

    async def _manager(self, exchange: Exchange, scope: str) -> Holder | None:
        """The holder of a management credential; answers itself when there is none."""
        header = exchange.headers.get("authorization")
        holder = keys.identify(header)
        reason = holder if isinstance(holder, str) else keys.management_refusal(holder)
        if reason is not None or isinstance(holder, str):
            await exchange.brief(401, errors.guarded(str(reason), new_id()))
        elif scope not in holder.scopes:
            await exchange.control(403, errors.scope_missing(scope))
        elif holder.role == "viewer":
            await exchange.control(403, errors.ROLE_MISSING)
        else:
            return holder
        return None

    async def key(self, exchange: Exchange) -> None:
        """GET /v1/key."""
        if holder := await self._reader(exchange, "keys:read"):
            await exchange.control(200, catalogue.key_info(holder, holder.workspace))

    async def models(self, exchange: Exchange) -> None:
        """GET /v1/models."""
        if await self._reader(exchange, None):
            await exchange.control(200, catalogue.models(exchange.query), {"X-Phaseo-Cache": "MISS"})

    async def model_endpoints(self, exchange: Exchange, name: str) -> None:
        """GET /v1/models/{author}/{slug}/endpoints."""
        if await self._reader(exchange, None):
            found = catalogue.model_endpoints(name)
            await exchange.control(200 if found else 404, found or errors.NOT_FOUND)

    async def providers(self, exchange: Exchange) -> None:
        """GET /v1/providers."""
        if await self._reader(exchange, None):
            await exchange.control(200, catalogue.providers(exchange.query), {"X-Phaseo-Cache": "MISS"})

    async def endpoints(self, exchange: Exchange) -> None:
        """GET /v1/endpoints."""
        if await self._reader(exchange, None):
            await exchange.control(200, catalogue.endpoints(PATHS))

    async def logs(self, exchange: Exchange) -> None:
        """GET /v1/logs."""
        holder = await self._manager(exchange, "activity:read")
        if holder is None:
            return
        ours = holder.workspace == keys.WORKSPACE
        entries = self.state.store.entries(self.state.now(), self.state.settings.traffic) if ours else []
        try:
            found = log.answer(exchange.query, entries, holder.workspace, self.state.now())
        except log.QueryError as problem:
            await exchange.control(400, errors.bad_request(str(problem)))
        except log.QueryFailed:
            await exchange.control(500, {"ok": False, "error": "failed_to_load_logs"})
        except PermissionError as problem:
            await exchange.control(403, {"ok": False, "error": "forbidden", "message": str(problem)})
        else:
            await exchange.control(200, found)

    def _rows(self, holder: Holder) -> list[Rows]:
        return self.state.store.rows() if holder.workspace == keys.WORKSPACE else []

    async def log(self, exchange: Exchange, asked: str) -> None:
        """GET /v1/logs/{request_id}: whatever its age."""
        if asked.endswith("/") or not asked:
            await self._nowhere(exchange)
            return
        holder = await self._manager(exchange, "activity:read")
        if holder is None:
            return
        try:
            log.check_workspace(exchange.query, holder.workspace)
        except PermissionError as problem:
            await exchange.control(403, {"ok": False, "error": "forbidden", "message": str(problem)})
        else:
            await self._log_row(exchange, holder, asked.strip())

    async def _log_row(self, exchange: Exchange, holder: Holder, asked: str) -> None:
        ours = holder.workspace == keys.WORKSPACE
        story = self.state.store.find(asked, self.state.settings.traffic) if ours else None
        if asked in ("", "logs"):
            await exchange.control(400, errors.bad_request("request id is required"))
        elif len(asked) > 256:
            await exchange.control(400, errors.bad_request("request id is too long"))
        elif "\0" in asked:
            await exchange.control(500, {"ok": False, "error": "failed_to_load_log"})
        elif story is None or story.raw is not None:
            await exchange.control(404, errors.NOT_FOUND)
        else:
            entry = self.state.store.entry(asked, story)
            await exchange.control(200, {"ok": True, "data": entry.shown()})

    async def activity(self, exchange: Exchange) -> None:
        """GET /v1/activity."""
        if holder := await self._manager(exchange, "activity:read"):
            await exchange.control(
                200, catalogue.activity(exchange.query, self._rows(holder), datetime.now(UTC))
            )

    async def price_list(self, exchange: Exchange) -> None:
        """GET /v1/pricing/models."""
        if await self._reader(exchange, "pricing:read"):
            kept = {"Cache-Control": "private, max-age=300, stale-while-revalidate=600"}
            await exchange.control(200, pricing.price_list(), kept)

    async def calculate(self, exchange: Exchange) -> None:
        """POST /v1/pricing/calculate."""
        if not await self._reader(exchange, "pricing:read"):
            return
        try:
            status, answer = pricing.calculate(await exchange.body(PRICED_LIMIT), self.state.now())
        except pricing.CalculationFailed as problem:
            failed = {"ok": False, "error": "calculation_failed", "message": str(problem)}
            await exchange.control(500, failed)
        else:
            await exchange.control(status, answer)

    async def credits(self, exchange: Exchange) -> None:
        """GET /v1/credits."""
        if await self._manager(exchange, "credits:read"):
            await exchange.control(200, catalogue.CREDITS)

    def close(self) -> None:
        """Ends every answer in progress, for a quick exit."""
        for task, exchange in list(self.running.items()):
            exchange.transport.abort()
            task.cancel()


def submitted_at(asked: str, epoch_ms: int) -> float:
    """When the job behind an id was submitted, in milliseconds; not before the server's start."""
    return max(ulid.made_at(asked) or 0, epoch_ms)


def create(mode: Mode = "scoped", settings: Settings | None = None, epoch_ms: int | None = None) -> App:
    """The application. `epoch_ms`: the moment the stories count from; None means now."""
    return App(mode, settings or Settings(), round(time.time() * 1000) if epoch_ms is None else epoch_ms)
