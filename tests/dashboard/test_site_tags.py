"""Icons, pills and relative times."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lucide.templatetags.lucide import lucide

from dashboard.templatetags.site import ICONS, PILLS, ago, icon, notice_kind, pill, relative

NOW = datetime(2026, 8, 22, 17, 26, 36, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["mark", *ICONS])
def test_every_icon_is_a_hidden_drawing_with_thin_strokes(name: str) -> None:
    drawing = icon(name)
    size, stroke = ("20", "2") if name == "mark" else ("16", "2.25")
    assert re.findall(r'<svg [^>]*?width="(\d+)"', drawing) == [size]
    assert re.findall(r'<svg [^>]*?stroke-width="([\d.]+)"', drawing) == [stroke]
    assert re.findall(r'<svg [^>]*?aria-hidden="(\w+)"', drawing) == ["true"]


def test_icons_are_as_the_package_draws_them() -> None:
    for name, drawing in ICONS.items():
        drawn = lucide(drawing, size=16, stroke_width=2.25, aria_hidden="true", **{"class": f"icon {name}"})
        assert icon(name) == "".join(map(str.strip, drawn.splitlines()))


def test_a_name_out_of_data_that_is_not_ours_is_a_question_mark() -> None:
    assert icon('"><script>') == icon("unknown")


def test_every_pill_has_an_icon() -> None:
    assert {name for _, name, _ in PILLS.values()} - ICONS.keys() == set()


def test_pill_says_the_state_in_a_word_and_keeps_the_code() -> None:
    assert (
        pill("failed", "", 502)
        == f'<span class="pill bad">{icon("bad")}Failed <span class="mono">502</span></span>'
    )


def test_pill_escapes_a_state_it_does_not_know() -> None:
    assert pill("<b>") == f'<span class="pill quiet">{icon("unknown")}&lt;b&gt;</span>'


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "22 Jul 2026"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(days=-7), "in 7 days"),
        (timedelta(days=-7, seconds=2), "in 7 days"),
        (timedelta(hours=-2, minutes=-20), "in 2 hours"),
    ],
)
def test_relative_time(age: timedelta, words: str) -> None:
    assert relative(NOW - age, NOW) == words


def test_ago_carries_utc_whatever_the_zone() -> None:
    moment = NOW.astimezone().replace(year=2020)
    element = ago(moment)
    assert re.findall(r'datetime="([^"]+)" title="([^"]+)"', element) == [
        ("2020-08-22T17:26:36Z", "2020-08-22 17:26:36 UTC")
    ]


def test_ago_takes_focus_unless_asked_otherwise() -> None:
    assert [element.count('tabindex="0"') for element in (ago(NOW), ago(NOW, focusable=False))] == [1, 0]


def test_an_unknown_time_is_unknown() -> None:
    assert ago(None) == '<span class="muted">unknown</span>'


def test_notice_kinds() -> None:
    levels = ("success", "info", "warning", "error", "")
    assert [notice_kind(level) for level in levels] == ["good", "info", "warn", "bad", "info"]


def test_templates_use_only_icons_that_exist() -> None:
    used = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([^"]+)" %}', path.read_text())
    }
    assert used - ICONS.keys() == {"mark"}
