"""The requests of a consent, exactly as in the contract, and how each answer is read."""

import base64
import hashlib
import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from generations.gateway import oauth
from generations.gateway.client import Timeouts
from generations.gateway.oauth import client as clients
from generations.gateway.oauth import discovery, document
from generations.gateway.oauth.failures import WORDS
from tests.gateway.peer import Call, Peer

DOCUMENTS = json.loads((Path(__file__).parent / "oauth_documents.json").read_text())
CLIENT, BACK = "https://retake.example/oauth/client.json", "https://retake.example/oauth/back"
SCOPES = ("openid", "gateway:access", "generations:read")
CODE, VERIFIER, KEY = "c0de-that-nobody-sees", "v" * 64, "phaseo_v1_sk_key-that-nobody-sees"
SECRET = "secret-of-the-client"
GOOD = {"access_token": KEY, "token_type": "Bearer", "expires_in": 604_800, "scope": " ".join(SCOPES)}


def announced(origin: str, **other: object) -> bytes:
    issuer = f"{origin}/oauth"
    document = {
        "issuer": issuer,
        **{f"{name}_endpoint": f"{issuer}/{name}" for name in ("token", "userinfo")},
        "authorization_endpoint": f"{issuer}/authorize",
        "revocation_endpoint": f"{issuer}/revoke",
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(SCOPES),
        "client_id_metadata_document_supported": True,
    }
    return json.dumps(document | other).encode()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer(lambda call: call.answer(200, json.dumps(GOOD).encode()))
    yield made
    made.close()


def client(peer: Peer, secret: str | None = None, client_id: str = CLIENT) -> oauth.OAuthClient:
    found = discovery.read(announced(oauth.origin_of(peer.url)), peer.url)
    return oauth.OAuthClient(found, client_id, secret, BACK)


def form(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode(), strict_parsing=True))


def wait(call: Call) -> None:
    call.gone()


# --- requests -----------------------------------------------------------------------------------------------


def test_the_consent_address_asks_what_the_contract_says_and_nothing_else(peer: Peer) -> None:
    url = urlsplit(client(peer).consent_url("st-1", VERIFIER, SCOPES))
    digest = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    assert url.path == "/oauth/authorize"
    assert dict(parse_qsl(url.query)) == {
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid gateway:access generations:read",
        "state": "st-1",
        "code_challenge": digest,
        "code_challenge_method": "S256",
    }


