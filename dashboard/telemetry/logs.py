"""Log lines: for people, or as JSON by LOG_FORMAT. None holds content, keys or an address that opens something.

What an exception says may quote a prompt, so a line tells its type and where it was raised, and not its words; with
DEBUG it tells all. Needs no Django, because beat has none.
"""

import json
import logging
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any

from dashboard.telemetry import request_ids

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
DATABASE, REDIS, SPOOL = {"store": "database"}, {"store": "redis"}, {"store": "spool"}
"""`extra` of a line that says that a store is unavailable: one a minute is written, whoever writes it."""
QUIET_SECONDS = 60.0
FRAMES = 30  # of a traceback, the innermost
ORDINARY = (404, 405, 410)
FACTS = (
    "store",
    "repeated",
    "method",
    "route",
    "status",
    "duration_ms",
    "team",
    "replay",
    "state",
    "reason",
    "sent",
)
# Libraries that tell of a store by themselves, by the beginning of their logger's name.
OF_LIBRARIES = {
    "psycopg": "database",
    "celery.worker.consumer": "redis",
    "celery.beat": "redis",
    "kombu": "redis",
}
OF_NO_STORE = ("kombu.transport.virtual",)  # what it says when a worker ends
SAID = {"database": "The database is unavailable", "redis": "Redis is unavailable"}
OURS = ("dashboard.", "generations.")
# At DEBUG these write statements with their values, headers and addresses: only with the setting DEBUG.
TALKATIVE = (
    "django.db.backends",
    "django.template",
    "httpcore",
    "httpx",
    "authlib",
    "urllib3",
    "asyncio",
    "markdown_it",
)
UNAVAILABLE = ("OperationalError", "InterfaceError", "PoolTimeout", "ConnectionError", "TimeoutError")
OF_MODULES = {
    "django": "database",
    "psycopg": "database",
    "psycopg_pool": "database",
    "redis": "redis",
    "kombu": "redis",
}


def line(name: str, **facts: Any) -> None:
    """One line about a request or a replay (`name`), at INFO. `facts` are some of FACTS."""
    logger = logging.getLogger(f"retake.{name}")
    if logger.isEnabledFor(logging.INFO):
        said = ", ".join(f"{key} {value}" for key, value in facts.items() if value not in (None, ""))
        logger.info("%s: %s", name, said, extra=facts)


class Ordinary(logging.Filter):
    """Drops Django's warnings of addresses that nobody has. Of other answers it names the route, not the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR and getattr(record, "status_code", 0) in ORDINARY:
            return False
        request = getattr(record, "request", None)
        if request is not None and record.args:
            path = getattr(request, "path", "")
            match = getattr(request, "resolver_match", None)
            route = f"/{match.route}" if match else "an address"
            record.args = tuple(route if value == path else value for value in record.args)
        return True


class Wordless(logging.Filter):
    """Of an exception that a message would quote its type is left, its words only where they are ours or the system's."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict) and "exc" in record.args:  # celery's, with the task's arguments
            record.args = {**record.args, "exc": _type_in(record), "args": "", "kwargs": ""}
        elif isinstance(record.args, tuple):
            record.args = tuple(_without_words(value) for value in record.args)
        if record.name == "asyncio":
            record.msg = str(record.msg).partition("\n")[0]  # the rest is the task, with what it raised
        store = of_library(record)
        if store and record.levelno >= logging.WARNING:  # celery's have a stack behind the first line
            first = record.getMessage().partition("\n")[0].removeprefix(f"{SAID[store]}: ")
            record.msg, record.args = f"{SAID[store]}: {first}", ()
        return True


def _type_in(record: logging.LogRecord) -> str:
    raised = record.exc_info[1] if record.exc_info else None
    return types_of(raised)[0] if raised is not None else "an error"


def _without_words(value: object) -> object:
    if not isinstance(value, BaseException):
        return value
    if isinstance(value, OSError):
        return value.strerror or type(value).__name__
    return value if type(value).__module__.startswith(OURS) else types_of(value)[0]


class OnceAMinute(logging.Filter):
    """Of lines that say that a store is unavailable one a minute and store is written; it counts the ones that were not."""

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, float] = {}
        self._left_out: dict[str, int] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        store = store_of(record)
        if store is None or record.levelno < logging.WARNING:
            return True
        with self._lock:
            now = time.monotonic()
            if now - self._written.get(store, -QUIET_SECONDS) < QUIET_SECONDS:
                self._left_out[store] = self._left_out.get(store, 0) + 1
                return False
            self._written[store] = now
            record.store = store
            record.repeated = self._left_out.pop(store, 0)
        return True


