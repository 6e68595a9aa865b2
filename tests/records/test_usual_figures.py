"""Is that normal? What is usual for a team, and a figure against it."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Team, User
from generations.models import Generation, UsualCount, UsualFigures
from generations.reading.figures import usual
from generations.reading.page_types.figures import Tile
from generations.records import usual_figures
from tests.support import people, rows

FIGURES = json.dumps(
    {"total": [214, "900", "2100", "4000"], "speed": [214, "40", "60", "90"], "cost": [19, "1", "2", "3"]}
)


def scale(**values: Any) -> usual.Scale:
    (made,) = usual.scales(FIGURES, values)
    return made


def test_a_figure_is_high_low_or_usual_and_its_mark_stands_on_the_scale() -> None:
    slow = scale(total=Decimal(97_000))
    assert (slow.word, slow.at, slow.median_at, slow.p95_at) == ("high", "100.0", "2.2", "4.1")
    assert slow.text == (
        "Total time 1 min 37 s is higher than for 95% of 214 in 30 days with this model and endpoint: median 2.10 s, "
        "p95 4.00 s."
    )
    normal = scale(total=Decimal(2000))
    assert (normal.word, normal.at, normal.p95_at, normal.is_unusual) == ("usual", "40.0", "80.0", False)
    assert scale(speed=Decimal(12)).word == "low"


def test_nothing_is_said_where_too_few_are_known_or_the_figure_is_not() -> None:
    assert usual.scales(FIGURES, {"cost": 5, "total": None, "first": 7}) == ()
    assert usual.scales(None, {"total": 1}) == usual.scales("{}", {"total": 1}) == ()
    assert usual.scales('{"cost": [40, "0", "0", "0"]}', {"cost": 0}) == ()


def test_of_a_failure_there_are_the_known_figures_and_what_is_high() -> None:
    tiles = [Tile("Until it failed", "97", measure="total"), Tile("Cost", "unknown")]
    slow, quick = (usual.scales(FIGURES, {"total": wait}) for wait in (97_000, 5))
    assert [len(usual.under_tiles(tiles, slow, failed=failed)) for failed in (True, False)] == [1, 2]
    assert usual.under_tiles(tiles, slow, failed=True)[0][1] == slow[0]
    assert usual.under_tiles(tiles, quick, failed=True)[0][1] is None


@pytest.mark.django_db
def test_the_figures_of_a_team_are_counted_by_the_clock_and_drawn_under_the_tiles(
    team: Team, ada: User, settings: Any
) -> None:
    now, source = timezone.now(), people.connection(team, settings.GATEWAY_URLS[0])

    def keep(number: int, wait: int, days: int = 0, **record: Any) -> Generation:
        row = rows.generation(team, ada, source, request_id=f"G-{number}", cost_nanos=number, **record)
        Generation.objects.filter(pk=row.pk).update(made_at=now - timedelta(days=days), wait_ms=wait)
        return row

    made = [keep(number, 100 * number) for number in range(1, 41)]
    keep(41, 9**9, success=False)
    keep(42, 9**9, days=31)
    for number in range(19):
        keep(100 + number, number, model_id="rare")
    assert usual_figures.tick() == 1
    found = UsualFigures.objects.get()
    assert found.figures["total"] == [40, "200.000", "2000.000", "3800.000"]
    assert sorted(found.figures) == ["cost", "total"]
    assert (usual_figures.tick(), UsualCount.objects.get().due_at > now) == (0, True)
    UsualCount.objects.update(due_at=now)
    Generation.objects.filter(pk=made[0].pk).update(wait_ms=0)
    assert (usual_figures.tick(), UsualFigures.objects.count()) == (1, 1)
    made[39].refresh_from_db()
    drawn = {mark.measure: mark.text for mark in usual_figures.scales_of(made[39], json.dumps(found.figures))}
    assert drawn["total"].startswith("Total time 4.00 s is higher than for 95% of 40 in 30 days")
    page = people.html(people.browser(ada).get(made[39].get_absolute_url()))
    assert "Cost $0.00000004 is higher than for 95% of 40" in page
