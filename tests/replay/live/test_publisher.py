"""The live channel against a real Redis-protocol server and a real PostgreSQL."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from html import unescape
from typing import Any

import pytest
import redis

from dashboard.models import GatewayConnection, Team, User
from dashboard.web.event_streams import in_thread
from generations.models import Replay
from generations.models.replay import State
from generations.replay.live import follow, publisher
from generations.replay.live.log import Deadlines, LiveLog, LogEntry
from tests.support import rows
from tests.support.people import connection as make_connection
from tests.support.people import person
from tests.support.people import team as make_team

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]


@pytest.fixture
def replay() -> Replay:
    team: Team = make_team()
    user: User = person(team)
    source: GatewayConnection = make_connection(team)
    return rows.replay(rows.generation(team, user, source), user, state=State.RUNNING)


@pytest.fixture(autouse=True)
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test begins in the second of rest after another one's dead Redis."""
    monkeypatch.setattr(publisher._Backoff, "until", 0.0)


def feed_of(replay: Replay) -> LiveLog:
    return LiveLog(replay.pk, replay.claim or uuid.uuid4(), Deadlines(600, 180, 1800))


class Page:
    """An open page: applies the events as the browser does."""

    def __init__(self, replay: Replay, last_event_id: int | None = None) -> None:
        async def reread(seq: int) -> follow.SavedState | None:
            return await in_thread(follow.saved_state, replay.pk, seq)

        self.events: AsyncIterator[bytes] = follow.follow(replay.pk, last_event_id, reread)
        self.html, self.last_id, self.ended = "", last_event_id, False
        self.names: list[str] = []

    async def read(self, until: Callable[["Page"], bool], seconds: float = 60) -> "Page":
        async with asyncio.timeout(seconds):
            while not until(self):
                self.take((await anext(self.events)).decode())
        return self

    def take(self, event: str) -> None:
        name = re.search(r"^event: (\w+)$", event, re.M)
        if name is None:
            return
        data = "\n".join(re.findall(r"^data: (.*)$", event, re.M))
        if number := re.search(r"^id: (\d+)$", event, re.M):
            self.last_id = int(number[1])
        self.names.append(name[1])
        self.html = data if name[1] == "snap" else self.html + data if name[1] == "delta" else self.html
        self.ended = self.ended or name[1] == "end"

    @property
    def text(self) -> str:
        return unescape(re.sub(r"<[^>]+>", "", self.html))


def publish(live_log: LiveLog, *texts: str) -> None:
    for text in texts:
        live_log.append("text", text)
        publisher.publish([live_log])


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def test_a_reader_gets_what_was_and_what_comes(replay: Replay) -> None:
    async def story() -> None:
        live_log = feed_of(replay)
        await asyncio.to_thread(publish, live_log, "Hel", "lo")
        page = await Page(replay).read(lambda page: page.text == "Hello")
        await asyncio.to_thread(publish, live_log, " <b>&\r\n world")
        await page.read(lambda page: page.text == "Hello <b>&\r\n world")
        assert page.names[0] == "snap"
        assert page.names.count("snap") == 1

    run(story)


def test_a_reader_with_a_last_event_id_gets_only_what_is_new(replay: Replay) -> None:
    async def story() -> None:
        await asyncio.to_thread(publish, feed_of(replay), "a", "b", "c")
        page = await Page(replay, last_event_id=2).read(lambda page: page.text == "c")
        assert page.names == ["delta"]

    run(story)


def test_a_reader_without_one_begins_with_a_replacement(replay: Replay) -> None:
    rows.part(replay, 1, "saved ", "text")

    async def story() -> None:
        page = await Page(replay).read(lambda page: page.text == "saved text")
        assert page.names == ["snap"]

    run(story)