def store_of(record: logging.LogRecord) -> str | None:
    """The store that a line calls unavailable: as its writer says, else by the exception, else by the library."""
    known: str | None = getattr(record, "store", None)
    if known:
        return known
    raised = record.exc_info[1] if record.exc_info else None
    if raised is not None:
        return _store_behind(raised)
    return of_library(record)


def of_library(record: logging.LogRecord) -> str | None:
    """The store whose client wrote a line."""
    if record.name.startswith(OF_NO_STORE):
        return None
    return next((store for name, store in OF_LIBRARIES.items() if record.name.startswith(name)), None)


def _store_behind(error: BaseException) -> str | None:
    for link in _chain(error):
        if type(link).__name__ in UNAVAILABLE:
            store = OF_MODULES.get(type(link).__module__.partition(".")[0])
            if store:
                return store
    return None


class Context(logging.Filter):
    """Gives each line the request ID; Django writes some when its work for the request is over."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_ids.current.get() or self._of_answered(record)
        return True

    def _of_answered(self, record: logging.LogRecord) -> str:
        meta = getattr(getattr(record, "request", None), "META", {})
        given = meta.get("HTTP_X_REQUEST_ID", "")
        return given if request_ids.WELL_FORMED.fullmatch(given) else ""


class Line(logging.Formatter):
    """For people: time, level, logger, what is said, and the request ID."""

    def __init__(self, *, debug: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.debug = debug

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        said = super().formatMessage(record)
        if repeated := getattr(record, "repeated", 0):
            said += f" (and {repeated} like it before)"
        request_id = getattr(record, "request_id", "")
        return f"{said} [{request_id}]" if request_id else said

    def formatException(self, ei: Raised) -> str:  # noqa: N802 -- logging's name
        if self.debug or ei[1] is None:
            return super().formatException(ei)
        return "\n".join(
            [", caused by ".join(types_of(ei[1])), *("  " + frame for frame in frames_of(ei[1]))]
        )


class JsonLine(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, request_id, and the facts that the line has."""

    def __init__(self, *, debug: bool = False) -> None:
        super().__init__()
        self.debug = debug

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            name: getattr(record, name) for name in FACTS if getattr(record, name, None) not in (None, "")
        }
        made: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", ""),
            **facts,
        }
        if record.exc_info and record.exc_info[1] is not None:
            made |= {"error": types_of(record.exc_info[1]), "trace": frames_of(record.exc_info[1])}
            if self.debug:
                made["said"] = str(record.exc_info[1])
        return json.dumps(made, ensure_ascii=True, default=str)


def types_of(error: BaseException) -> list[str]:
    """The types of an exception and of those behind it."""
    return [
        f"{type(link).__module__}.{type(link).__qualname__}".removeprefix("builtins.")
        for link in _chain(error)
    ]


def frames_of(error: BaseException) -> list[str]:
    """Where it was raised, the innermost last: file, line, function. No values."""
    found = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in found]


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < FRAMES:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def catch() -> None:
    """What ends a thread or the process, or cannot be raised at all, is a line like any other, without its words."""

    def write(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None:
            raised = (ended.exc_type, ended.exc_value, ended.exc_traceback)
            logging.getLogger(__name__).error("A thread ended with an error", exc_info=raised)

    def end(*raised: Any) -> None:
        if isinstance(raised[1], Exception):
            logging.getLogger(__name__).critical("This process ended with an error", exc_info=raised)
        else:
            sys.__excepthook__(*raised)

    def note(left: Any) -> None:
        raised = (left.exc_type, left.exc_value, left.exc_traceback)
        logging.getLogger(__name__).error("An error could not be raised", exc_info=raised)

    threading.excepthook, sys.excepthook, sys.unraisablehook = write, end, note


def configuration(form: str, level: str, *, debug: bool = False) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes. With JSON requests and replays have their lines at any level."""
    formatter = "dashboard.telemetry.logs.JsonLine" if form == "json" else "dashboard.telemetry.logs.Line"
    filters: dict[str, type[logging.Filter]] = {"ordinary": Ordinary, "once": OnceAMinute, "context": Context}
    if not debug:
        filters["wordless"] = Wordless
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter, "debug": debug}},
        "filters": {
            name: {"()": f"dashboard.telemetry.logs.{kind.__name__}"} for name, kind in filters.items()
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": list(filters)}
        },
        "loggers": {
            # Django's own has a handler for DEBUG and one that mails; ours is the root's.
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            **({} if debug or level != "DEBUG" else {name: {"level": "INFO"} for name in TALKATIVE}),
            "retake": {"level": "INFO" if form == "json" else "NOTSET"},
        },
        "root": {"handlers": ["console"], "level": level},
    }
