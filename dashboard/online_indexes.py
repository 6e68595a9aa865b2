"""Indexes that are made while the old release writes, and can be made again after an attempt that was cut short."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently

STATE = """
SELECT index.indisvalid FROM pg_index AS index
JOIN pg_class ON pg_class.oid = index.indexrelid
WHERE pg_class.relname = %s AND pg_table_is_visible(pg_class.oid)
"""


class AddIndexOnline(AddIndexConcurrently):
    """`CREATE INDEX CONCURRENTLY`, unless the index is there; one that was left invalid is dropped first.

    Its migration has `atomic = False`, and nothing else in it.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        connection = schema_editor.connection
        if not schema_editor.collect_sql:
            with connection.cursor() as cursor:
                cursor.execute(STATE, [self.index.name])
                found = cursor.fetchone()
                if found == (False,):
                    name = connection.ops.quote_name(self.index.name)
                    cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
                elif found is not None:
                    return
        super().database_forwards(app_label, schema_editor, from_state, to_state)