def test_a_client_without_a_secret_names_itself_in_the_body_alone(peer: Peer) -> None:
    client(peer).exchange(CODE, VERIFIER, SCOPES)
    (call,) = peer.calls
    assert (call.method, call.target) == ("POST", "/oauth/token")
    assert form(call) == {
        "grant_type": "authorization_code",
        "code": CODE,
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    assert "authorization" not in call.headers
    assert call.headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_a_secret_goes_in_the_body_whatever_is_in_it(peer: Peer) -> None:
    client(peer, "s:e c%r&t", "client_retake_secret").exchange(CODE, VERIFIER, SCOPES)
    sent_form = form(peer.calls[0])
    assert (sent_form["client_id"], sent_form["client_secret"]) == ("client_retake_secret", "s:e c%r&t")
    assert "authorization" not in peer.calls[0].headers


def test_revoking_and_asking_whose_key_it_is(peer: Peer) -> None:
    client(peer).revoke(KEY)
    peer.script = lambda call: call.answer(200, b'{"sub": "s", "workspace_id": "w", "client_id": "c"}')
    assert client(peer).person(KEY) == oauth.UserInfo("s", "w", "c")
    revoked, asked = peer.calls
    assert form(revoked) == {"token": KEY, "token_type_hint": "access_token", "client_id": CLIENT}
    assert (asked.method, asked.target) == ("GET", "/oauth/userinfo")
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_no_request_is_repeated_redirected_or_has_a_cookie(peer: Peer) -> None:
    peer.script = lambda call: call.answer(
        307, b"", location=f"{oauth.origin_of(peer.url)}/elsewhere", set_cookie="a=b"
    )
    made = client(peer)
    for _ in range(2):
        with pytest.raises(oauth.OAuthFailure) as caught:
            made.exchange(CODE, VERIFIER, SCOPES)
        assert caught.value.code == "redirected"
    assert [(call.target, "cookie" in call.headers) for call in peer.calls] == [("/oauth/token", False)] * 2


# --- answers ------------------------------------------------------------------------------------------------


def test_what_was_granted_is_what_the_answer_says(peer: Peer) -> None:
    narrow = json.dumps(GOOD | {"scope": "openid gateway:access"}).encode()
    peer.script = lambda call: call.answer(200, narrow)
    assert client(peer).exchange(CODE, VERIFIER, SCOPES).scopes == ("openid", "gateway:access")


@pytest.mark.parametrize(
    ("status", "body", "headers", "code"),
    [
        (429, b'{"error": "temporarily_unavailable"}', {"retry_after": "60"}, "rate_limited"),
        (500, b"Internal Server Error", {}, "server_fault"),
        (200, b"<html>502</html>", {}, "not_json"),
        (200, b"[]", {}, "not_json"),
        (200, b"null", {}, "not_json"),
        (200, b"{}", {}, "no_key"),
        (200, json.dumps(GOOD | {"access_token": "two words"}).encode(), {}, "no_key"),
        (200, json.dumps(GOOD | {"access_token": 12345}).encode(), {}, "no_key"),
        (200, json.dumps(GOOD | {"token_type": "mac"}).encode(), {}, "no_key"),
        (200, b'{"access_token": "' + b"x" * 2**20 + b'"}', {}, "too_large"),
        (400, b'{"error": "invalid_grant", "error_description": "PKCE verification failed"}', {}, "pkce"),
        (400, b'{"error": "invalid_grant"}', {}, "invalid_grant"),
        (400, b'{"error": "something else"}', {}, "refused"),
        (401, b'{"error": "invalid_client"}', {}, "invalid_client"),
        (404, b"404 Not Found", {}, "not_json"),
        (
            400,
            b'{"error": "invalid_grant", "error_description": "OAuth workspace access is no longer active"}',
            {},
            "workspace_lost",
        ),
    ],
)
def test_every_answer_is_a_failure_with_its_words(
    peer: Peer, status: int, body: bytes, headers: dict[str, str], code: str
) -> None:
    peer.script = lambda call: call.answer(status, body, **headers)
    with pytest.raises(oauth.OAuthFailure) as caught:
        client(peer).exchange(CODE, VERIFIER, SCOPES)
    assert (caught.value.code, caught.value.title) == (code, WORDS[code][0])
    assert caught.value.retry_after == (60 if headers else None)
    assert len(peer.calls) == 1


def test_a_gateway_that_is_silent_or_breaks_off(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "PATIENCE", Timeouts(connect=1, read=0.2, total=1))
    peer.script = wait
    with pytest.raises(oauth.OAuthFailure) as caught:
        client(peer).exchange(CODE, VERIFIER, SCOPES)
    assert caught.value.code == "timeout"
    peer.script = lambda call: call.reset()
    with pytest.raises(oauth.OAuthFailure) as caught:
        client(peer).exchange(CODE, VERIFIER, SCOPES)
    assert caught.value.code == "timeout"
    assert len(peer.calls) == 2


def test_no_failure_drags_a_secret_along(peer: Peer) -> None:
    for script in (
        lambda call: call.reset(),
        lambda call: call.answer(500, b"x"),
        lambda call: call.answer(200, b"<"),
    ):
        peer.script = script
        with pytest.raises(oauth.OAuthFailure) as caught:
            client(peer, SECRET).exchange(CODE, VERIFIER, SCOPES)
        fault = caught.value
        assert (fault.__cause__, fault.__context__) == (None, None)
        text = "".join(traceback.format_exception(fault)) + repr(fault) + repr(vars(fault))
        assert not any(word in text for word in (CODE, VERIFIER, SECRET, KEY))
    assert KEY not in repr(oauth.Grant(KEY, 1, ()))


def test_an_answers_time_is_bounded(peer: Peer) -> None:
    for given, seconds in ((10**12, 604_800), (-5, 0), ("x", 604_800), (60, 60)):
        body = json.dumps(GOOD | {"expires_in": given}).encode()
        peer.script = lambda call, body=body: call.answer(200, body)  # type: ignore[misc]
        assert client(peer).exchange(CODE, VERIFIER, SCOPES).seconds == seconds


# --- discovery ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"issuer": "https://elsewhere.example/oauth"},
        {"token_endpoint": "https://elsewhere.example/oauth/token"},
        {"token_endpoint": "http://127.0.0.1:1/oauth/token"},
        {"userinfo_endpoint": None},
        {"revocation_endpoint": "http://user@127.0.0.1/oauth/revoke"},
        {"registration_endpoint": "https://elsewhere.example/register"},
        {"jwks_uri": "https://elsewhere.example/jwks"},
        {"authorization_endpoint": "http://127.0.0.1:99999999/"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_an_endpoint_elsewhere_is_never_used(peer: Peer, other: dict[str, object]) -> None:
    with pytest.raises(oauth.OAuthUnusable):
        discovery.read(announced(oauth.origin_of(peer.url), **other), peer.url)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b"{}", b'{"issuer": 1}'])
