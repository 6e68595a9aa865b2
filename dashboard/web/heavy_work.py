"""Work that takes long leaves the page threads: one thread of the process does it, one request after another.

A view calls `leave_page_thread(request)` before it begins such work. In a page thread that ends the view: the web
process (`wsgi_pages.py`) calls it again in the thread for long work or, when enough requests of the same person wait
already, in a page thread for the answer 429. Where nothing is served from threads (tests, runserver) the work is done
at once.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

from django.http import HttpResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from dashboard.access import SignedInRequest

Result = TypeVar("Result")

WAITING = 2  # requests of one person that wait for the thread; further ones are answered 429
RETRY_SECONDS = 10
PLACE = "retake.place"  # in a request's environ
BUSY = "Two of your requests for long work are waiting already. Wait until one of them has ended, then try again."


class AnsweredIn(Enum):
    """Where a request is answered."""

    PAGE = auto()
    HEAVY = auto()
    FULL = auto()  # in a page thread, because too many wait for the other one


class LeftPageThread(Exception):
    """A view left its page thread before long work."""


class HandedOver(HttpResponse):
    """A placeholder for a view that left its page thread, with who asked. It is never sent."""

    def __init__(self, person: int) -> None:
        super().__init__(status=202)
        self.person = person


def leave_page_thread(request: "SignedInRequest") -> None:
    """Call before work that takes long; returns where it may be done. Raises LeftPageThread elsewhere."""
    if request.META.get(PLACE) in (AnsweredIn.PAGE, AnsweredIn.FULL):
        raise LeftPageThread


def answer_left(request: "SignedInRequest") -> HttpResponse:
    """The response of a view that left."""
    return HandedOver(request.user.pk) if request.META[PLACE] is AnsweredIn.PAGE else busy(request)


def busy(request: "SignedInRequest") -> HttpResponse:
    """429 as a page, as a fragment, or for a program as a sentence."""
    if request.htmx and not request.htmx.boosted:
        response = render(request, "dashboard/error_fragment.html", {"reason": BUSY}, status=429)
    elif "text/html" in request.headers.get("Accept", ""):
        response = render(request, "busy.html", {"reason": BUSY}, status=429)
    else:
        response = HttpResponse(f"{BUSY}\n", content_type="text/plain; charset=utf-8", status=429)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


class HeavyThread:
    """The thread for long work, and who waits for it. Used on the event loop only."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="heavy")
        self.works: list[tuple[int, Future[object]]] = []

    def is_full(self, person: int) -> bool:
        """Whether as many requests of `person` wait as may."""
        self.works = [(who, work) for who, work in self.works if not work.done()]
        return sum(who == person and not work.running() for who, work in self.works) >= WAITING

    def submit(self, person: int, work: Callable[[], Result]) -> Future[Result]:
        """Do `work` when its turn comes."""
        future = self.thread.submit(work)
        self.works.append((person, future))  # type: ignore[arg-type]  # what comes of it is not asked
        return future
