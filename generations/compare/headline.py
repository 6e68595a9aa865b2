"""The figures in the head of a replay: one total with its clock named, who answered, what it cost."""

from dataclasses import dataclass
from decimal import Decimal

from generations.compare.comparison import HERE, gateway_times
from generations.models import Replay

RECORDED = "as the gateway recorded it"


@dataclass(frozen=True, slots=True)
class Headline:
    """`total` is in ms by the `clock` that is named, None where it is not known; `cost` in nanos."""

    model: str
    provider: str
    total: Decimal | int | None
    clock: str
    cost: int | None


def of(replay: Replay) -> Headline:
    """The gateway's own figures where its record of the replay is there, else what the answer said and what was
    measured here.
    """
    recorded = replay.new_generation
    total = gateway_times(recorded).total if recorded else None
    model = replay.model_id or replay.generation.model_id
    provider = (recorded.provider if recorded else "") or replay.provider
    cost = recorded.cost_nanos if recorded and recorded.cost_nanos is not None else replay.cost_nanos
    if total is not None:
        return Headline(model, provider, total, RECORDED, cost)
    return Headline(model, provider, replay.total_ms, HERE, cost)
