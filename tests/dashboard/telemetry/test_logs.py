"""Log lines say enough to find a fault, and never what somebody wrote, pasted or keeps secret."""

import io
import json
import logging
import logging.config
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import OperationalError

from dashboard.models import GatewayConnection, Team, User
from dashboard.telemetry import logs, request_ids, tasks
from generations.models import Generation, Replay
from generations.replay.order.start import send_message
from tests.support import people, rows
from tests.support.processes import DemoGateway, wait_for

SECRET = "xyzzyplugh"
KINDS: dict[str, type[logging.Filter]] = {
    "ordinary": logs.Ordinary,
    "once": logs.OnceAMinute,
    "context": logs.Context,
    "wordless": logs.Wordless,
}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the console handler writes with LOG_FORMAT=json."""
    written, made = io.StringIO(), logs.configuration("json", "WARNING")
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonLine())
    for name in made["filters"]:
        handler.addFilter(KINDS[name]())
    root = logging.getLogger()
    root.addHandler(handler)
    ours = logging.getLogger("retake")
    before = ours.level
    ours.setLevel(logging.INFO)  # which also forgets what each logger below it has found out
    yield written
    ours.setLevel(before)
    root.removeHandler(handler)


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_both_forms_are_configured_and_requests_have_their_lines_at_any_level() -> None:
    before = logging.getLogger().handlers[:]
    for form, level in (("json", logging.INFO), ("plain", logging.NOTSET)):
        logging.config.dictConfig({**logs.configuration(form, "ERROR"), "root": {"level": "ERROR"}})
        assert logging.getLogger("retake").level == level
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger().handlers[:] = before


def test_what_an_exception_says_stays_out_and_where_it_was_raised_is_there(lines: io.StringIO) -> None:
    for said in (SECRET, f"DETAIL: Key (prompt)=({SECRET})"):
        try:
            try:
                raise ValueError(said)
            except ValueError as error:
                raise KeyError(said) from error
        except KeyError:
            logging.getLogger("somewhere").exception("It failed")
    first, _ = read(lines)
    assert SECRET not in lines.getvalue()
    assert (first["message"], first["error"]) == ("It failed", ["KeyError", "ValueError"])
    assert first["trace"][-1].endswith(
        "in test_what_an_exception_says_stays_out_and_where_it_was_raised_is_there"
    )
    plain = logs.Line().format(
        logging.LogRecord("n", 40, "f", 1, "It failed", (), raised(ValueError(SECRET)))
    )
    assert SECRET not in plain
    assert "ValueError" in plain
    assert SECRET in logs.Line(debug=True).formatException(raised(ValueError(SECRET)))


class Unraisable:
    def __del__(self) -> None:
        raise ValueError(SECRET)


def test_no_library_quotes_what_an_exception_says(lines: io.StringIO) -> None:
    """Celery writes the exception and the task's arguments, psycopg's pool what failed, asyncio the whole task."""
    from celery.app.trace import LOG_FAILURE

    error = ValueError(SECRET)
    context = {
        "name": "t",
        "id": "1",
        "description": "raised",
        "exc": repr(error),
        "args": SECRET,
        "kwargs": SECRET,
    }
    logging.getLogger("celery.app.trace").error(LOG_FAILURE.strip(), context, exc_info=raised(error))
    logging.getLogger("a.pool").warning("error connecting in %r: %s", "pool-1", error)
    logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "pool-1", error)
    logging.getLogger("celery.beat").error("Message Error: %s\n%s", error, [f'File "x.py"\n {SECRET}'])
    logging.getLogger("asyncio").error(
        f"Task exception was never retrieved\nfuture: <Task exception={error!r}>"
    )
    logging.getLogger("dashboard.x").warning(
        "It cannot be written (%s)", OSError(28, "No space left on device")
    )
    logging.getLogger("kombu.transport.virtual.base").warning("Requeuing undeliverable message")
    said = [line["message"] for line in read(lines)]
    assert said == [
        "Task t[1] raised: ValueError",
        "error connecting in 'pool-1': ValueError",
        "The database is unavailable: error connecting in 'pool-1': ValueError",
        "Redis is unavailable: Message Error: ValueError",
        "Task exception was never retrieved",
        "It cannot be written (No space left on device)",
        "Requeuing undeliverable message",
    ]
    assert SECRET not in lines.getvalue()
    before = threading.excepthook, sys.excepthook, sys.unraisablehook
    try:
        logs.catch()
        thread = threading.Thread(target=int, args=[SECRET])
        thread.start()
        thread.join()
        sys.excepthook(*raised(error))
        Unraisable()
    finally:
        threading.excepthook, sys.excepthook, sys.unraisablehook = before
    assert [line["error"] for line in read(lines)[-3:]] == [["ValueError"]] * 3
    assert SECRET not in lines.getvalue()


def test_at_debug_libraries_do_not_write_statements_headers_and_addresses() -> None:
    loggers = logs.configuration("json", "DEBUG")["loggers"]
    assert {loggers[name]["level"] for name in ("django.db.backends", "httpcore", "httpx", "authlib")} == {
        "INFO"
    }
    assert "httpcore" not in logs.configuration("json", "DEBUG", debug=True)["loggers"]


def raised(error: Exception) -> Any:
    return type(error), error, None


def test_addresses_nobody_has_are_no_warnings_and_others_are_named_by_their_route(
    lines: io.StringIO, db: None
) -> None:
    browser = people.browser(people.person())
    for path in (f"/{SECRET}", f"/accounts/invitations/{SECRET}", f"/t/{SECRET}/"):
        assert browser.get(path).status_code in (404, 410), path
    assert lines.getvalue() == ""
    assert browser.post("/teams/new", {"name": "x" * 3_000_000}).status_code == 413 or lines.getvalue() != ""
    assert SECRET not in lines.getvalue()


@pytest.mark.parametrize(("given", "kept"), [("an-id-of-theirs-1", "an-id-of-theirs-1"), ('x"}\n{"', "")])
def test_a_line_that_django_writes_when_its_work_is_over_has_the_id_too(
    lines: io.StringIO, db: None, given: str, kept: str
) -> None:
    assert (
        people.browser(people.person()).get("/readyz?full", headers={"x-request-id": given}).status_code
        == 403
    )
    assert [(line["logger"], line["request_id"]) for line in read(lines)] == [("django.request", kept)]


def test_a_store_that_is_unavailable_is_one_line_a_minute(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger, kombu = logging.getLogger("ours"), logging.getLogger("kombu.connection")

    def say() -> None:
        for _ in range(200):
            logger.warning("The broker is unavailable; replay %s waits", 1, extra=logs.REDIS)
            kombu.error("Connection lost")
            logger.error("A page failed", exc_info=raised(redis.ConnectionError("no")))
            logger.error("A page failed", exc_info=raised(OperationalError("no")))
            logging.getLogger("psycopg.pool").warning("error connecting in 'pool-1': %s", SECRET)

    say()
    assert [line.get("store", "") for line in read(lines)] == ["redis", "database"]
    logger.error("Another fault", exc_info=raised(ValueError("no")))
    assert len(read(lines)) == 3
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + logs.QUIET_SECONDS + 1)
    say()
    assert read(lines)[3]["repeated"] == 599
    assert len(read(lines)) == 5


def test_every_line_of_ours_that_calls_a_store_unavailable_says_which() -> None:
    calls = re.compile(r"log(?:ger)?\.(?:warning|error)\((?:[^()]|\([^()]*(?:\([^()]*\))?[^()]*\))*\)")
    sources = [path for folder in ("dashboard", "generations") for path in Path(folder).rglob("*.py")]
    said = [call for path in sources for call in calls.findall(path.read_text()) if "unavailable" in call]
    assert len(said) >= 8
    assert [call for call in said if "extra=logs." not in call] == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a1b2c3d4-e5f6", True), ("short", False), ("x" * 65, False), ("with space here", False), ("a\nforged line", False)],
)  # fmt: skip
def test_a_request_id_is_taken_only_where_it_is_well_formed(given: str, kept: bool) -> None:
    assert (request_ids.accepted(given) == given) is kept
    assert request_ids.WELL_FORMED.fullmatch(request_ids.accepted(given))


def test_the_id_goes_with_the_message_to_the_worker_and_to_the_gateway(
    chat: Generation, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generations.replay.worker import runner

    sent: dict[str, Any] = {}
    token = request_ids.current.set("web-request-1")
    tasks.send_with_message(headers=sent)
    request_ids.current.reset(token)

    class Task:
        request = sent

    tasks.take_from_message(task=Task)
    assert runner.request_id() == {"x-request-id": "web-request-1"}
    tasks.leave_behind()
    assert runner.request_id() == {}


def test_each_end_of_a_replay_has_a_line_with_its_team_and_no_content(
    lines: io.StringIO, chat: Generation, ada: User
) -> None:
    cancelled, lost = rows.replay(chat, ada), rows.replay(chat, ada, state="running")
    assert cancelled.ask_to_stop(ada)
    assert lost.give_up("running", "interrupted", "worker_lost", SECRET)  # type: ignore[arg-type]
    assert [(line["team"], line["state"], line["reason"]) for line in read(lines)] == [
        (chat.team.slug, "cancelled", "before_start"),
        (chat.team.slug, "interrupted", "worker_lost"),
    ]
    assert SECRET not in lines.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.heavy
def test_through_a_real_worker_the_gateway_gets_the_id_of_the_request_that_clicked(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway, worker: int
) -> None:
    replay = rows.replay(rows.generation(team, ada, source), ada)
    mark = request_ids.current.set("web-request-7")
    try:
        assert send_message(replay.pk)
    finally:
        request_ids.current.reset(mark)
    wait_for(lambda: Replay.objects.get(pk=replay.pk).state == "succeeded")
    (request,) = [request for request in demo_gateway.requests() if request["method"] == "POST"]
    assert request["headers"]["x-request-id"] == "web-request-7"


@pytest.fixture
def chat(db: None, team: Team, ada: User) -> Generation:
    return rows.generation(team, ada, people.connection(team))
