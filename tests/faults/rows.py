"""The rows that a site needs before it is broken: a team, its owner and viewer, a connection, chats."""

import json
import secrets

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from dashboard.models import GatewayConnection, Role, Team, User  # noqa: E402
from generations.gateway.record import Record  # noqa: E402
from generations.records import store  # noqa: E402
from tests.support import people  # noqa: E402

PASSWORD = "correct horse battery"
KEY = "phaseo_v1_sk_000000000000_" + "0" * 40


def begin(gateway_url: str) -> dict[str, str]:
    """Make the team; gives the cookies of its owner, signed in."""
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    team = people.team("acme")
    owner = people.person(team, Role.OWNER, "owner@example.com", PASSWORD)
    people.connection(team, gateway_url, KEY)
    client = Client()
    client.force_login(owner)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def generation(marker: str) -> str:
    """A stored chat with this marker in its request; gives its page's address."""
    team, owner = Team.objects.get(), User.objects.get()
    request_id = f"G-{secrets.token_hex(13).upper()}"
    body = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": marker}], "stream": True}
    payload = {
        "request_id": request_id,
        "endpoint": "chat.completions",
        "model_id": "openai/gpt-5-nano",
        "status_code": 200,
        "success": True,
        "replay_supported": True,
        "replay_request": body,
    }
    raw = json.dumps(payload).encode()
    source = GatewayConnection.objects.get()
    row = store.store(team, request_id, owner, Record.read(raw, asked_id=request_id), source.pk)
    return f"/t/{team.slug}/g/{row.slug}"
