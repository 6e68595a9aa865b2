"""`python -m generations.gateway.demo`: the demo gateway on 127.0.0.1."""

import argparse
import asyncio
import gc
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from generations.gateway.demo.server.app import App, create
from generations.gateway.demo.server.settings import Settings


class Protocol(HttpToolsProtocol):
    """Hands the connection's transport to the application, which a few faults need to cut it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop for each new connection."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.app_state = {**self.app_state, "transport": transport}


class DemoServer(uvicorn.Server):
    """Ends long answers at once when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self.app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by the signal handlers."""
        super().handle_exit(sig, frame)
        asyncio.get_running_loop().call_soon_threadsafe(self.app.close)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("generations.gateway.demo", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--mode", choices=("legacy", "scoped"), default="scoped", help="documented or current contract"
    )
    parser.add_argument("--pace", type=float, default=1.0, help="factor on all waiting: 1 as in life, 0 none")
    parser.add_argument(
        "--epoch", type=int, default=None, help="milliseconds since 1970 that the stories count from"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Runs until SIGTERM or SIGINT."""
    options = arguments(argv)
    app = create(options.mode, Settings(pace=options.pace), options.epoch)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=options.port,
        http=Protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    gc.freeze()
    DemoServer(config, app).run()


if __name__ == "__main__":
    main()
