"""The click: the row of a replay, and the message to the workers."""

import logging
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from kombu.exceptions import OperationalError

from dashboard.celery import app as celery
from dashboard.models import User
from dashboard.rows.joined_rows import RowPart
from dashboard.telemetry import logs
from generations.models import Replay, ReplayLimits
from generations.replay.order import orders, spending_limits
from generations.replay.order.pricing import Price, expected

log = logging.getLogger(__name__)

RUN = "generations.tasks.run_replay"


def start_replay(
    order: orders.Order, user: User, click: UUID, why: str = "", *, price: Price | None = None
) -> Replay:
    """The replay of this click, queued. The same click again gives the same replay. `price` is what the page expected.

    Raises orders.ClickAlreadyUsed when the click has sent another body, spending_limits.LimitExceeded.
    """
    replay = row_of(order, user, click, why, price or expected(order))
    with transaction.atomic():
        is_first, held = _insert(replay)
        if not is_first:
            first = Replay.rows.select_related("team").get(team=replay.team, click=click)
            if first.body_sha256 != replay.body_sha256:
                raise orders.ClickAlreadyUsed
            return first
        if held:
            spending_limits.check(held, replay.team, user, [replay])
        transaction.on_commit(partial(send_message, replay.pk))
    return replay


# Without those that only the database has a default for: a new row holds no value of theirs to be sent.
FIELDS = [
    field for field in Replay._meta.concrete_fields if field.has_default() or not field.has_db_default()
]
LIMITS = RowPart(ReplayLimits)
# Counting what `limits` holds, one row at most, makes the database lock it before it inserts the replay.
INSERT = f"""
WITH limits AS (SELECT * FROM generations_replaylimits WHERE team_id = %s FOR NO KEY UPDATE),
made AS (
    INSERT INTO generations_replay ({", ".join(field.attname for field in FIELDS)})
    SELECT {", ".join("%s" for _ in FIELDS)} WHERE (SELECT count(*) FROM limits) < 2
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT EXISTS (SELECT FROM made), {LIMITS.listed("limits")} FROM (SELECT) AS always LEFT JOIN limits ON true
"""  # noqa: S608 -- columns of our own models


def _insert(replay: Replay) -> tuple[bool, ReplayLimits | None]:
    """Lock the team's limits, as `spending_limits.locked` does, then insert the row: whether its click is the first."""
    values = [field.get_db_prep_save(getattr(replay, field.attname), connection) for field in FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [replay.team_id, *values])
        is_first, *limits = cursor.fetchone()
    return is_first, LIMITS.row_or_none(iter(limits))


def row_of(order: orders.Order, user: User, click: UUID, why: str, price: Price) -> Replay:
    """The row of an order, not saved yet."""
    return Replay(
        team=order.generation.team,
        generation=order.generation,
        record=order.record,
        connection=order.source,
        requested_by=user,
        click=click,
        body_sha256=order.sha256,
        patch=order.patch,
        why=why,
        expected_low=price.low,
        expected_high=price.high,
        expected_most=price.most,
    )


def send_message(replay_id: UUID) -> bool:
    """Send the message to the workers. When the broker is unavailable the row stays queued and the sweep sends it later."""
    try:
        celery.send_task(RUN, [str(replay_id)])
    except (OperationalError, OSError):
        log.warning("The broker is unavailable; replay %s waits for the sweep", replay_id, extra=logs.REDIS)
        return False
    return True
