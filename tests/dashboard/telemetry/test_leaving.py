"""What leaves for Sentry and OpenTelemetry holds no prompt, no key and no address: shown on what really would leave."""

import logging
import os
import subprocess
import sys
from typing import Any

import pytest
import sentry_sdk
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_django import Settings
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from dashboard.telemetry import error_reports, request_ids, tracing

PROMPT, KEY = "xyzzyplugh is the prompt", "phaseo_v1_sk_hunter2hunter2"
DSN = "http://public@127.0.0.1:9/1"


class Caught(Transport):
    sent: "list[bytes]" = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize())


def fail(prompt: str, key: str) -> None:
    body = {"messages": [{"content": prompt}], "authorization": f"Bearer {key}"}
    raise ValueError(f"cannot send {body}")


def test_of_an_exception_with_a_prompt_and_a_key_in_its_locals_only_the_place_leaves(
    settings: Settings,
) -> None:
    settings.SENTRY_DSN, Caught.sent = DSN, []
    error_reports.begin(Caught)
    mark = request_ids.current.set("request-0001")
    try:
        sentry_sdk.add_breadcrumb(message=PROMPT)
        sentry_sdk.set_extra("body", PROMPT)
        sentry_sdk.set_user({"email": KEY})
        for logger in ("generations.replay", "django.request"):
            try:
                fail(PROMPT, KEY)
            except ValueError:
                logging.getLogger(logger).exception("The answer of %s failed", PROMPT)
        logging.getLogger("generations.x").error("It failed: %s", KEY)
        logging.getLogger("a.library").error(f"It failed: {KEY}")
        sentry_sdk.capture_message(PROMPT)
    finally:
        request_ids.current.reset(mark)
        sentry_sdk.get_client().close()
        sentry_sdk.get_global_scope().set_client(None)
    whole = b"\n".join(Caught.sent)
    assert [
        secret for secret in ("xyzzy", "hunter2", "messages", "cannot send") if secret.encode() in whole
    ] == []
    assert len(Caught.sent) == 5
    for there in (b'"fail"', b"ValueError", b"request-0001", b"The answer of %s failed"):
        assert there in whole


def test_without_a_dsn_nothing_is_begun(settings: Settings) -> None:
    settings.SENTRY_DSN = ""
    error_reports.begin(Caught)
    assert not sentry_sdk.get_client().is_active()


def test_a_span_keeps_names_and_codes_only() -> None:
    caught, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(tracing.scrubbing(caught)))
    attributes: dict[str, Any] = {
        "http.method": "GET", "http.route": "t/<slug:team>/", "http.url": f"http://h/?id={PROMPT}",
        "url.query": PROMPT, "db.statement": f"SELECT '{PROMPT}'", "http.request.header.authorization": KEY,
        "some.new.attribute": PROMPT,
    }  # fmt: skip
    tracer = provider.get_tracer("t")
    with pytest.raises(ValueError), tracer.start_as_current_span(f"GET /{PROMPT}", attributes=attributes):
        fail(PROMPT, KEY)
    with tracer.start_as_current_span(f"SELECT '{PROMPT}'"):
        pass
    spans = caught.get_finished_spans()
    text = "".join(span.to_json() for span in spans)
    assert [secret for secret in ("xyzzy", "hunter2", "messages") if secret in text] == []
    assert [span.name for span in spans] == ["GET t/<slug:team>/", "SELECT"]
    assert (spans[0].attributes or {})["http.method"] == "GET"
    assert (spans[0].events[0].attributes or {}) == {"exception.type": "ValueError"}


PROGRAM = """
import django; django.setup()
from dashboard.telemetry import tracing
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
print(tracing.begin(InMemorySpanExporter()))
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
kinds = (CeleryInstrumentor, DjangoInstrumentor, HTTPXClientInstrumentor, PsycopgInstrumentor)
print([kind().is_instrumented_by_opentelemetry for kind in kinds])
import os; os._exit(0)
"""


@pytest.mark.parametrize(
    ("variables", "begun"),
    [({}, "False"), ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, "True")],
)
def test_traces_are_off_until_the_standard_variables_ask(variables: dict[str, str], begun: str) -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "dashboard.settings", **variables}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split("\n")[:2] == [begun, str([begun == "True"] * 4)], done.stderr


def test_the_sdk_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    assert tracing.is_asked_for()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert not tracing.is_asked_for()
