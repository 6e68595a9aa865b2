"""What a person has chosen is kept with the account."""

import pytest

from dashboard.models import User
from dashboard.people import preferences
from tests.support import people

pytestmark = pytest.mark.django_db


def test_choices_made_on_two_pages_are_both_kept() -> None:
    person = people.person()
    here, there = User.objects.get(pk=person.pk), User.objects.get(pk=person.pk)
    preferences.choose(here, theme="dark", density="compact")
    preferences.choose(there, columns=["cost"], density=None)
    now = User.objects.get(pk=person.pk)
    assert now.preferences == {"theme": "dark", "columns": ["cost"]}
    assert (preferences.chosen(now, "theme"), preferences.chosen(now, "density", "usual")) == (
        "dark",
        "usual",
    )


@pytest.mark.parametrize("kept", [None, [], "x", 1])
def test_what_is_no_set_of_choices_counts_as_none(kept: object) -> None:
    assert preferences.chosen(User(preferences=kept), "theme", "system") == "system"
