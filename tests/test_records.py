"""The bytes of a record: small ones in their row, large ones in chunks that are read where they are wanted."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Team
from generations.models import Generation, RecordChunk, StoredRecord
from generations.models.stored_record import AHEAD, CHUNK
from generations.reading.explorer import json_nodes
from generations.reading.large import index
from generations.reading.large.index_builder import survey
from tests.support import large

pytestmark = pytest.mark.django_db
EDGES = [(0, 1), (CHUNK - 1, CHUNK), (CHUNK - 1, CHUNK + 1), (CHUNK, CHUNK + 1), (5, 3 * CHUNK + 5), (7, 7)]


def stored(team: Team, raw: bytes) -> StoredRecord:
    """A row with these bytes and, where they are many, their marks, as a lookup makes it."""
    row = Generation.objects.create(team=team, request_id="G-1")
    marks = index.dump(survey(raw)) if len(raw) > index.SMALL else ""
    StoredRecord(generation=row, sha256="", outline="", marks=marks).keep(raw)
    return StoredRecord.objects.get(generation=row)


@pytest.mark.parametrize("size", [0, 1, index.SMALL, index.SMALL + 1, 5 * CHUNK, 5 * CHUNK + 1])
def test_the_bytes_are_those_that_were_kept(team: Team, size: int) -> None:
    raw = bytes(number % 251 for number in range(size))
    record = stored(team, raw)
    assert (record.size, record.raw, b"".join(record.source.pieces(0, size))) == (size, raw, raw)
    assert record.chunks.count() == (0 if size <= index.SMALL else -(-size // CHUNK))


def test_any_span_is_read(team: Team) -> None:
    raw = bytes(number % 251 for number in range(6 * CHUNK))
    source = stored(team, raw).source
    assert source.slices(EDGES) == [raw[start:end] for start, end in EDGES]
    for start, end in EDGES:
        assert b"".join(source.pieces(start, end)) == raw[start:end]


def test_a_span_costs_one_query_and_a_whole_record_one_for_some_chunks(team: Team) -> None:
    source = stored(team, b"x" * 10 * CHUNK).source
    with CaptureQueriesContext(connection) as queries:
        source.slices(EDGES)
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert [len(piece) for piece in source.pieces(0, 10 * CHUNK)] == [CHUNK] * 10
    assert len(queries) == -(-10 // AHEAD)


def test_a_record_forgotten_while_it_is_read_is_not_cut_short(team: Team) -> None:
    record = stored(team, b"x" * 10 * CHUNK)
    pieces = record.source.pieces(0, record.size)
    next(pieces)
    RecordChunk.objects.filter(position=8).delete()
    with pytest.raises(RecordChunk.DoesNotExist):
        list(pieces)
    with pytest.raises(RecordChunk.DoesNotExist):
        record.source.slices([(8 * CHUNK, 8 * CHUNK + 1)])


@pytest.mark.parametrize("at", ["", "/endpoint", "/replay_request/messages/1999/content", "/io_log/payload"])
def test_values_are_found_in_large_records(team: Team, at: str) -> None:
    raw = large.conversation()
    found = stored(team, raw).value(at)
    assert found is not None
    assert found.read() == json_nodes.cut(raw, at)


def test_chunks_go_with_their_record(team: Team) -> None:
    stored(team, json.dumps("x" * 3 * CHUNK).encode()).delete()
    assert RecordChunk.objects.count() == 0
