"""Thin tasks: take an ID, call one function."""

from uuid import UUID

from celery import shared_task

from generations import rebuild as rebuilding
from generations.replay import batches, engine, results
from generations.replay import signals as signals
from generations.replay import sweep as sweeping


@shared_task(name="generations.tasks.run_replay")
def run_replay(replay_id: str) -> None:
    """Run one queued replay; where it is one of a batch, let the next one go."""
    replay = engine.run(UUID(replay_id))
    if replay is not None and replay.batch_id is not None:
        batches.advance()


@shared_task(name="generations.tasks.sweep")
def sweep() -> None:
    """Every 10 s: lost messages, silent workers, batches, records of new generations."""
    sweeping.sweep()
    batches.advance()
    results.fetch_due()


@shared_task(name="generations.tasks.rebuild")
def rebuild() -> None:
    """Every 10 s: make again what an older Retake derived."""
    rebuilding.tick()


@shared_task(name="generations.tasks.tidy")
def tidy() -> None:
    """Every hour: drop what has expired."""
    sweeping.tidy()
