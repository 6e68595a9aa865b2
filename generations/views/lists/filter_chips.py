"""The filters of a list that are set, each with the address of the list without it."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.http import QueryDict


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A filter that is set: its name, its value as people read it, and the query string without it."""

    label: str
    value: str
    query: str


def chips(form: forms.Form, given: QueryDict, without: Callable[[str], str]) -> list[FilterChip]:
    """In the order of the form; `without` gives the query string without a filter."""
    made = []
    for field in form:
        value = given.get(field.name, "").strip()
        if value:
            words = dict(getattr(field.field, "choices", ()))
            made.append(FilterChip(str(field.label), str(words.get(value, value)), without(field.name)))
    return made
