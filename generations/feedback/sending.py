"""The worker: one POST a claim, another one only after a definite 404, and none once the outcome is unknown."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from dashboard.connections import clients
from dashboard.consents import keys
from dashboard.consents.keys import ConnectionKey
from generations.feedback import offers
from generations.feedback.giving import send_message
from generations.gateway import feedback
from generations.gateway.errors import GatewayError
from generations.models import Feedback
from generations.models.feedback import RESEND_AFTER, FeedbackState
from generations.records import new_generation

log = logging.getLogger(__name__)
PAUSES = (2, 3, 5, 8, 13, 20, 30, 60)  # seconds after a 404
GIVEN_UP_AFTER = timedelta(minutes=15)
RECORD_PAUSE = timedelta(seconds=3)
A_TURN = 50
NO_CONSENT = "No consent of the connection may send feedback any more, so nothing was sent."
NOT_FOUND = "The gateway does not know this request, and has not for 15 minutes. Nothing is stored there."
LOST = "The worker stopped before the gateway's answer was kept."
ODD = "Retake failed after it had begun to send."


def run(feedback_id: UUID) -> None:
    """Send one piece of feedback that waits. Whoever comes second finds it taken."""
    row = Feedback.objects.filter(pk=feedback_id, state=FeedbackState.WAITING).first()
    if row is None:
        return
    if _waits_for_record(row):
        row.put_off(RECORD_PAUSE)
        return
    used = offers.key_with(row.connection, offers.WRITE) if row.connection else None
    if row.connection is None or used is None or used.consent is None:
        row.end(FeedbackState.REFUSED, "no_consent", NO_CONSENT)
    elif row.take(used.consent):
        _send(row, used)


def _waits_for_record(row: Feedback) -> bool:
    """Whether the record of the replay that it is about is still awaited: before that the gateway only says 404."""
    return row.replay is not None and new_generation.is_awaited(row.replay) and not _is_old(row)


def _is_old(row: Feedback) -> bool:
    return timezone.now() - row.created_at > GIVEN_UP_AFTER


def _send(row: Feedback, used: ConnectionKey) -> None:
    """The POST, and what came of it."""
    assert row.connection is not None
    body = feedback.body_of(row.request_id, row.rating, row.tags, row.comment, str(row.pk))
    try:
        client = clients.client(row.connection.base_url, used.key, timeouts=feedback.PATIENCE)
    except ValueError as reason:
        row.end(FeedbackState.REFUSED, "not_sent", str(reason))
        return
    try:
        made = feedback.send(client, body)
    except GatewayError as fault:
        _failed(row, used, fault)
    except Exception:
        row.end(FeedbackState.UNKNOWN, "crashed", ODD)
        raise
    else:
        row.end(FeedbackState.SENT, gateway_id=made)


def _failed(row: Feedback, used: ConnectionKey, fault: GatewayError) -> None:
    if used.consent is not None and fault.status == 401:
        keys.refuse(used.consent.pk, fault.reason)
    if feedback.not_there_yet(fault):
        _again_later(row)
    elif feedback.is_refused(fault):
        row.end(FeedbackState.REFUSED, fault.code, _said(fault))
    else:
        row.end(FeedbackState.UNKNOWN, fault.code, _said(fault))


def _again_later(row: Feedback) -> None:
    if _is_old(row):
        row.end(FeedbackState.REFUSED, "not_found", NOT_FOUND)
        return
    row.refresh_from_db(fields=["tries"])
    row.put_off(timedelta(seconds=PAUSES[min(row.tries, len(PAUSES)) - 1]))


def _said(fault: GatewayError) -> str:
    """What happened, without the words of what was sent."""
    message = str(fault.payload.get("message") or "")
    return f"{fault.title} {message}".strip()[:300]


def sweep(now: datetime | None = None) -> None:
    """Tell the workers again of what is due; say of what went silent that its outcome is unknown."""
    now = now or timezone.now()
    for row in Feedback.objects.silent(now)[:A_TURN]:
        row.end(FeedbackState.UNKNOWN, "worker_lost", LOST)
    for row in Feedback.objects.due(now).order_by("due_at")[:A_TURN]:
        if Feedback.objects.due(now).filter(pk=row.pk).update(due_at=now + RESEND_AFTER):
            send_message(row.pk)
