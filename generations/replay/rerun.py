"""Replays ordered once more: the same generations with the same changes, as a plan of their own."""

from collections.abc import Mapping, Sequence

from dashboard.models import GatewayConnection, Team
from generations.gateway.record import Record
from generations.models import Batch, Replay, StoredRecord
from generations.models.replay import ReplayQuerySet, State
from generations.replay import batches
from generations.replay.batches import BatchPlan
from generations.replay.order import orders
from generations.replay.order.orders import Order
from generations.replay.prices.price_book import PriceBook

FAILED = (State.FAILED, State.INTERRUPTED)
EXPIRED = "What it changed in the request is no longer kept."


def failed_of(batch: Batch) -> ReplayQuerySet:
    """The members of a batch that failed or were interrupted, in their order."""
    return batch.replays.filter(state__in=FAILED).order_by("place")


def plan(team: Team, replays: ReplayQuerySet, book: PriceBook) -> BatchPlan:
    """Each of these replays of the team once more, in their order. The number of queries does not grow with them.

    Raises orders.ReplayRefused when they are too much for one plan.
    """
    rows = replays.select_related("generation").only("patch", "place", "generation")
    members = list(rows[: batches.MOST_MEMBERS + 1])
    batches.bound(len(members))
    generations = list({member.generation_id: member.generation for member in members}.values())
    for generation in generations:
        generation.team = team
    batches.weigh(generations)
    records = batches.records_of(generations)
    sources = batches.sources_of(generations)
    parsed = {pk: Record.read(record.raw) for pk, record in records.items()}
    made: dict[tuple[int, str], Order] = {}
    ordered: list[Order] = []
    left_out: list[tuple[str, str]] = []
    for member in members:
        key = (member.generation_id, member.patch)
        try:
            if key not in made:
                made[key] = _order(member, records, parsed, sources)
            ordered.append(made[key])
        except orders.ReplayRefused as refused:
            left_out.append((member.generation.request_id, str(refused)))
    return batches.priced(ordered, left_out, book)


def _order(
    member: Replay,
    records: Mapping[int, StoredRecord],
    parsed: Mapping[int, Record],
    sources: Sequence[GatewayConnection],
) -> Order:
    record = records.get(member.generation_id)
    if record is None:
        raise orders.ReplayRefused(orders.NO_REQUEST)
    if member.patch_expired:
        raise orders.ReplayRefused(EXPIRED)
    known = [source for source in sources if source.pk == member.generation.connection_id]
    source = next(iter([*known, *sources]), None)
    return orders.order_from(member.generation, parsed[member.generation_id], record, source, member.patch)
