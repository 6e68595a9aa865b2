"""Thin tasks: take an ID, call one function."""

from uuid import UUID

from celery import shared_task

from dashboard.consents import ending, notices
from dashboard.processes import presence
from generations.compare import similarity
from generations.feedback import sending
from generations.log import bulk
from generations.records import forgetting, makers, new_generation, retention, trend_days, usual_figures
from generations.records import rebuild as rebuilding
from generations.replay import batches
from generations.replay.worker import recovery, runner
from generations.replay.worker import shutdown as shutdown  # connects the signal of SIGTERM


@shared_task(name="generations.tasks.run_replay")
def run_replay(replay_id: str) -> None:
    """Run one queued replay; where it is one of a batch, let the next one go."""
    replay = runner.run(UUID(replay_id))
    if replay is not None and replay.batch_id is not None:
        batches.release_members()


@shared_task(name="generations.tasks.look_up_many")
def look_up_many(job_id: str) -> None:
    """Look many requests of the log up."""
    bulk.run(UUID(job_id))


@shared_task(name="generations.tasks.send_feedback")
def send_feedback(feedback_id: str) -> None:
    """Send one piece of feedback."""
    sending.run(UUID(feedback_id))


@shared_task(name="generations.tasks.finish_forgetting")
def finish_forgetting(click: str) -> None:
    """Delete what somebody has forgotten, once it cannot be undone any more."""
    forgetting.finish(UUID(click))


@shared_task(name="generations.tasks.sweep")
def sweep() -> None:
    """Every 5 s: lost messages, silent workers, batches, lookups of many, feedback, what was forgotten."""
    presence.save("beat", "sweep")
    recovery.sweep()
    batches.release_members()
    bulk.resend()
    sending.sweep()
    forgetting.finish_due()
    forgetting.drop_filters()


@shared_task(name="generations.tasks.fetch_records")
def fetch_records() -> None:
    """Every 5 s: records of new generations that are due."""
    new_generation.fetch_due()


@shared_task(name="generations.tasks.rebuild")
def rebuild() -> None:
    """Every 10 s: make again what an older Retake derived; compare new replays with their originals."""
    rebuilding.tick()
    similarity.tick()


@shared_task(name="generations.tasks.trends")
def trends() -> None:
    """Every 20 s: sum the days of the trends again whose generations have changed."""
    trend_days.tick()


@shared_task(name="generations.tasks.usual")
def usual() -> None:
    """Every 30 s: what is usual for the teams whose figures are due."""
    usual_figures.tick()


@shared_task(name="generations.tasks.note_makers")
def note_makers() -> None:
    """Every 10 minutes: generations of which it is not noted yet that a replay made them."""
    makers.tick()


@shared_task(name="generations.tasks.tidy")
def tidy() -> None:
    """Every hour: drop what has expired."""
    retention.tidy()


@shared_task(name="generations.tasks.consents")
def consents() -> None:
    """Every 10 minutes: consents that end, revocations that are due, mails before the end."""
    notices.send_due()
    ending.tidy()
