"""Errors to Sentry, where SENTRY_DSN is set: types and places in the code, and nothing else.

What is sent is built anew from names that stand in the code. So neither a local variable, nor what an exception says, nor
a request can leave, whatever a later version of the SDK collects. They are found where they are logged.
"""

from typing import Any

from django.conf import settings

from dashboard.telemetry import request_ids
from dashboard.telemetry.logs import OURS

KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "logger", "sdk")
OF_EXCEPTION = ("type", "module", "mechanism")
OF_FRAME = ("filename", "function", "module", "lineno", "in_app")


def begin(transport: Any = None) -> None:
    """In a process that has been forked already. `transport`: Sentry's, or a test's."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk
    from sentry_sdk.integrations.logging import LoggingIntegration
    from sentry_sdk.integrations.threading import ThreadingIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        transport=transport,
        before_send=scrubbed,  # type: ignore[arg-type]
        default_integrations=False,
        integrations=[LoggingIntegration(level=None), ThreadingIntegration(propagate_hub=False)],
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
    )


def scrubbed(event: dict[str, Any], _hint: object = None) -> dict[str, Any]:
    """An event as it leaves."""
    made = {name: event[name] for name in KEPT if name in event}
    values = event.get("exception", {}).get("values", [])
    if values:
        made["exception"] = {"values": [_exception(value) for value in values]}
    logger = str(event.get("logger", ""))
    if logger.startswith(OURS):
        made["logentry"] = {
            "message": event.get("logentry", {}).get("message", "")
        }  # as it stands in the code
    if request_id := request_ids.current.get():
        made["tags"] = {"request_id": request_id}
    return made


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    made = {name: value[name] for name in OF_EXCEPTION if name in value}
    if "mechanism" in made:
        made["mechanism"] = {
            "type": made["mechanism"].get("type", ""),
            "handled": made["mechanism"].get("handled"),
        }
    frames = (value.get("stacktrace") or {}).get("frames", [])
    made["stacktrace"] = {
        "frames": [{name: frame[name] for name in OF_FRAME if name in frame} for frame in frames]
    }
    return made
