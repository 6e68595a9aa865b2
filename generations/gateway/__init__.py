"""A client library for the gateway: read a generation record, send a request, follow its answer.

It imports no Django and knows no model. The names are loaded when they are first used, so that code which
needs the endpoint table alone does not load an HTTP client.

    rawjson          JSON text without loss: number text, key order, exact bytes of a member
    request_ids      request IDs in pasted text
    errors           one exception tree: what happened, whose fault it is, may a retry help
    error_mapping    which error for which answer or lost connection
    error_catalogue  the words: title, fault, advice
    endpoints        stored endpoint name -> path, wire format, replayable or why not
    record           Record: a typed, tolerant view of what the gateway returned
    log              the gateway's log: its rows and pages; log_paging: how pages follow each other
    events           one vocabulary for live answers, and LiveAnswer, which collects it
    streams          bytes of an answer -> events, or the whole body at its end
    http             HTTP under the client; exchange: Stop
    client           Client(base_url, credential): record(id), send(endpoint, body)
"""

import sys
from typing import TYPE_CHECKING

from generations.gateway import lazy

if TYPE_CHECKING:
    from generations.gateway.blocks import Block
    from generations.gateway.client import Client
    from generations.gateway.endpoints import Endpoint
    from generations.gateway.errors import GatewayError
    from generations.gateway.events import LiveAnswer
    from generations.gateway.http.exchange import Stop, Timeouts
    from generations.gateway.probing import Probe
    from generations.gateway.record import Record

__all__ = ["Block", "Client", "Endpoint", "GatewayError", "LiveAnswer", "Probe", "Record", "Stop", "Timeouts"]

# httpx imports its command line where rich is installed, as in a development environment: 2 MiB, 50 ms a process.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # documented: the import raises ImportError

__getattr__ = lazy.loader(
    __name__,
    {
        "blocks": ("Block",),
        "client": ("Client",),
        "endpoints": ("Endpoint",),
        "errors": ("GatewayError",),
        "events": ("LiveAnswer",),
        "http.exchange": ("Stop", "Timeouts"),
        "probing": ("Probe",),
        "record": ("Record",),
    },
)
