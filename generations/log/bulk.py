"""Look many requests of the log up in the background: 200 at most, 8 at once, one such job per team."""

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from dashboard.access import Right
from dashboard.celery import app as celery
from dashboard.models import GatewayConnection, Membership, Team, User
from dashboard.telemetry import logs
from generations.gateway import log_paging
from generations.gateway.log import MOST_ROWS, LogPage
from generations.log import asking
from generations.log.asking import LogRefusal
from generations.models import BulkLookup, Fetch, Generation
from generations.records import lookup

log = logging.getLogger(__name__)

RUN = "generations.tasks.look_up_many"
MOST, AT_ONCE = 200, 8
PATIENCE = 20.0
BEAT_EVERY = 4


class LookupRunning(Exception):
    """Another such job of the team runs: `running`."""

    def __init__(self, running: BulkLookup) -> None:
        super().__init__()
        self.running = running


@dataclass(frozen=True, slots=True)
class FoundRequests:
    """The newest request IDs of a filter, and how many more it has."""

    request_ids: list[str]
    left_out: int


def of_filter(
    source: GatewayConnection, exact: dict[str, str], window: dict[str, str]
) -> FoundRequests | LogRefusal | None:
    """The requests that a filter finds; None when the gateway does not answer."""
    answer = asking.page(source, {**exact, **window, "limit": str(MOST_ROWS)}, PATIENCE)
    if not isinstance(answer, LogPage):
        return answer
    ids = [row.request_id for row in log_paging.cut(answer, None, MOST).rows]
    return FoundRequests(ids, max(0, (answer.total or 0) - len(ids)))


def start(team: Team, user: User, request_ids: Iterable[str], left_out: int = 0) -> BulkLookup:
    """The job, which a worker takes. Raises LookupRunning."""
    ids = list(dict.fromkeys(request_ids))
    left_out += max(0, len(ids) - MOST)
    try:
        with transaction.atomic():
            job = BulkLookup.objects.create(team=team, user=user, request_ids=ids[:MOST], left_out=left_out)
            transaction.on_commit(lambda: send_message(job.pk))
    except IntegrityError:
        running = BulkLookup.objects.of(team).unfinished().first()
        if running is None:
            return start(team, user, ids, left_out)
        raise LookupRunning(running) from None
    return job


def send_message(job_id: UUID) -> None:
    """Tell the workers. When the broker is unavailable the sweep tells them later."""
    try:
        celery.send_task(RUN, [str(job_id)])
    except (OperationalError, OSError):
        log.warning("The broker is unavailable; lookup %s waits for the sweep", job_id, extra=logs.REDIS)


def resend(now: datetime | None = None) -> int:
    """Send the messages of jobs that nobody works on."""
    silent = list(BulkLookup.objects.silent(now or timezone.now()).values_list("pk", flat=True)[:20])
    for job_id in silent:
        send_message(job_id)
    return len(silent)


def run(job_id: UUID) -> None:
    """Ask for everything that is not stored. Whoever may not look up any more asks for nothing."""
    job = BulkLookup.objects.unfinished().select_related("team", "user").filter(pk=job_id).first()
    if job is None or not job.claim():
        return
    role = Membership.objects.filter(team=job.team, user=job.user).values_list("role", flat=True).first()
    if role is not None and Right.LOOK_UP.held_by(role):
        _look_up(job)
    job.end()


def _look_up(job: BulkLookup) -> None:
    missing = _missing(job.team, job.request_ids)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bulk") as threads:
        tasks = [threads.submit(_one, job.team, job.user, request_id) for request_id in missing]
        for count, _ in enumerate(as_completed(tasks), 1):
            if count % BEAT_EVERY == 0:
                job.beat()


def _missing(team: Team, request_ids: Sequence[str]) -> list[str]:
    stored = set(
        Generation.objects.of(team).filter(request_id__in=request_ids).values_list("request_id", flat=True)
    )
    return [request_id for request_id in request_ids if request_id not in stored]


def _one(team: Team, user: User, request_id: str) -> None:
    close_old_connections()
    try:
        lookup.look_up(team, request_id, user)
    except Exception:
        log.exception("A lookup of many failed")
    finally:
        connection.close()


# --- how far it is ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookupLine:
    """One request: its row, or what the gateway said."""

    request_id: str
    row: Generation | None = None
    outcome: dict[str, str] | None = None

    @property
    def state(self) -> str:
        if self.row is not None:
            return "found"
        return self.outcome["code"] if self.outcome else "asking"


def lines(job: BulkLookup) -> list[LookupLine]:
    """Every request of the job: two queries."""
    stored = Generation.objects.of(job.team).filter(request_id__in=job.request_ids)
    rows = {row.request_id: row for row in stored.select_related("looked_up_by", "pin")}
    fetches = Fetch.objects.filter(team=job.team, request_id__in=job.request_ids)
    outcomes = {fetch.request_id: fetch.outcome for fetch in fetches}
    return [LookupLine(name, rows.get(name), outcomes.get(name)) for name in job.request_ids]
