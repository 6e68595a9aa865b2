"""The limits of a team's replays, as admins type them: dollars with decimals, stored in nanos."""

from decimal import Decimal
from typing import Any

from django import forms

from generations.forms.amounts import spelled, typed
from generations.models import ReplayLimits
from generations.reading.figures.formatting import exact_dollars

NANOS = 10**9
MOST_COUNT = 1_000_000
NO_LIMIT = "no limit"
# Form field -> the name in sentences.
LIMITS = {
    "per_replay_nanos": "per replay",
    "confirm_nanos": "confirmation above",
    "person_day_nanos": "per person and day",
    "person_day_count": "replays per person and day",
    "team_day_nanos": "team per day",
    "team_day_count": "replays of the team per day",
}


class MoneyField(forms.DecimalField):
    """Dollars as typed; the cleaned value is nanos, None when it was left empty."""

    def __init__(self, label: str, help_text: str) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "placeholder": NO_LIMIT}
        super().__init__(
            label=label,
            help_text=help_text,
            min_value=0,
            max_digits=18,
            decimal_places=9,
            required=False,
            widget=forms.TextInput(attrs=attrs),
            error_messages={
                "invalid": "Enter dollars as digits like 0.50, or leave the field empty for no limit.",
                "min_value": "A limit cannot be below 0.",
                "max_decimal_places": "A billionth of a dollar (nine places after the point) is the smallest unit.",
            },
        )

    def to_python(self, value: Any) -> Any:
        """Takes a dollar sign and blanks around the number too, and the number as who types it spells numbers."""
        return super().to_python(typed(value.strip().removeprefix("$")) if isinstance(value, str) else value)

    def clean(self, value: Any) -> Any:
        """In nanos."""
        dollars: Decimal | None = super().clean(value)
        return None if dollars is None else int(dollars * NANOS)

    def prepare_value(self, value: Any) -> Any:
        """Nanos as dollars with every digit; what was typed stays as it was."""
        return spelled(exact_dollars(value).strip("$").replace(",", "")) if isinstance(value, int) else value


class CountField(forms.IntegerField):
    """How many replays, None when it was left empty."""

    def __init__(self, label: str, help_text: str) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off", "placeholder": NO_LIMIT}
        super().__init__(
            label=label,
            help_text=help_text,
            min_value=0,
            max_value=MOST_COUNT,
            required=False,
            widget=forms.TextInput(attrs=attrs),
            error_messages={"invalid": "Enter a whole number, or leave the field empty for no limit."},
        )

    def to_python(self, value: Any) -> Any:
        """As who types it spells numbers. Django takes 1.000 for 1: elsewhere it is a thousand, so that is refused."""
        if not value or not isinstance(value, str):
            return super().to_python(value)
        text = typed(value).strip()
        if not (text.isascii() and text.lstrip("-").isdigit()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


class LimitsForm(forms.Form):
    """Every limit of a team. The cleaned values fit the columns of `ReplayLimits`."""

    per_replay_nanos = MoneyField(
        "Maximum per replay ($)",
        "A replay that is expected to cost more is refused.",
    )
    confirm_nanos = MoneyField(
        "Ask for confirmation above ($)",
        "A replay or batch that is expected to cost more must be confirmed first.",
    )
    person_day_nanos = MoneyField("Maximum per person ($)", "For all replays of one person together.")
    person_day_count = CountField("Maximum replays per person", "Each replay of a batch counts.")
    team_day_nanos = MoneyField("Maximum for the team ($)", "For all replays of all members together.")
    team_day_count = CountField("Maximum replays for the team", "0 stops all replays of the team.")

    @classmethod
    def of(cls, limits: ReplayLimits) -> "LimitsForm":
        """The form that shows these limits."""
        return cls(initial={name: getattr(limits, name) for name in LIMITS})


def in_words(name: str, value: int | None) -> str:
    """A limit for people: `$0.50`, `200`, `no limit`."""
    if value is None:
        return NO_LIMIT
    return exact_dollars(value) if name.endswith("_nanos") else f"{value:,}"
