"""The click: the row of a replay, and the message to the workers."""

import logging
from functools import partial
from uuid import UUID

from django.db import transaction
from kombu.exceptions import OperationalError

from dashboard.celery import app as celery
from dashboard.models import User
from dashboard.telemetry import logs
from generations.models import Replay
from generations.replay.order import orders, spending_limits
from generations.replay.order.pricing import Price, expected

log = logging.getLogger(__name__)

RUN = "generations.tasks.run_replay"


def start_replay(
    order: orders.Order, user: User, click: UUID, why: str = "", *, price: Price | None = None
) -> Replay:
    """The replay of this click, queued. The same click again gives the same replay. `price` is what the page expected.

    Raises orders.ClickAlreadyUsed when the click has sent another body, spending_limits.Exceeded.
    """
    replay = row_of(order, user, click, why, price or expected(order))
    with transaction.atomic():
        held = spending_limits.locked(replay.team)
        Replay.objects.bulk_create([replay], ignore_conflicts=True)
        same_click = Replay.rows.filter(team=replay.team, click=click)
        if same_click.values_list("pk", flat=True).get() != replay.pk:
            first = same_click.select_related("team").get()
            if first.body_sha256 != replay.body_sha256:
                raise orders.ClickAlreadyUsed
            return first
        if held:
            spending_limits.check(held, replay.team, user, [replay])
        transaction.on_commit(partial(send_message, replay.pk))
    return replay


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
