"""`/metrics` is for who has the token, holds nobody's names, and answers without a database."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from dashboard.models import Team, User
from dashboard.processes import presence
from dashboard.telemetry import metrics, row_figures
from dashboard.web.database_watch import DatabaseWatch
from dashboard.web.probes import Probes
from dashboard.web.request_log import logged
from tests.support import people, rows
from tests.support.processes import process, wait_for

TOKEN = "a-token-of-twenty-characters"


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


async def there() -> bool:
    return True


async def gone() -> bool:
    await asyncio.sleep(0.9)
    return False


def ask(probes: Probes, path: str, query: bytes = b"", token: str | None = TOKEN) -> tuple[int, str]:
    """Status and text of the answer; 0 where the probes leave the request to the pages."""
    headers = [(b"authorization", f"Bearer {token}".encode())] if token is not None else []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": headers}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    if not probes.takes(scope):
        return 0, ""
    asyncio.run(logged(probes)(scope, receive, send))
    assert [value for name, value in sent[0]["headers"] if name == b"x-request-id"] != []
    return sent[0]["status"], sent[1]["body"].decode()


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN.upper(), "é"])
def test_who_has_no_token_is_left_to_the_pages_which_have_no_such_address(
    token: str | None, db: None
) -> None:
    probes = Probes(DatabaseWatch(there))
    assert (ask(probes, "/metrics", token=token), ask(probes, "/readyz", b"full", token)) == (
        (0, ""),
        (0, ""),
    )
    assert people.browser().get("/metrics").status_code == 404


@pytest.mark.parametrize(
    ("sent", "takes"),
    [
        (f"bearer  {TOKEN}", True), (f"Basic {TOKEN}", False), (TOKEN, False), (f"Bearer {TOKEN}x", False),
        ("Bearer", False), ("Bearer ü" + TOKEN, False), (f"Bearer {TOKEN} {TOKEN}", False), ("", False),
    ],
)  # fmt: skip
def test_the_token_is_read_as_http_writes_it(sent: str, takes: bool) -> None:
    scope = {"type": "http", "headers": [(b"authorization", sent.encode())]}
    asked = [("/metrics", b""), ("/metrics", b"x=1"), ("/readyz", b"full"), ("/readyz", b"a&full=1")]
    probes = Probes(DatabaseWatch(there))
    assert {probes.takes({**scope, "path": path, "query_string": query}) for path, query in asked} == {takes}


def test_without_a_token_in_the_settings_nobody_has_it(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert [ask(Probes(DatabaseWatch(there)), "/metrics", token=token) for token in ("", None)] == [
        (0, "")
    ] * 2


def test_it_answers_within_two_seconds_without_a_database() -> None:
    begun = time.monotonic()
    status, text = ask(Probes(DatabaseWatch(gone)), "/metrics")
    assert (status, "retake_database_up 0.0" in text, time.monotonic() - begun < 2) == (200, True, True)


def slow() -> Any:
    time.sleep(1.5)


def test_it_answers_within_two_seconds_when_the_rows_do_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_figures, "figures", slow)
    begun = time.monotonic()
    status, text = ask(Probes(DatabaseWatch(there)), "/metrics")
    assert (status, "retake_database_up 0.0" in text) == (200, True)
    # Of which half a second is the thread's that this loop waits for at its end.
    assert time.monotonic() - begun < 2.5


@pytest.mark.django_db(transaction=True)
def test_workers_beats_the_queue_and_consents_come_from_rows(team: Team, ada: User) -> None:
    presence.save("worker", "h:1")
    source = people.connection(team)
    chat = rows.generation(team, ada, source)
    for state in ("queued", "running", "succeeded"):
        rows.replay(
            chat, ada, state=state, finished_at=rows_now() if state == "succeeded" else None, headers_ms=250
        )
    found = row_figures.figures()
    assert found["retake_heard_seconds process=worker"] < 5
    assert "retake_heard_seconds process=beat" not in found
    counts = {name: found[name] for name in found if "state=" in name and found[name]}
    assert counts == {
        "retake_replays_open state=queued": 1,
        "retake_replays_open state=running": 1,
        "retake_replays_ended state=succeeded": 1,
    }
    assert (found["retake_replay_headers_seconds"], found["retake_queue_age_seconds"] < 5) == (0.25, True)


def rows_now() -> Any:
    from django.utils import timezone

    return timezone.now()


ALLOWED = {
    "method": {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"},
    "kind": {"page", "stream"},
    "outcome": set(metrics.LOOKUPS),
    "process": set(presence.KINDS),
    "state": {"idle", "used", "waiting", "queued", "running", "succeeded", "failed", "cancelled", "interrupted"},
}  # fmt: skip


def test_files_that_are_empty_or_gone_cost_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was killed over its file leaves an empty one, and whoever tidies /tmp leaves none."""
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path / "gone"))
    assert b"retake_database_up 0" in metrics.exposed(None)[0]
    (tmp_path / "gone" / "counter_1.db").touch()
    assert b"retake_database_up 0" in metrics.exposed(None)[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.heavy
def test_no_label_of_a_real_site_holds_a_team_a_model_or_an_id(
    site_environment: dict[str, str], broker: object, team: Team, ada: User, tmp_path: Path
) -> None:
    """Every label of every figure that a real web process gives, after pages with all of these in their addresses."""
    import http.client

    from django.urls import get_resolver

    from dashboard.local.system import LOOPBACK, Port

    presence.save("worker", "h:1")
    chat = rows.generation(team, ada, people.connection(team), model_id="openai/gpt-5-nano")
    replay, port = rows.replay(chat, ada), Port().release()
    session = people.browser(ada).cookies
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in session.items())
    asked = [
        f"/t/{team.slug}/g/{chat.request_id}",
        f"/t/{team.slug}/generations?model=openai/gpt-5-nano",
        f"/t/{team.slug}/lookup?id={chat.request_id}",
        replay.get_absolute_url(),
        f"/{uuid4()}",
        "/healthz",
    ]

    def get(path: str, **headers: str) -> tuple[int, str]:
        line = http.client.HTTPConnection(LOOPBACK, port, timeout=20)
        line.request("GET", path, headers=headers)
        with closing(line):
            answer = line.getresponse()
            return answer.status, answer.read().decode()

    env = {
        **site_environment,
        "PORT": str(port),
        "METRICS_TOKEN": TOKEN,
        "WEB_CONCURRENCY": "2",
        "TMPDIR": str(tmp_path),
    }
    with process("-m", "dashboard.web.serve", env=env, port=port):
        statuses = [get(path, Cookie=cookie)[0] for path in asked * 2]
        assert statuses[0] == 200
        assert get("/readyz?full", Authorization=f"Bearer {TOKEN}")[0] == 503  # no beat
        assert get("/metrics")[0] == 404
        text = get("/metrics", Authorization=f"Bearer {TOKEN}")[1]
    wait_for(lambda: list(tmp_path.glob("retake-metrics-*")) == [])
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    patterns = {"none", "/"} | routes(get_resolver())
    wrong = [
        (sample.name, name, value)
        for sample in samples
        for name, value in sample.labels.items()
        if name not in ("le", "status") and value not in ALLOWED.get(name, patterns)
    ]
    assert wrong == []
    counted = sum(sample.value for sample in samples if sample.name == "retake_requests_total")
    assert counted >= len(asked) * 2  # of both processes
    assert {sample.name for sample in samples} >= {
        "retake_request_seconds_count", "retake_streams", "retake_pool_connections", "retake_heard_seconds",
        "retake_queue_age_seconds", "retake_replays_open", "retake_database_up",
    }  # fmt: skip
    assert not any(secret in text for secret in (team.slug, "gpt-5", str(replay.pk), str(chat.request_id)))


def routes(resolver: Any, before: str = "") -> set[str]:
    """Every pattern of the site."""
    found = set()
    for pattern in resolver.url_patterns:
        whole = before + str(pattern.pattern)
        found |= routes(pattern, whole) if hasattr(pattern, "url_patterns") else {whole}
    return found


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """The client's own registry is the process's: what these tests made is taken out of it again."""
    yield
    metrics.instruments.cache_clear()
    for collector in {
        REGISTRY._names_to_collectors[name] for name in REGISTRY._names_to_collectors if "retake" in name
    }:
        REGISTRY.unregister(collector)
