"""Whether PostgreSQL takes connections, for a web process's event loop.

Pages that answer promptly never ask. One that makes its reader wait asks, and when the database is unavailable all that wait
are answered at once, and no further page takes a thread until it is back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from django.db import connection
from psycopg import AsyncConnection, OperationalError

from dashboard.telemetry import logs

ANSWER_SECONDS = 1.0  # that PostgreSQL has to answer one question
LATE = 1.3  # times ANSWER_SECONDS: the loop was held up
PAUSE_SECONDS = 0.25  # between two questions while it is unavailable
FRESH_SECONDS = 0.25  # an answer serves all who ask within it
NEED_NO_DATABASE = ("/static/", "/favicon.ico")
OF_DJANGO = ("cursor_factory", "context", "prepare_threshold")  # parameters that libpq does not know
FULL = ("too many", "remaining connection slots")
"""What a server says that has no room for another connection: those of the pool go on."""
logger = logging.getLogger(__name__)


async def answers() -> bool:
    """Whether the server of DATABASE_URL lets us in, or is merely full. Raises TimeoutError when it says nothing.

    On the loop: libpq's own ping would hold it up.
    """
    given = connection.get_connection_params()
    for name in OF_DJANGO:
        given.pop(name, None)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            session = await AsyncConnection.connect(**given)
    except OperationalError as error:
        return any(words in str(error) for words in FULL)
    await session.close()
    return True


class DatabaseWatch:
    """One per web process, used on its event loop."""

    def __init__(self, answers: Callable[[], Awaitable[bool]] = answers) -> None:
        self.answers = answers
        self.is_unavailable = False
        self._asking: asyncio.Task[bool] | None = None
        self._heard_at = self._page_at = -FRESH_SECONDS
        self._waiting: asyncio.Task[None] | None = None

    async def look(self) -> bool:
        """Whether the database is unavailable, from an answer that is fresh. One question goes out for all who ask."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard_at > FRESH_SECONDS:
            if self._asking is None or self._asking.done():
                self._asking = loop.create_task(self._ask())
            await asyncio.shield(self._asking)
        return self.is_unavailable

    def saw_answer(self, path: str, status: int) -> None:
        """A page was answered: one that may have asked the database tells that it is there."""
        if status < 500 and not path.startswith(NEED_NO_DATABASE):
            self._page_at = asyncio.get_running_loop().time()

    async def _seems_unavailable(self) -> bool:
        """Silence proves nothing while pages are answered, or where the whole machine was late."""
        begun = asyncio.get_running_loop().time()
        try:
            return not await self.answers()
        except TimeoutError:
            late = asyncio.get_running_loop().time() - begun > LATE * ANSWER_SECONDS
            return self.is_unavailable or not (late or self._page_at > begun)

    async def _ask(self) -> bool:
        loop = asyncio.get_running_loop()
        is_unavailable = await self._seems_unavailable()
        self._heard_at = loop.time()
        if is_unavailable and not self.is_unavailable:
            logger.error("The database is unavailable; pages say so until it is back", extra=logs.DATABASE)
            self._waiting = loop.create_task(self._until_back())
        self.is_unavailable = is_unavailable
        return is_unavailable

    async def _until_back(self) -> None:
        while await self._ask():
            await asyncio.sleep(PAUSE_SECONDS)
        logger.warning("The database is back")
