"""What the running demo gateway holds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from generations.gateway.demo.server.oauth import OAuth
from generations.gateway.demo.server.settings import Settings
from generations.gateway.demo.server.store import Store

Mode = Literal["legacy", "scoped"]


@dataclass(slots=True)
class ServerState:
    """Shared by the product's routes and the control API."""

    mode: Mode
    started_with: Settings
    settings: Settings
    store: Store
    oauth: OAuth

    def now(self) -> datetime:
        """The demo gateway's clock, which `/demo/oauth` moves ahead."""
        return datetime.fromtimestamp(self.oauth.ledger.now(), UTC)

    def reset(self, *, keep_consents: bool = False) -> None:
        """Back to how the process began; the keys that consents made can go on."""
        self.store.reset()
        if not keep_consents:
            self.oauth.reset()
        self.settings = self.started_with
