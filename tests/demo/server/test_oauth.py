"""OAuth of the demo gateway, against what the real one answered."""

import json
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from generations.gateway import oauth
from generations.gateway.demo import keys
from generations.gateway.demo.server.oauth.people import SECOND_WORKSPACE
from generations.gateway.demo.stories import EXAMPLE_IDS
from generations.gateway.oauth import discovery
from tests.demo.peer import Peer

RECORDED = json.loads((Path(__file__).parent / "oauth_answers.json").read_text())
BACK = "https://retake.example/oauth/back"
CLIENTS = (
    {"client_id": "client_retake_public", "secret": ""},
    {"client_id": "client_retake_secret", "secret": "demo-client-secret"},
)
SCOPES = ("openid", "gateway:access", "generations:read", "activity:read")
CHAT = EXAMPLE_IDS["chat"]
DAY = 86_400


@pytest.fixture(autouse=True)
def clients(peer: Peer) -> None:
    redirects = [BACK, "http://127.0.0.1:8000/oauth/back"]
    for client in CLIENTS:
        whole = {**client, "name": "Retake", "redirect_uris": redirects, "scopes": []}
        set_oauth(peer, client=whole)


def set_oauth(peer: Peer, **changes: object) -> None:
    assert peer.http.post("/demo/oauth", json=changes).status_code == 200