def test_a_document_that_is_none(peer: Peer, body: bytes) -> None:
    with pytest.raises(oauth.OAuthUnusable):
        discovery.read(body, peer.url)


def test_discovery_asks_the_gateways_own_origin(peer: Peer) -> None:
    origin = oauth.origin_of(peer.url)
    peer.script = lambda call: call.answer(200, announced(origin))
    found = oauth.discover(peer.url)
    assert (found.issuer, found.documents) == (f"{origin}/oauth", True)
    assert [call.target for call in peer.calls] == ["/.well-known/oauth-authorization-server/oauth"]


def test_a_gateway_without_oauth(peer: Peer) -> None:
    peer.script = lambda call: call.answer(404, b"404 Not Found", "text/plain")
    with pytest.raises(oauth.OAuthUnusable):
        oauth.discover(peer.url)
    assert [call.target for call in peer.calls] == list(discovery.PATHS)


# --- the metadata document ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_gateways_rules_for_a_document(name: str) -> None:
    case = DOCUMENTS[name]
    found = document.faults(case["document"].encode(), CLIENT, BACK)
    assert (found == []) is case["taken"], found


def test_a_document_that_is_too_large_or_lacks_our_redirect() -> None:
    good = json.loads(DOCUMENTS["taken-minimal"]["document"])
    assert document.faults(json.dumps(good | {"x": "x" * 5200}).encode(), CLIENT, BACK)
    assert document.faults(json.dumps(good).encode(), CLIENT, f"{BACK}/")


def test_our_own_document_is_one_that_the_gateway_takes() -> None:
    made = document.render(CLIENT, BACK, "https://retake.example/", document.SCOPES)
    assert document.faults(made, CLIENT, BACK) == []
    assert len(made) < document.LARGEST


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (CLIENT, True),
        ("http://retake.example/oauth/client.json", False),
        ("https://retake.example", False),
        ("https://retake.example/", False),
        ("https://me@retake.example/x", False),
        (f"{CLIENT}#x", False),
        (f"https://retake.example/{'x' * 2048}", False),
        ("client_retake_public", False),
        ("https://[", False),
    ],
)
def test_which_addresses_may_stand_for_a_client(text: str, taken: bool) -> None:
    assert document.is_client_id(text) is taken
