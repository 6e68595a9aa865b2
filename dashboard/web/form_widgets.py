"""Inputs and choices of forms without templates: what Django's own would draw, in a tenth of the time.

A list has twenty fields, and Django draws each by two to ten templates.
"""

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import SafeString

from dashboard.web.quick_html import fill, joined

FOLDER = "django/forms/widgets/"
INPUTS = frozenset(
    f"{FOLDER}{name}.html"
    for name in (
        "input",
        "text",
        "number",
        "email",
        "url",
        "search",
        "password",
        "hidden",
        "date",
        "datetime",
    )
)
SELECT, OPTION = f"{FOLDER}select.html", f"{FOLDER}select_option.html"


class FormWidgets(DjangoTemplates):
    """Django's renderer, but for plain inputs and selects; they end without its line break."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name in INPUTS:
            return drawn_input(context["widget"])
        if template_name == SELECT and _is_flat(context["widget"]):
            return drawn_select(context["widget"])
        return super().render(template_name, context, request)


def _is_flat(widget: Mapping[str, Any]) -> bool:
    """Whether its choices have no groups and no templates of their own."""
    return all(
        not name and all(option["template_name"] == OPTION for option in options)
        for name, options, _ in widget["optgroups"]
    )


def drawn_input(widget: Mapping[str, Any]) -> SafeString:
    """As `django/forms/widgets/input.html` draws it."""
    value = "" if widget["value"] is None else fill(' value="{}"', widget["value"])
    attributes = _attributes(widget["attrs"])
    return fill('<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, attributes)


def drawn_select(widget: Mapping[str, Any]) -> SafeString:
    """As `django/forms/widgets/select.html` draws it."""
    options = [option for _, group, _ in widget["optgroups"] for option in group]
    inner = joined(
        fill(
            '\n  <option value="{}"{}>{}</option>\n',
            *(option["value"], _attributes(option["attrs"]), option["label"]),
        )
        for option in options
    )
    return fill('<select name="{}"{}>{}\n</select>', widget["name"], _attributes(widget["attrs"]), inner)


def _attributes(attributes: Mapping[str, Any]) -> SafeString:
    return joined(_attribute(name, value) for name, value in attributes.items() if value is not False)


def _attribute(name: str, value: Any) -> SafeString:
    return fill(" {}", name) if value is True else fill(' {}="{}"', name, value)
