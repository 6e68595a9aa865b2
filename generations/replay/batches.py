"""Many replays: planned first, then let go a few at a time, so that a single replay always finds a free thread."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from dashboard.models import GatewayConnection, Team, User
from generations.gateway import endpoints
from generations.gateway.record import Record
from generations.models import Batch, Generation, Replay, StoredRecord
from generations.models.replay import State
from generations.reading.edits import json_patch, patch_summary
from generations.reading.edits.patch_summary import PatchLine
from generations.replay.live import publisher
from generations.replay.order import orders, preflight, spending_limits, start
from generations.replay.order.orders import Order
from generations.replay.order.pricing import Price, expected
from generations.replay.order.request_edits import ChangeRefused, RequestEdits, patch_for
from generations.replay.order.shown_plan import ShownPlan
from generations.replay.prices.price_book import PriceBook

MOST_TIMES, MOST_GENERATIONS, MOST_MEMBERS = 50, 500, 500
MOST_BYTES = 128 * 2**20  # of the records that one plan holds in memory


# --- the plan -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BatchPlan:
    """What a batch would do. `left_out` are (request ID, why) of what cannot be replayed."""

    orders: list[Order]
    prices: list[Price]
    left_out: list[tuple[str, str]]

    @cached_property
    def shown(self) -> ShownPlan:
        return ShownPlan.of(self.orders, self.prices)

    @property
    def low(self) -> int:
        """Nanos, of those whose price is known."""
        return sum(price.low or 0 for price in self.prices)

    @property
    def high(self) -> int:
        """Nanos, of those whose price is known; where only the least is, that."""
        return sum(price.high if price.high is not None else price.low or 0 for price in self.prices)

    @property
    def most(self) -> int:
        """Nanos: the most that the limits of the requests allow, else the most that is likely."""
        return sum(price.dearest or 0 for price in self.prices)

    @property
    def foreign(self) -> int:
        """How many are priced in another currency than USD, wholly or in part; sums count them one to one."""
        return len([price for price in self.prices if price.currency != "USD" or price.others])

    @property
    def basis(self) -> list[tuple[str, Price]]:
        """The first price of each model, at most 12."""
        found: dict[str, Price] = {}
        for order, price in zip(self.orders, self.prices, strict=True):
            found.setdefault(order.model, price)
        return list(found.items())[:12]

    @property
    def unknown(self) -> int:
        """How many have no upper price."""
        return len([price for price in self.prices if price.high is None])

    @cached_property
    def distinct(self) -> list[Order]:
        """Each order once, however often it is repeated."""
        return list({id(order): order for order in self.orders}.values())

    @property
    def places(self) -> list[tuple[str, str]]:
        """The addresses and the names of the keys."""
        return sorted({(order.url, order.key_name) for order in self.distinct})

    @property
    def caveats(self) -> list[str]:
        """What may make replays differ, each once."""
        return list(
            dict.fromkeys(text for order in self.distinct for text in preflight.caveats(order.content))
        )

    @property
    def changes(self) -> list[tuple[int, list[PatchLine]]]:
        """The different patches with how many replays each: at most 20, the most frequent first."""
        counts = Counter(order.patch for order in self.orders)
        made = [(number, patch) for patch, number in counts.most_common(20)]
        return [(n, patch_summary.lines(None, json_patch.read(patch)) if patch else []) for n, patch in made]

    @property
    def damaged(self) -> int:
        """How many send values that the gateway damaged."""
        return len([order for order in self.orders if order.damage])


def plan_batch(
    generations: Sequence[Generation],
    variants: Sequence[RequestEdits] = (RequestEdits(),),
    times: int = 1,
    book: PriceBook | None = None,
) -> BatchPlan:
    """Each generation with each variant, `times` over; the number of queries does not grow with the generations.

    Raises orders.ReplayRefused when these are more than MOST_MEMBERS.
    """
    left_out: list[tuple[str, str]] = []
    weigh(generations)
    records, sources = records_of(generations), sources_of(generations)
    bound(len(records) * len(variants) * times)
    distinct: list[Order] = []
    for generation in generations:
        try:
            distinct += list(_orders(generation, records.get(generation.pk), sources, variants))
        except orders.ReplayRefused as refused:
            left_out.append((generation.request_id, str(refused)))
    return priced([order for order in distinct for _ in range(times)], left_out, book)


def priced(
    ordered: Sequence[Order], left_out: list[tuple[str, str]], book: PriceBook | None = None
) -> BatchPlan:
    """The plan of these orders; each is priced once, however often it is repeated."""
    book = book or PriceBook()
    known = {key: expected(order, book) for key, order in {id(order): order for order in ordered}.items()}
    return BatchPlan(list(ordered), [known[id(order)] for order in ordered], left_out)


def weigh(generations: Sequence[Generation]) -> None:
    """Raises orders.ReplayRefused when the records of these are more than a plan may hold in memory."""
    rows = StoredRecord.objects.filter(
        generation__in=[generation.pk for generation in generations], replayable=True
    )
    if (rows.aggregate(total=models.Sum("size"))["total"] or 0) > MOST_BYTES:
        raise orders.ReplayRefused(
            f"The records of these generations are larger than {MOST_BYTES // 2**20} MiB together. Choose fewer."
        )


def bound(count: int) -> None:
    """Raises orders.ReplayRefused when these are more replays than a batch has."""
    if count > MOST_MEMBERS:
        raise orders.ReplayRefused(
            f"These would be {count:,} replays; a batch has {MOST_MEMBERS} at most. "
            "Choose fewer generations, models or repetitions."
        )


def _orders(
    generation: Generation,
    record: StoredRecord | None,
    sources: list[GatewayConnection],
    variants: Sequence[RequestEdits],
) -> Iterable[Order]:
    if record is None:
        raise orders.ReplayRefused(orders.NO_REQUEST)
    parsed = Record.read(record.raw)
    known = [source for source in sources if source.pk == generation.connection_id]
    source = next(iter([*known, *sources]), None)
    for edits in variants:
        yield orders.order_from(generation, parsed, record, source, _patch(generation, parsed, edits))


def _patch(generation: Generation, parsed: Record, edits: RequestEdits) -> str:
    endpoint = endpoints.find(generation.endpoint)
    if parsed.replay_body is None or endpoint is None:
        return ""  # the order says why it cannot be
    try:
        return patch_for(parsed, parsed.replay_body, endpoint.wire, edits)
    except ChangeRefused as refused:
        raise orders.ReplayRefused(str(refused)) from None


def records_of(generations: Sequence[Generation]) -> dict[int, StoredRecord]:
    """The best replayable record of each."""
    rows = StoredRecord.objects.filter(
        generation__in=[generation.pk for generation in generations], replayable=True
    )
    return {row.generation_id: row for row in rows.best_of_each().defer("outline")}


def sources_of(generations: Sequence[Generation]) -> list[GatewayConnection]:
    """What the team can send through."""
    teams = {generation.team_id for generation in generations}
    return list(GatewayConnection.objects.filter(team__in=teams).usable())


# --- the click ----------------------------------------------------------------------------------------------------


def start_batch(
    team: Team, user: User, click: UUID, title: str, made: BatchPlan, parallel: int, why: str = ""
) -> Batch:
    """The batch of this click; the same click again gives the same batch.

    Raises orders.ClickAlreadyUsed when the click has started another one, spending_limits.LimitExceeded.
    """
    batch = Batch(
        team=team,
        started_by=user,
        click=click,
        title=title[:200],
        parallel=min(parallel, settings.TEAM_PARALLEL),
        size=len(made.orders),
        left_out=[list(item) for item in made.left_out],
    )
    with transaction.atomic():
        held = spending_limits.locked(team)
        Batch.objects.bulk_create([batch], ignore_conflicts=True)
        first = Batch.objects.select_related("team").get(team=team, click=click)
        if first.pk == batch.pk:
            rows = members(batch, user, made, why)
            Replay.objects.bulk_create(rows, batch_size=100)
            if held:
                spending_limits.check(held, team, user, rows)
            transaction.on_commit(release_members)
        else:
            _same(first, made)
    return first


def _same(first: Batch, made: BatchPlan) -> None:
    sent = first.replays.order_by("place").values_list("body_sha256", flat=True)
    if list(sent) != [order.sha256 for order in made.orders]:
        raise orders.ClickAlreadyUsed


def members(batch: Batch, user: User, made: BatchPlan, why: str) -> list[Replay]:
    """The rows of a batch, in their order, waiting."""
    rows = []
    for place, (order, price) in enumerate(zip(made.orders, made.prices, strict=True)):
        row = start.row_of(order, user, uuid5(batch.id, str(place)), why, price)
        row.batch, row.place, row.state = batch, place, State.WAITING
        rows.append(row)
    return rows


# --- letting go ---------------------------------------------------------------------------------------------------

LOCK = "SELECT pg_advisory_xact_lock(7216, 1)"
RELEASE = """
WITH busy AS (
    SELECT team_id, batch_id, count(*) AS n FROM generations_replay
    WHERE batch_id IS NOT NULL AND state IN ('queued', 'running') GROUP BY team_id, batch_id
), room AS (
    SELECT batch.id, batch.parallel - coalesce(busy.n, 0) AS free
    FROM generations_batch AS batch LEFT JOIN busy ON busy.batch_id = batch.id WHERE batch.state = 'running'
), waiting AS (
    SELECT member.id, member.team_id, row_number() OVER (PARTITION BY member.batch_id ORDER BY member.place) AS turn
    FROM room CROSS JOIN LATERAL (
        SELECT id, team_id, batch_id, place FROM generations_replay
        WHERE batch_id = room.id AND state = 'waiting' ORDER BY place LIMIT greatest(room.free, 0)
    ) AS member
), ranked AS (
    SELECT id, turn, row_number() OVER (PARTITION BY waiting.team_id ORDER BY turn)
        + coalesce((SELECT sum(n) FROM busy WHERE busy.team_id = waiting.team_id), 0) AS of_team
    FROM waiting
), next AS (
    SELECT id FROM ranked WHERE of_team <= %(team)s ORDER BY turn
    LIMIT greatest(%(all)s - (SELECT coalesce(sum(n), 0) FROM busy), 0)
)
UPDATE generations_replay SET state = 'queued', queued_at = %(now)s, message_sent_at = %(now)s
FROM next WHERE generations_replay.id = next.id AND state = 'waiting'
RETURNING generations_replay.id
"""
FINISH = """
UPDATE generations_batch SET state = 'done', finished_at = %s
WHERE state IN ('running', 'paused') AND NOT EXISTS (
    SELECT 1 FROM generations_replay
    WHERE batch_id = generations_batch.id AND state IN ('waiting', 'queued', 'running'))
"""


def release_members() -> int:
    """Let as many members go as there is room for, each batch in its turn, and close the batches that are through.

    Returns how many it released. Whoever ends a member calls it; the sweep does too, so that nothing gets stuck.
    """
    now = timezone.now()
    columns: dict[str, int | datetime] = {
        "team": settings.TEAM_PARALLEL,
        "all": settings.BATCH_PARALLEL,
        "now": now,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)  # a statement of its own: the next one must see what the one before us did
        cursor.execute(RELEASE, columns)
        let_go = [row[0] for row in cursor.fetchall()]
        cursor.execute(FINISH, [now])
    for replay_id in let_go:
        start.send_message(replay_id)
    return len(let_go)


def cancel(batch: Batch, user: User, *, running: bool) -> int:
    """End what waits and, if `running`, stop watching what runs. Returns how many it ended or asked to end."""
    ended = batch.cancel(user)
    if running:
        for replay in batch.replays.running():
            ended += replay.ask_to_stop(user)
    for replay_id in batch.replays.filter(state=State.CANCELLED).values_list("pk", flat=True)[:50]:
        publisher.notify(replay_id)
    return ended
