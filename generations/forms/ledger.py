"""The filters of the ledger, held by its address."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from dashboard.models import User
from generations.forms.lists import FilterForm, offered
from generations.models.replay import State

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
WHEN = (
    ("", "last 30 days"),
    ("1", "today"),
    ("7", "last 7 days"),
    ("90", "last 90 days"),
    ("365", "last 365 days"),
    ("all", "all time"),
)
USUAL_DAYS = 30


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )


class LedgerForm(FilterForm):
    """Which replays the ledger shows. After cleaning, `since` and `until` are the days (UTC) that it spans.

    Without days and without `when` these are the last 30; days that were given win over `when`.
    """

    when = forms.ChoiceField(label="When", choices=WHEN, required=False)
    who = forms.TypedChoiceField(label="By", coerce=int, empty_value=None, required=False)
    model = offered("Model that answered", "models", 200)
    state = forms.ChoiceField(label="Verdict", choices=[("", "any"), *State.choices], required=False)
    sent_as = forms.ChoiceField(
        label="Sent", choices=[("", "any"), ("stored", "as stored"), ("changed", "changed")], required=False
    )
    kind = forms.ChoiceField(
        label="Ordered",
        choices=[("", "any"), ("single", "one by one"), ("batch", "in a batch")],
        required=False,
    )
    provider = offered("Provider", "providers", 120)
    since = _day("From (day, UTC)")
    until = _day("To (day, UTC)")

    FIRST = ("when", "who", "model", "state")

    def __init__(self, *args: Any, today: date, people: Iterable[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.people = today, {person.pk: str(person) for person in people}
        who = self.fields["who"]
        assert isinstance(who, forms.TypedChoiceField)
        who.choices = [("", "anyone"), *((str(pk), name) for pk, name in self.people.items())]

    def clean(self) -> dict[str, Any]:
        """Turns `when` into days."""
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", "This day is before the first one.")
        if not since and not until and data.get("when") != "all":
            data["since"] = self.today - timedelta(days=int(data.get("when") or USUAL_DAYS) - 1)
        return data
