"""What the trends show, held by their address."""

from typing import Any

from django import forms

DAYS = (7, 30, 90)
USUAL_DAYS = 30


class TrendForm(forms.Form):
    """The span, and one model or provider; anything else in the address is the usual."""

    days = forms.TypedChoiceField(
        coerce=int, choices=[(str(days), str(days)) for days in DAYS], empty_value=None, required=False
    )
    model = forms.CharField(
        label="Model",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "models", "autocomplete": "off", "spellcheck": "false"}),
    )
    provider = forms.CharField(
        label="Provider",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "providers", "autocomplete": "off", "spellcheck": "false"}),
    )

    @property
    def wanted(self) -> dict[str, Any]:
        """What is asked for; a field with a fault asks for nothing."""
        self.full_clean()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return {"days": USUAL_DAYS, "model": "", "provider": "", **given}
