"""Forms are drawn as Django draws them."""

from collections.abc import Iterator

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.http import QueryDict
from django.utils.safestring import mark_safe

from dashboard.web.form_widgets import FormWidgets
from generations.forms import feedback, lab, ledger, limits, lists, log, trends

HOSTILE = "\"><b>&'</b>\u202e"


class EveryWidget(forms.Form):
    """Names, values, labels and attributes that HTML means something by."""

    text = forms.CharField(
        widget=forms.TextInput(attrs={"data-x": HOSTILE, "on": True, "off": False, "safe": mark_safe("&lt;")})
    )
    hidden = forms.CharField(widget=forms.HiddenInput)
    number = forms.IntegerField(min_value=1, max_value=10**9, localize=True)
    day = forms.DateField()
    secret = forms.CharField(widget=forms.PasswordInput)
    choice = forms.ChoiceField(choices=[("", "any"), (HOSTILE, HOSTILE), ("3", mark_safe("<i>3</i>"))])
    grouped = forms.ChoiceField(choices=[("A", [("1", "one")]), ("2", "two")])
    several = forms.MultipleChoiceField(choices=[("1", "one"), ("2", "two")])
    box = forms.BooleanField()
    words = forms.CharField(widget=forms.Textarea)


def fields() -> Iterator[forms.BoundField]:
    """Every field of the product's forms without and with values, and of a form of hostile ones."""
    made: list[type[forms.Form]] = [EveryWidget]
    for module in (feedback, lab, ledger, limits, lists, log, trends):
        made += [
            kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, forms.Form)
        ]
    for kind in dict.fromkeys(made):
        try:
            unbound = kind()
        except TypeError:  # asks for a day or a team
            continue
        values = QueryDict(mutable=True)
        values.update(dict.fromkeys(unbound.fields, HOSTILE))
        for form in (unbound, kind(values)):
            yield from form


def test_every_field_is_drawn_as_django_draws_it() -> None:
    quick, slow = FormWidgets(), DjangoTemplates()
    drawn = []
    for field in fields():
        context = field.field.widget.get_context(
            field.html_name, field.value(), {"id": field.auto_id, "required": True}
        )
        name = field.field.widget.template_name
        drawn.append(name)
        assert quick.render(name, context).strip() == slow.render(name, context).strip()
    assert len(set(drawn)) > 8


def test_plain_fields_are_drawn_without_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DjangoTemplates, "render", lambda *_: "<slow>")
    form = EveryWidget(renderer=FormWidgets())
    slow = [field.name for field in form if "<slow>" in str(field)]
    assert slow == ["grouped", "box", "words"]
