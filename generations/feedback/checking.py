"""What the gateway has: the feedback of one request, and whether one whose outcome is unknown is among it."""

from dataclasses import dataclass

from dashboard.connections import clients
from dashboard.consents import keys
from dashboard.models import GatewayConnection
from generations.feedback import offers
from generations.gateway import feedback
from generations.gateway.errors import GatewayError
from generations.gateway.feedback import FeedbackRow
from generations.gateway.http.exchange import Timeouts
from generations.models import Feedback
from generations.models.feedback import FeedbackState

PATIENCE = Timeouts(connect=3, read=5, total=8)
LARGEST = 4 * 2**20
NO_RIGHT = "No consent of this connection may read feedback, so it cannot be checked here."
FOUND = "The gateway has it."
NOT_YET = "The gateway does not list it yet. Check again in two minutes: then the answer is final."
NOT_AMONG = f"It is not among the newest {feedback.MOST_LISTED}, which are all that the gateway lists of this request."
ABSENT = "The gateway does not have it. It was not sent again; you can give it anew."


@dataclass(frozen=True, slots=True)
class ListedFeedback:
    """What the gateway lists, or why that is not known."""

    rows: tuple[FeedbackRow, ...] = ()
    trouble: str = ""


def at_gateway(source: GatewayConnection, request_id: str) -> ListedFeedback:
    """The feedback of one request, the newest first."""
    used = offers.key_with(source, offers.READ)
    if used is None:
        return ListedFeedback(trouble=NO_RIGHT)
    try:
        client = clients.client(source.base_url, used.key, timeouts=PATIENCE, max_record_bytes=LARGEST)
        return ListedFeedback(tuple(feedback.listed(client, request_id)))
    except GatewayError as fault:
        if used.consent is not None and fault.status == 401:
            keys.refuse(used.consent.pk, fault.reason)
        return ListedFeedback(trouble=f"{fault.title} {fault.advice}")
    except ValueError as reason:
        return ListedFeedback(trouble=str(reason))


def check(row: Feedback) -> str:
    """Look for feedback whose outcome is unknown; what was found, in a sentence. Nothing is sent."""
    if row.connection is None:
        return NO_RIGHT
    found = at_gateway(row.connection, row.request_id)
    if found.trouble:
        return found.trouble
    mine = next((item for item in found.rows if item.mark == str(row.pk)), None)
    if mine is not None:
        row.end(FeedbackState.SENT, gateway_id=mine.id)
        return FOUND
    if len(found.rows) >= feedback.MOST_LISTED:
        return NOT_AMONG
    if not row.is_settled:
        return NOT_YET
    row.end(FeedbackState.ABSENT, "absent", ABSENT)
    return ABSENT