def test_a_gap_in_redis_sends_the_reader_to_postgres(replay: Replay) -> None:
    rows.part(replay, 1, "lost ", "in redis ")
    live_log = feed_of(replay)
    live_log._seq = 2
    publish(live_log, "kept")

    async def story() -> None:
        page = await Page(replay).read(lambda page: page.text == "lost in redis kept")
        assert page.last_id == 3

    run(story)


def test_an_emptied_redis_costs_no_word(replay: Replay) -> None:
    async def story() -> None:
        live_log = feed_of(replay)
        await asyncio.to_thread(publish, live_log, "one ")
        page = await Page(replay).read(lambda page: page.text == "one ")
        publisher.writer().flushall()
        await asyncio.to_thread(publish, live_log, "two ")
        await page.read(lambda page: page.text == "one two ")

    run(story)


def test_a_replacement_voids_what_was_shown(replay: Replay) -> None:
    async def story() -> None:
        live_log = feed_of(replay)
        await asyncio.to_thread(publish, live_log, "Hel")
        page = await Page(replay).read(lambda page: page.text == "Hel")
        live_log.append("replace", "")
        await asyncio.to_thread(publish, live_log, "Hello, world")
        await page.read(lambda page: page.text == "Hello, world")
        assert page.names[-1] == "snap"

    run(story)


def test_the_end_closes_the_stream(replay: Replay) -> None:
    async def story() -> None:
        live_log = feed_of(replay)
        await asyncio.to_thread(publish, live_log, "bye")
        live_log.append("end", "succeeded")
        await asyncio.to_thread(publisher.publish, [live_log])
        page = await Page(replay).read(lambda page: page.ended)
        assert page.text == "bye"
        with pytest.raises(StopAsyncIteration):
            await anext(page.events)

    run(story)


def test_a_finished_replay_ends_at_once(replay: Replay) -> None:
    Replay.objects.update(state=State.SUCCEEDED)

    async def story() -> None:
        page = await Page(replay).read(lambda page: page.ended)
        assert page.names == ["end"]

    run(story)


def test_a_row_that_ended_without_an_entry_ends_the_stream_by_a_wakeup(replay: Replay) -> None:
    async def story() -> None:
        page = await Page(replay).read(lambda page: page.names == ["snap"])
        await asyncio.to_thread(Replay.objects.filter(pk=replay.pk).update, state=State.INTERRUPTED)
        await asyncio.to_thread(publisher.notify, replay.pk)
        await page.read(lambda page: page.ended)

    run(story)


def test_without_redis_the_reader_polls_the_row(
    replay: Replay, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    rows.part(replay, 1, "from ")

    async def story() -> None:
        page = await Page(replay).read(lambda page: page.text == "from ")
        await asyncio.to_thread(rows.part, replay, 2, "postgres")
        await page.read(lambda page: page.text == "from postgres")
        await asyncio.to_thread(Replay.objects.filter(pk=replay.pk).update, state=State.SUCCEEDED)
        await page.read(lambda page: page.ended)

    run(story)


def test_entries_that_redis_has_already_are_no_fault(replay: Replay) -> None:
    entries = [LogEntry(1, "text", "a"), LogEntry(2, "text", "b")]
    publisher._send([(replay.pk, entries)])
    publisher._send([(replay.pk, [*entries, LogEntry(3, "text", "c")])])
    kept: Any = publisher.writer().xrange(publisher.key_of(replay.pk))
    assert [fields[b"t"] for _, fields in kept] == [b"a", b"b", b"c"]


def test_what_a_dead_redis_did_not_take_is_sent_when_it_is_back(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_log = feed_of(replay)
    live_log.append("text", "a")

    def refuse(*_: object) -> None:
        raise redis.ConnectionError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(publisher, "_send", refuse)
        publisher.publish([live_log])
    assert live_log.unsent == [LogEntry(1, "text", "a")]
    publisher._Backoff.until = 0.0
    publisher.publish([live_log])
    assert live_log.unsent == []
    assert len(publisher.writer().xrange(publisher.key_of(replay.pk))) == 1  # type: ignore[arg-type]
