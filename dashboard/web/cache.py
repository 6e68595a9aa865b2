"""The cache that sign-in limits are counted in. It says when it cannot write."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, IntegrityError, connections, router


class HonestCache(DatabaseCache):
    """Django's, which answers "not added" when the database refused the row, read-only or locked.

    A limit that could not be counted would then look like one that is used up.
    """

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Store a value. Raises DatabaseError, but not for a row that somebody else added meanwhile."""
        refused: list[DatabaseError] = []

        def watch(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
            try:
                return execute(sql, params, many, context)
            except IntegrityError:
                raise
            except DatabaseError as error:
                refused.append(error)
                raise

        with connections[router.db_for_write(self.cache_model_class)].execute_wrapper(watch):
            stored: bool = super()._base_set(mode, key, value, timeout)  # type: ignore[misc]
        if refused:
            raise refused[0]
        return stored
