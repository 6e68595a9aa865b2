"""Why the database cannot serve a page at the moment, and the page that says so: it needs no database and no session."""

from dataclasses import dataclass
from functools import cache

from csp.utils import build_policy
from django.db import DatabaseError, InterfaceError
from django.template.loader import render_to_string

AGAIN_SECONDS = 3
"""After which the page, or whoever asked for a fragment, tries again."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What is wrong, and what the operator can do."""

    title: str
    what: str
    operator: str


UNAVAILABLE = Outage(
    "The database is unavailable",
    "Retake's database does not answer, so no page can be shown. Running replays go on, and what arrives is stored "
    "when the database is back.",
    "Check PostgreSQL and DATABASE_URL; `python manage.py doctor` says why it cannot be reached.",
)
READ_ONLY = Outage(
    "The database is read-only",
    "Retake's database accepts no changes at the moment, so nothing can be saved and nobody can sign in.",
    "Check default_transaction_read_only, and that DATABASE_URL leads to the primary server.",
)
BUSY = Outage(
    "The database is busy",
    "A table of Retake's database is locked, or an answer took too long, as may happen during an upgrade.",
    "pg_stat_activity tells who holds the lock.",
)
FULL = Outage(
    "The database has no room",
    "Retake's database is short of disk, memory or connections.",
    "Check the disk, max_connections and DATABASE_POOL.",
)
OTHER_TABLES = Outage(
    "The database is of another version",
    "The tables are not those of this version of Retake, as may happen during an upgrade.",
    "Run: python manage.py prepare",
)

# By SQLSTATE, or the class that its first two characters name: https://www.postgresql.org/docs/current/errcodes-appendix.html
STATES = {
    "25006": READ_ONLY,
    "55P03": BUSY,
    "57014": BUSY,
    "42P01": OTHER_TABLES,
    "42703": OTHER_TABLES,
    "53": FULL,
    "57": UNAVAILABLE,
    "58": UNAVAILABLE,
    "08": UNAVAILABLE,
}


def outage_of(error: BaseException | None) -> Outage | None:
    """The outage behind an error that a page raised. None for errors that are Retake's own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, DatabaseError | InterfaceError):
            return _of_database(error)
        error = error.__cause__ or error.__context__
    return None


def _of_database(error: BaseException) -> Outage | None:
    state = getattr(error.__cause__, "sqlstate", None) or ""
    if state:
        return STATES.get(state) or STATES.get(state[:2])
    # Without a state the server said nothing: the connection could not be made, or was lost.
    return UNAVAILABLE if type(error).__name__ in ("OperationalError", "InterfaceError") else None


UNDONE = "What you did was not done. When the database is back, go back and repeat it."
UNKNOWN = (
    "Whether what you did was done is not known. Go back, load the page again and look before you repeat it; "
    "one click never replays twice."
)


@cache
def page(outage: Outage, *, is_fragment: bool, consequence: str) -> bytes:
    """The whole page or the fragment. With a `consequence`, that of a form, it does not try again by itself."""
    name = "dashboard/error_fragment.html" if is_fragment else "503.html"
    context = {"outage": outage, "reason": _sentences(outage, consequence), "again": AGAIN_SECONDS}
    return render_to_string(name, {**context, "consequence": consequence}).encode()


def _sentences(outage: Outage, consequence: str) -> str:
    return f"{outage.what} {consequence or 'This part of the page tries again by itself.'}"


def answer(method: str, sent: dict[bytes, bytes], *, begun: bool) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of a 503 while the database is unavailable. `sent`: the request's headers.

    `begun`: whether what a form asks for may have been done.
    """
    is_read = method in ("GET", "HEAD")
    consequence = "" if is_read else UNKNOWN if begun else UNDONE
    is_fragment = sent.get(b"hx-request") == b"true" and sent.get(b"hx-boosted") != b"true"
    body = page(UNAVAILABLE, is_fragment=is_fragment, consequence=consequence)
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers().items()]
    return pairs, b"" if method == "HEAD" else body


def headers() -> dict[str, str]:
    """Those of every 503: a page from here has passed no middleware."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store, private",
        "Retry-After": str(AGAIN_SECONDS),
        "Content-Security-Policy": build_policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
    }
