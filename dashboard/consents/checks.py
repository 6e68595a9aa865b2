"""After connecting: whether stored requests really come, which is the workspace's choice and not the consent's."""

import logging

from dashboard.connections import clients
from dashboard.consents import keys
from dashboard.models import GatewayConnection
from generations.gateway.client import Timeouts
from generations.gateway.errors import GatewayError
from generations.gateway.log import recent_ids

log = logging.getLogger(__name__)
PATIENCE = Timeouts(connect=2, read=3, total=4)
LOOKED_AT = 3


def what_comes(source: GatewayConnection) -> None:
    """Read some of the newest records and remember whether they hold stored requests. Errors are not reported here."""
    used = next((credential for credential in keys.reading(source) if credential.consent), None)
    if used is None or used.consent is None or keys.STORED_REQUESTS not in used.consent.granted:
        return
    client = clients.client(source.base_url, used.key, timeouts=PATIENCE)
    try:
        records = [client.record(name) for name in recent_ids(client, LOOKED_AT)]
    except (GatewayError, ValueError) as reason:
        log.info("What a new consent brings could not be seen: %s", type(reason).__name__)
        return
    if records:
        comes = any(record.replay_body is not None or record.io_log is not None for record in records)
        source.remember_check(
            {"read": {"reachable": True, "accepted": True, "reads_records": True, "reads_bodies": comes}}
        )
