"""What a check finds, and how checks that ask the network are made at once, with a limit."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

from django.db import connections

from dashboard.models import Team

OK, WARN, BAD = "ok", "warn", "bad"
NETWORK_SECONDS = 4.0  # for all of them
LINES = (
    *("Database", "Migrations", "Cache table", "Redis", "Worker", "Beat", "Queue", "Gateway", "Credentials"),
    *("Client metadata document", "Keys", "Mail", "Disk", "Spool", "Clock", "DEBUG", "Address"),
)
"""How the names of lines begin, in the order in which they are shown: each has a section in docs/operating.md."""
LATE = "There was no answer in time. Look again in a moment."


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and in a sentence what was seen, or what is wrong and what to do."""

    name: str
    level: str = OK
    said: str = ""

    @property
    def section(self) -> str:
        """The anchor of what docs/operating.md says about it."""
        return LINES[place(self)].lower().replace(" ", "-")


def place(finding: Finding) -> int:
    """Stores first, then processes, gateways, secrets and the machine."""
    return next((number for number, name in enumerate(LINES) if finding.name.startswith(name)), 0)


Check = Callable[[Team | None], list[Finding]]
"""Takes the team whose page asks, None for all of Retake."""
Asked = Callable[[], Finding]
"""A question to the network, which touches no row."""


def verdict(name: str, fault: str | None, fact: str = "") -> Finding:
    """A red line with `fault`, else a green one with `fact`."""
    return Finding(name, BAD, fault) if fault else Finding(name, OK, fact)


def counted(number: int, single: str, many: str) -> str:
    """ "1 file waits", "2 files wait"."""
    return f"{number} {single if number == 1 else many}"


def at_once(asked: Iterable[tuple[str, Asked]]) -> list[Finding]:
    """The findings of all questions, by the name of each, in their order, within NETWORK_SECONDS."""
    questions = list(asked)
    threads = ThreadPoolExecutor(max(1, len(questions)), thread_name_prefix="health")
    futures = [(name, threads.submit(_in_thread, ask)) for name, ask in questions]
    end = monotonic() + NETWORK_SECONDS
    found = [_within(name, future, end) for name, future in futures]
    threads.shutdown(wait=False)
    return found


def _in_thread(ask: Asked) -> Finding:
    try:
        return ask()
    finally:
        connections.close_all()


def _within(name: str, future: "Future[Finding]", end: float) -> Finding:
    try:
        return future.result(max(0.0, end - monotonic()))
    except TimeoutError:
        return Finding(name, BAD, LATE)
    except Exception as error:
        return Finding(name, BAD, f"The check failed ({type(error).__name__}). The log says where.")
