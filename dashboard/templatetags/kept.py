"""Parts of a page that are drawn once and kept in this process, for as long as what they depend on stays the same."""

import secrets
from functools import partial

from django import template
from django.conf import settings
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.utils.safestring import SafeString, mark_safe

from dashboard.web.recent_values import RecentValues

register = template.Library()
parts: RecentValues[str] = RecentValues(256)
"""Parts of frames: names of teams and people, nothing of what a generation says."""
STAND_IN = secrets.token_hex(16)
"""Stands for the form token of who asks in what is kept. No text of a page can have it: nobody knows it."""


class KeptNode(Node):
    def __init__(self, name: str, facts: list[FilterExpression], nodelist: NodeList) -> None:
        self.name, self.facts, self.nodelist = name, facts, nodelist

    def render(self, context: template.Context) -> SafeString:
        if settings.DEBUG:  # templates are edited
            return SafeString(self.nodelist.render(context))
        key = (self.name, *[fact.resolve(context) for fact in self.facts])
        return with_token(parts.get(key, partial(self._draw, context)), context.get("csrf_token", ""))

    def _draw(self, context: template.Context) -> str:
        with context.push(csrf_token=STAND_IN):
            return self.nodelist.render(context)


def with_token(text: str, token: object) -> SafeString:
    """What was kept, with the form token of who asks."""
    return mark_safe(text.replace(STAND_IN, str(token)))  # noqa: S308  drawn by templates; a token is letters and digits


@register.simple_tag(takes_context=True)
def filled(context: template.Context, text: str) -> SafeString:
    """A part that was kept elsewhere, with the form token of who asks."""
    return with_token(text, context.get("csrf_token", ""))


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept "name" fact fact %}...{% endkept %}`: what is between depends on nothing but the facts and the form token."""
    _, name, *facts = token.split_contents()
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(name, [parser.compile_filter(fact) for fact in facts], nodelist)
