"""The trends: what is counted, when it is counted again, and where each point leads."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Team, User
from generations.models import Forgetting, Generation, Replay, TrendDay
from generations.reading import outline
from generations.records import forgetting, rebuild, retention, trend_days
from tests.support import people, rows

pytestmark = pytest.mark.django_db
TODAY = timezone.now().astimezone(UTC).date()


def made(days_ago: int, seconds: float = 0.0) -> str:
    start = datetime.combine(TODAY - timedelta(days=days_ago), datetime.min.time(), UTC)
    return (start + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def many(team: Team, ada: User) -> list[Generation]:
    """Three of a day three days ago (its first and its last moment), two of them failed, and an older one."""
    source = people.connection(team)
    failed = {"status_code": 502, "success": False}
    records: list[dict[str, Any]] = [
        {"created_at": made(3), "latency_ms": 100, "cost_nanos": 10**15, "model_id": "m/a"},
        {"created_at": made(3, 86_399.999), "error_code": "upstream_error", "model_id": "m/a", **failed},
        {"created_at": made(3, 5), "cost_nanos": 10**15, "model_id": "m/b", **failed},
        {"created_at": made(40), "latency_ms": 9000, "cost_nanos": 1, "model_id": "m/a"},
    ]
    made_rows = [
        rows.generation(team, ada, source, request_id=f"G-{number}", provider="openai", **record)
        for number, record in enumerate(records)
    ]
    trend_days.tick()
    return list(Generation.objects.filter(pk__in=[row.pk for row in made_rows]).order_by("request_id"))


def page(team: Team, user: User, **query: str) -> Any:
    return people.browser(user).get(reverse("trends", args=[team.slug]), query)


def test_what_a_day_was_is_drawn_and_stands_in_the_table(
    many: list[Generation], team: Team, ada: User
) -> None:
    rows.replay(many[0], ada)
    answer = page(team, ada)
    found = answer.context["found"]
    assert (found.total.count, found.total.failed, found.total.cost) == (3, 2, 2 * 10**15)
    assert (found.before.count, found.total.priced, found.replays[-1]) == (1, 2, 1)
    assert found.by_day[-4].causes == {"upstream_error": 1, "": 1}
    assert abs(found.total.median_wait - 100) < 3
    text = people.html(answer)
    for words in (
        "upstream_error",
        "no error code",
        "67%",
        "before: 1",
        "All days as a table",
        "log</a> has more",
    ):
        assert words in text
    for row in TrendDay.objects.exclude(parts=[]):
        TrendDay.objects.filter(pk=row.pk).update(total={**(row.total or {}), "count": 50})
    read = page(team, ada).context["found"]
    assert (read.total.count, read.before.count) == (50, 50)  # the totals are read, not the parts
    for row in TrendDay.objects.all():
        # An older Retake sums a day again: it writes the parts alone, without a stamp.
        stored = [{key: value for key, value in part.items() if key != "stamp"} for part in row.parts]
        TrendDay.objects.filter(pk=row.pk).update(parts=stored)
    assert page(team, ada).context["found"] == found
    assert page(team, ada, model="m/b").context["found"].total.count == 1
    assert page(team, ada, days="90").context["found"].total.count == 4
    odd = page(team, ada, days="x", model="\0", provider="p" * 500)
    assert (odd.status_code, odd.context["wanted"]["days"]) == (200, 30)


def test_each_point_opens_the_generations_that_it_counts(
    many: list[Generation], team: Team, ada: User
) -> None:
    """A day's address finds its first and its last moment; that of a cause, those with it."""
    panels = {panel.heading: panel for panel in page(team, ada).context["page"].panels}
    browser = people.browser(ada)

    def listed(href: str) -> set[str]:
        answer = browser.get(href)
        assert answer.status_code == 200, parse_qs(urlsplit(href).query)
        return {row.request_id for row in answer.context["page"].rows}

    failures = panels["Failures by cause"].marks[-4]
    assert listed(failures.href) == {"G-1", "G-2"}
    assert listed(next(part.href for part in failures.parts if "upstream" in part.title)) == {"G-1"}
    assert listed(next(part.href for part in failures.parts if "no error code" in part.title)) == {"G-2"}
    assert listed(panels["Wait"].marks[-4].href) == {"G-0", "G-1", "G-2"}
    assert listed(panels["Wait"].marks[-3].href) == set()
    [model] = [row for row in page(team, ada).context["page"].models if row.name == "m/b"]
    assert listed(model.href) == {"G-2"}
    for provider in ("openai", "other"):
        rows.replay(many[0], ada, provider=provider, model_id="m/a")
    of_one = page(team, ada, provider="openai", model="m/a").context
    [replays] = [panel for panel in of_one["page"].panels if panel.heading == "Replays"]
    found = browser.get(replays.marks[-1].href).context["page"].rows
    assert (of_one["found"].replays[-1], [row.provider for row in found]) == (1, ["openai"])
    Replay.objects.filter(provider="openai").update(hidden=True)
    Replay.rows.filter(provider="other").update(created_at=made(3, 86_399.999))
    counts = page(team, ada, days="7").context["found"].replays
    assert counts == [0, 0, 0, 1, 0, 0, 0]


