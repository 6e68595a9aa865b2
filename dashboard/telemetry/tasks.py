"""The request ID goes with each message to the workers, and is that of the work which the message sets off."""

from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from dashboard.telemetry import request_ids

NAME = "retake_request_id"


@before_task_publish.connect(weak=False)  # type: ignore[untyped-decorator]
def send_with_message(headers: dict[str, Any], **_: Any) -> None:
    """Runs in whoever sends a message: web, beat, or a worker that sends a lost one again."""
    headers[NAME] = request_ids.accepted(request_ids.current.get())


@task_prerun.connect(weak=False)  # type: ignore[untyped-decorator]
def take_from_message(task: Any, **_: Any) -> None:
    """Runs in the worker's thread."""
    given = task.request.get(NAME)
    request_ids.current.set(request_ids.accepted(given if isinstance(given, str) else None))


@task_postrun.connect(weak=False)  # type: ignore[untyped-decorator]
def leave_behind(**_: Any) -> None:
    request_ids.current.set("")
