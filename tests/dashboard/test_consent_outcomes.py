"""Whatever comes back from a gateway ends on a page that says what happened and what to do."""

import re
from html import escape
from pathlib import Path

import pytest
from django.urls import reverse

from dashboard.consents.models import ConsentRequest
from dashboard.consents.outcomes import CONNECTED, STRAY, WORDS, words
from dashboard.models import Role, Team
from generations.gateway.oauth import failures
from tests.support.people import browser, person

FLOW = Path(__file__).parents[2] / "dashboard" / "consents"
# What issue and contract name, and the outcome that it ends with.
FAULTS = {
    "denied, without iss": "denied",
    "state wrong, used, of another person or team": "unknown",
    "signed out in between": "signed_out",
    "code used twice": "invalid_grant",
    "mix-up (iss of another)": "issuer",
    "token endpoint: 429": "rate_limited",
    "token endpoint: 500": "server_fault",
    "token endpoint: HTML": "not_json",
    "token endpoint: timeout": "timeout",
    "token endpoint: 16 KiB": "too_large",
    "token endpoint: unreachable": "unreachable",
    "scope narrower than a replay needs": "no_scope",
    "workspace that the person left": "workspace_lost",
    "another workspace": "other_workspace",
    "metadata document gone, client suspended": "invalid_client",
    "later than ten minutes": "late",
    "right lost in between": "no_right",
    "address withdrawn": "withdrawn",
    "client removed in between": "client_gone",
}


def raised() -> set[str]:
    """Every outcome that the code of consents can end with."""
    source = "".join(path.read_text() for path in FLOW.glob("*.py"))
    literal = re.findall(r'ConsentFailed\((?:"(\w+)" if [^)]*? else )?"(\w+)"', source)
    named = {name for pair in literal for name in pair if name}
    return named | set(failures.WORDS) | {CONNECTED}


def test_every_outcome_has_words_and_every_word_an_outcome() -> None:
    assert raised() == set(WORDS)
    assert set(FAULTS.values()) <= set(WORDS) | set(STRAY)


@pytest.mark.django_db
def test_every_outcome_is_a_page_with_what_happened_and_what_to_do(team: Team) -> None:
    admin = person(team, Role.ADMIN)
    client = browser(admin)
    facts = {"chosen": "Acme Labs", "bound": "Acme Travel", "wait": 60}
    for code in sorted(set(WORDS) - {CONNECTED}):
        row = ConsentRequest.objects.create(
            team=team,
            user=admin,
            state_hash=code,
            base_url="http://gateway.example/v1",
            outcome=code,
            details=facts,
        )
        page = client.get(reverse("consent_outcome", args=[team.slug, row.pk])).content.decode()
        for text in words(code, facts):
            assert text
            assert escape(text) in page, code
        assert (
            reverse("connect", args=[team.slug]) in page
            or reverse("team_connections", args=[team.slug]) in page
        )
    for code, (title, advice) in STRAY.items():
        page = client.get(reverse("oauth_stray"), {"why": code}).content.decode()
        assert escape(title) in page, code
        assert escape(advice) in page, code