def plain(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.headers.get("location", "").replace(web(answer), ""), answer.text


def web(answer: httpx.Response) -> str:
    return f"http://localhost:{answer.request.url.port}"


@pytest.mark.parametrize("name", RECORDED)
def test_what_the_real_gateway_answered(peer: Peer, name: str) -> None:
    case = RECORDED[name]
    answer = peer.http.request(
        case["method"], case["path"], content=case["body"].encode(), headers=case["headers"]
    )
    assert plain(answer) == (case["status"], case["location"], case["answer"])


def test_six_addresses_give_the_same_document(peer: Peer) -> None:
    found = [
        peer.get(f"{before}/.well-known/{name}{after}", "")
        for name in ("oauth-authorization-server", "openid-configuration")
        for before, after in (("", ""), ("", "/oauth"), ("/oauth", ""))
    ]
    assert len({answer.text for answer in found}) == 1
    assert {answer.headers["cache-control"] for answer in found} == {"public, max-age=300"}
    document = discovery.read(found[0].content, f"{peer.url}/v1")
    assert (document.documents, len(document.scopes)) == (True, 34)
    set_oauth(peer, third_party=False)
    assert not oauth.discover(f"{peer.url}/v1").documents
    set_oauth(peer, third_party=True)


# --- a consent ----------------------------------------------------------------------------------------------


class Flow:
    """A client of Retake's at the demo gateway, and somebody in front of the consent page."""

    def __init__(
        self, peer: Peer, client_id: str = "client_retake_public", secret: str | None = None
    ) -> None:
        self.peer, self.verifier = peer, secrets.token_urlsafe(48)
        self.client = oauth.OAuthClient(oauth.discover(f"{peer.url}/v1"), client_id, secret, BACK)

    def back(
        self,
        choice: str = "allow",
        person: str = "olga",
        workspace: str = keys.WORKSPACE,
        scope: tuple[str, ...] = SCOPES,
    ) -> dict[str, str]:
        """What the browser brings back."""
        sent = httpx.get(
            self.client.consent_url("st-1", self.verifier, SCOPES), trust_env=False, verify=False
        )
        page = sent.headers["location"]
        assert httpx.get(page, trust_env=False, verify=False).status_code == 200
        fields = {"choice": choice, "person": person, "workspace": workspace, "scope": list(scope)}
        answer = httpx.post(page, data=fields, trust_env=False, verify=False)
        return {
            name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()
        }

    def key(self, **chosen: Any) -> str:
        return self.grant(**chosen).key

    def grant(self, **chosen: Any) -> oauth.Grant:
        return self.client.exchange(self.back(**chosen)["code"], self.verifier, SCOPES)


def reads(peer: Peer, key: str) -> object:
    answer = peer.generation(CHAT, key)
    return answer.json()["replay_supported"] if answer.status_code == 200 else answer.json().get("reason")


def test_a_consent_brings_stored_requests_and_the_log(peer: Peer) -> None:
    flow = Flow(peer)
    query = flow.back()
    assert (query["iss"], query["state"]) == (f"{peer.url}/oauth", "st-1")
    key = flow.client.exchange(query["code"], flow.verifier, SCOPES).key
    assert re.fullmatch(r"phaseo_v1_sk_\w{12}_\w{40}", key)
    assert reads(peer, key) is True
    assert peer.get("/v1/logs", key).status_code == 200
    assert peer.get("/v1/key", key).status_code == 403
    assert flow.client.person(key).workspace_id == keys.WORKSPACE


def test_a_denial_has_no_issuer(peer: Peer) -> None:
    query = Flow(peer).back(choice="deny")
    assert (query["error"], query["state"], "iss" in query) == ("access_denied", "st-1", False)


def test_a_failed_try_does_not_burn_the_code_and_a_second_use_keeps_the_key(peer: Peer) -> None:
    flow = Flow(peer)
    code = flow.back()["code"]
    with pytest.raises(oauth.OAuthFailure) as caught:
        flow.client.exchange(code, "x" * 64, SCOPES)
    assert caught.value.code == "pkce"
    key = flow.client.exchange(code, flow.verifier, SCOPES).key
    with pytest.raises(oauth.OAuthFailure) as caught:
        flow.client.exchange(code, flow.verifier, SCOPES)
    assert (caught.value.code, reads(peer, key)) == ("invalid_grant", True)


def test_a_code_lives_ten_minutes_and_a_key_seven_days(peer: Peer) -> None:
    flow = Flow(peer)
    code, key = flow.back()["code"], Flow(peer).key(person="mia")
    set_oauth(peer, ahead=601)
    with pytest.raises(oauth.OAuthFailure):
        flow.client.exchange(code, flow.verifier, SCOPES)
    set_oauth(peer, ahead=7 * DAY - 100)
    assert reads(peer, key) is True
    set_oauth(peer, ahead=7 * DAY + 3)
    assert reads(peer, key) == "key_expired"
    assert peer.get("/v1/logs", key).json()["reason"] == "key_expired"


def test_the_old_key_ends_at_the_exchange_and_loses_dropped_scopes_before(peer: Peer) -> None:
    flow = Flow(peer)
    old = flow.key()
    other = Flow(peer).key(person="mia")
    elsewhere = Flow(peer).key(workspace=SECOND_WORKSPACE)
    code = flow.back(scope=("generations:read",))["code"]
    assert (reads(peer, old), peer.get("/v1/logs", old).status_code) == (True, 403)
    new = flow.client.exchange(code, flow.verifier, SCOPES)
    assert new.scopes == ("openid", "gateway:access", "generations:read")
    assert [reads(peer, key) for key in (old, new.key, other)] == ["key_not_found_or_revoked", True, True]
    assert reads(peer, elsewhere) == None  # noqa: E711  a 404 has no reason


def test_revoked_by_the_client_by_the_person_and_by_leaving(peer: Peer) -> None:
    key, other = Flow(peer).key(), Flow(peer).key(person="mia")
    set_oauth(peer, active={"olga": False}, left={"mia": True})
    assert [reads(peer, each) for each in (key, other)] == ["oauth_authorization_revoked"] * 2
    set_oauth(peer, active={"olga": True}, left={"mia": False})
    assert [reads(peer, each) for each in (key, other)] == [True, True]
    Flow(peer).client.revoke(key)
    assert [reads(peer, each) for each in (key, other)] == ["key_not_found_or_revoked", True]


def test_a_viewer_reads_records_and_no_log(peer: Peer) -> None:
    key = Flow(peer).key(person="vic")
    answer = peer.get("/v1/logs", key)
    assert (reads(peer, key), answer.status_code, answer.json()["error"]) == (True, 403, "forbidden")


def test_a_secret_is_needed_where_there_is_one(peer: Peer) -> None:
    assert Flow(peer, "client_retake_secret", "demo-client-secret").key()
    with pytest.raises(oauth.OAuthFailure) as caught:
        Flow(peer, "client_retake_secret").key()
    assert caught.value.code == "invalid_client"


def test_dynamic_registration_is_of_no_use(peer: Peer) -> None:
    metadata = {"client_name": "Retake", "redirect_uris": [BACK], "scope": "gateway:access generations:read"}
    made = peer.http.post("/oauth/register", json=metadata)
    assert (made.status_code, made.json()["scope"]) == (201, "generations:read")
    flow = Flow(peer, made.json()["client_id"])
    answer = httpx.get(flow.client.consent_url("s", flow.verifier, SCOPES), trust_env=False, verify=False)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_neither_codes_nor_keys_are_shown(peer: Peer) -> None:
    key = Flow(peer).key()
    assert key not in peer.http.get("/demo/oauth").text
