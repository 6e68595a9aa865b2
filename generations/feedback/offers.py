"""Whether feedback can be given through a connection, and if not, why and what mends it."""

from dataclasses import dataclass

from dashboard.consents import identity, keys
from dashboard.consents.keys import ConnectionKey
from dashboard.consents.scopes import FEEDBACK
from dashboard.models import GatewayConnection
from generations.models import Generation, Replay
from generations.replay.order import orders

WRITE, READ = FEEDBACK
RECONNECT, CLIENT = "reconnect", "client"


@dataclass(frozen=True, slots=True)
class FeedbackOffer:
    """`title` says why feedback is off, "" where it is on; `mends` is what helps. `can_read`: what is there is listed."""

    source: GatewayConnection | None
    can_read: bool = False
    title: str = ""
    advice: str = ""
    mends: str = ""

    @property
    def is_on(self) -> bool:
        return not self.title


def key_with(source: GatewayConnection, scope: str) -> ConnectionKey | None:
    """The key of the newest good consent that covers `scope`."""
    fitting = (consent for consent in keys.good(source) if scope in consent.granted)
    return next((ConnectionKey(consent.key, consent) for consent in fitting if consent.key), None)


def of(source: GatewayConnection | None) -> FeedbackOffer:
    """What can be done through this connection."""
    if source is None:
        return FeedbackOffer(
            None,
            title="This team has no gateway connection for it.",
            advice="Connect in the team's settings, under Gateway connections.",
        )
    can_read = key_with(source, READ) is not None
    if key_with(source, WRITE) is not None:
        return FeedbackOffer(source, can_read)
    client = identity.registered(source.team, source.base_url)
    if client is not None and WRITE in client.scopes:
        return FeedbackOffer(
            source,
            can_read,
            f"No consent of {source.name} may send feedback.",
            "Connect again and leave “feedback” ticked.",
            RECONNECT,
        )
    return FeedbackOffer(
        source,
        can_read,
        f"{source.name} is not connected with a client that may send feedback.",
        "Feedback needs a client that is registered at the gateway and lists feedback:write and feedback:read. "
        "Enter it, then connect again.",
        CLIENT,
    )


def source_of(generation: Generation | None, replay: Replay | None) -> GatewayConnection | None:
    """The connection whose gateway has the request."""
    if replay is not None:
        return replay.connection
    return orders.source_of(generation) if generation is not None else None
