"""One conversation as an OpenTelemetry span, in the words of each peer. The text stands in it once."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

MODEL = "openai/gpt-5-nano"
ANSWER = "Done."
TOOK_NS = 2 * 10**9


def roles(texts: Sequence[str]) -> list[dict[str, str]]:
    """User and assistant in turns, as in the record that Retake looks up."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


def openinference(texts: Sequence[str]) -> dict[str, str]:
    """The attributes that Phoenix reads."""
    attributes = {"openinference.span.kind": "LLM", "llm.model_name": MODEL}
    for kind, messages in (("input", roles(texts)), ("output", [{"role": "assistant", "content": ANSWER}])):
        for place, message in enumerate(messages):
            at = f"llm.{kind}_messages.{place}.message"
            attributes |= {f"{at}.{name}": value for name, value in message.items()}
    return attributes


def mlflow(texts: Sequence[str]) -> dict[str, str]:
    """The attributes that MLflow's own client sends, each as JSON."""
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}}]}
    values = {
        "mlflow.spanType": "CHAT_MODEL",
        "mlflow.spanInputs": {"model": MODEL, "messages": roles(texts)},
        "mlflow.spanOutputs": answer,
    }
    return {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}


def export(attributes: Mapping[str, str]) -> tuple[str, bytes]:
    """The ID of a new trace of one span, and the body that exports it by OTLP."""
    trace_id, now = secrets.token_bytes(16), time.time_ns()
    span = Span(
        trace_id=trace_id,
        span_id=secrets.token_bytes(8),
        name="chat",
        start_time_unix_nano=now - TOOK_NS,
        end_time_unix_nano=now,
        attributes=[
            KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes.items()
        ],
    )
    request = ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])]
    )
    return trace_id.hex(), request.SerializeToString()