def test_a_day_is_counted_again_when_it_has_changed(many: list[Generation], team: Team, ada: User) -> None:
    def counts() -> list[int]:
        found = page(team, ada).context["found"]
        return [found.total.count, found.total.failed]

    later = timezone.now() + timedelta(minutes=5)
    TrendDay.objects.update(counted_at=later)
    assert (trend_days.tick(later), counts()) == (0, [3, 2])
    late = rows.generation(team, ada, people.connection(team), request_id="G-9", created_at=made(3))
    Generation.objects.filter(pk=late.pk).update(fetched_at=later)
    late.records.update(fetched_at=later)
    # Today too: there it stood before its record said when it was made.
    assert (trend_days.tick(later), counts()) == (2, [4, 2])
    Generation.objects.filter(pk=many[1].pk).update(derived=outline.VERSION - 1, success=None)
    rebuild.generation(many[1].pk)
    assert TrendDay.objects.stale().count() == 1
    retention.forget(many[2], ada)  # is in no figure at once, without the clock
    assert counts() == [3, 1]


def test_what_is_hidden_is_in_no_figure_until_it_is_back(
    many: list[Generation], team: Team, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counts() -> int:
        count: int = page(team, ada).context["found"].total.count
        return count

    counted = Mock(wraps=trend_days.sums)
    monkeypatch.setattr(trend_days, "sums", counted)
    clicks = forgetting.hide(many[:2], ada)
    assert (counts(), counted.call_count) == (1, 1)  # a day of many is summed once
    TrendDay.objects.update(is_stale=True)
    trend_days.tick()
    assert counts() == 1
    forgetting.undo([click.pk for click in clicks], team, ada)
    assert counts() == 3


def test_undo_is_offered_whatever_becomes_of_the_sums(
    many: list[Generation], team: Team, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process sums the day, or nothing can be written; many days are left to the clock."""
    with CaptureQueriesContext(connection) as seen:
        forgetting.hide(many[1:2], ada)
    assert any("ORDER BY" in query["sql"] and "FOR UPDATE NOWAIT" in query["sql"] for query in seen)
    refused = Mock(side_effect=OperationalError("canceling statement due to lock timeout"))
    with monkeypatch.context() as patched:
        patched.setattr(trend_days, "sums", refused)
        page_after = people.browser(ada).post(f"{many[0].get_absolute_url()}/forget", follow=True)
        assert "Retake has forgotten G-0." in people.html(page_after)
        assert list(TrendDay.objects.stale().values_list("day", flat=True)) == [TODAY - timedelta(days=3)]
        patched.setattr(trend_days, "mark", refused)
        assert len(forgetting.hide(many[2:3], ada)) == 1
        assert refused.call_count == 3
    trend_days.tick()
    assert page(team, ada).context["found"].total.count == 0
    hidden = Mock(side_effect=[Forgetting(), OperationalError("canceling statement due to lock timeout")])
    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "_hide", hidden)
        assert len(forgetting.hide(many, ada)) == 1  # the rest is left out, and what is hidden can be undone
    monkeypatch.setattr(trend_days, "MOST_AT_ONCE", 0)
    clicks = Forgetting.objects.values_list("pk", flat=True)
    assert len(forgetting.undo(list(clicks), team, ada)) == 3
    assert page(team, ada).context["found"].pending == 1
    trend_days.tick()
    assert page(team, ada).context["found"].total.count == 3


def test_days_that_are_all_too_old_are_looked_at_once(team: Team, ada: User) -> None:
    old = timezone.now() - timedelta(days=trend_days.KEPT_DAYS + 10)
    row = rows.generation(team, ada, people.connection(team), created_at=old.isoformat())
    Generation.objects.filter(pk=row.pk).update(looked_up_at=old, fetched_at=old)
    row.records.update(fetched_at=old)
    assert trend_days.tick() == 1
    with CaptureQueriesContext(connection) as seen:
        assert trend_days.tick() == 0
    [looked] = [
        query["sql"] for query in seen if 'MAX("generations_generation"."fetched_at")' in query["sql"]
    ]
    assert '"generations_storedrecord"."fetched_at" >=' in looked
    assert "No trends yet" in people.html(page(team, ada))


def test_the_trends_cost_the_same_queries_for_any_number(team: Team, ada: User) -> None:
    sizes = []
    source = people.connection(team)
    for number in range(3):
        rows.generation(
            team, ada, source, request_id=f"G-{number}", created_at=made(number), model_id=f"m/{number}"
        )
        trend_days.tick()
        browser = people.browser(ada)
        browser.get(reverse("trends", args=[team.slug]))
        with CaptureQueriesContext(connection) as seen:
            browser.get(reverse("trends", args=[team.slug]))
        sizes.append(len(seen))
    assert len(set(sizes)) == 1


def test_without_generations_it_says_so(team: Team, ada: User) -> None:
    assert "No trends yet" in people.html(page(team, ada))
    assert "Nothing in this time" in people.html(page(team, ada, model="m/x"))
    old = rows.generation(team, ada, people.connection(team), created_at=made(200))
    rows.replay(old, ada)
    text = people.html(page(team, ada))
    assert ("No trends yet" in text, "1 replay" in text, "Counted" in text) == (False, True, False)
