"""Traces by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT, ...); off where none of them is set.

Django, httpx, Celery and psycopg are followed by their own packages of `requirements-telemetry.txt`. What these collect
beyond names of the code is taken out: addresses, statements and exceptions hold what people wrote.
"""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dashboard.environment import refuse

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

ASKS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
# Attributes whose values are names, codes and counts, by both of OpenTelemetry's conventions.
KEPT = frozenset(
    {
        *(
            "http.method",
            "http.request.method",
            "http.route",
            "http.status_code",
            "http.response.status_code",
        ),
        *(
            "http.scheme",
            "url.scheme",
            "http.flavor",
            "network.protocol.version",
            "net.peer.port",
            "server.port",
        ),
        *("db.system", "db.system.name", "db.name", "db.namespace", "error.type", "exception.type"),
        *(
            "celery.action",
            "celery.state",
            "messaging.destination",
            "messaging.system",
            "messaging.operation",
        ),
        *("celery.task_name", "celery.retries", "celery.routing_key"),
    }
)


def is_asked_for() -> bool:
    """Whether the environment names where traces go, and does not turn them off."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not off and os.environ.get("OTEL_TRACES_EXPORTER") != "none" and any(map(os.environ.get, ASKS))


def begin(exporter: "SpanExporter | None" = None) -> bool:
    """Follow what this process does, where the environment asks for it: before Django loads its middleware."""
    if not is_asked_for():
        return False
    if find_spec("opentelemetry.instrumentation.django") is None:
        refuse(ASKS[0], "is set, which needs `pip install -r requirements-telemetry.txt`")
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    os.environ.setdefault("OTEL_SERVICE_NAME", "retake")
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(scrubbing(exporter or OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    for instrumentor in (
        DjangoInstrumentor,
        HTTPXClientInstrumentor,
        CeleryInstrumentor,
        PsycopgInstrumentor,
    ):
        instrumentor().instrument()
    return True


def scrubbing(exporter: "SpanExporter") -> "SpanExporter":
    """`exporter`, which is given spans without what people wrote."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Scrubbing(SpanExporter):
        def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
            return exporter.export([scrubbed(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Scrubbing()


def scrubbed(span: "ReadableSpan") -> "ReadableSpan":
    """A span with the attributes of KEPT; of events only the type of an exception is left."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import Status

    return ReadableSpan(
        name=_name(span),
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(span.attributes),
        events=[Event(event.name, _kept(event.attributes), event.timestamp) for event in span.events],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _kept(attributes: "Mapping[str, Any] | None") -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in KEPT}


def _name(span: "ReadableSpan") -> str:
    """A name that the code made. Some packages name a span after a statement or an address: of those the first word."""
    route = (span.attributes or {}).get("http.route")
    first = span.name.split(" ")[0].split("?")[0]
    return f"{first} {route}" if route else first[:60]
