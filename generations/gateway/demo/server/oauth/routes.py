"""The OAuth addresses, and `/demo/oauth`, which moves time, takes consents back and makes faults."""

import asyncio
import json
import uuid
from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from generations.gateway.demo.server.exchange import Exchange, TooLargeError, pretty
from generations.gateway.demo.server.oauth import page
from generations.gateway.demo.server.oauth.asked import (
    INVALID_CLIENT,
    AuthorizeRequest,
    OAuthRefused,
    read,
    registered,
)
from generations.gateway.demo.server.oauth.documents import Documents, is_document
from generations.gateway.demo.server.oauth.ledger import (
    CODE_SECONDS,
    KEY_SECONDS,
    Code,
    Ledger,
    challenge_of,
    serve,
)
from generations.gateway.demo.server.oauth.people import ALL_SCOPES, PEOPLE, KnownClient
from generations.gateway.demo.server.oauth.request_parts import basic_of, form_of, origin_of, web_origin_of
from generations.gateway.demo.shapes import Json

LARGEST = 16 * 1024
A_MINUTE = 60
DISCOVERY = {
    f"{before}/.well-known/{name}{after}"
    for name in ("oauth-authorization-server", "openid-configuration")
    for before, after in (("", ""), ("", "/oauth"), ("/oauth", ""))
}
HTML = "text/html; charset=UTF-8"
FAULTS = ("429", "500", "html", "slow", "large")
NEEDED = ("code", "client_id", "redirect_uri", "code_verifier")


class OAuth:
    """Serves everything about consent; the rest of the demo gateway knows only `keys.issued`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget every consent, key, fault and the moved time."""
        self.ledger, self.documents = Ledger(), Documents()
        self.third_party = True
        self.clients: dict[str, KnownClient] = {}
        self.faults: dict[str, str] = {}
        self.counts: Counter[tuple[str, int]] = Counter()
        self.seen: list[Json] = []
        serve(self.ledger)

    async def handles(self, exchange: Exchange) -> bool:
        """Answers what is about OAuth; False for everything else, unanswered."""
        path, method = exchange.path, "GET" if exchange.method == "HEAD" else exchange.method
        routes = {
            ("GET", "/oauth/authorize"): self.authorize,
            ("GET", "/oauth/consent"): self.consent,
            ("POST", "/oauth/consent"): self.decide,
            ("POST", "/oauth/token"): self.token,
            ("POST", "/oauth/revoke"): self.revoke,
            ("POST", "/oauth/register"): self.register,
            ("GET", "/oauth/userinfo"): self.userinfo,
            ("GET", "/demo/oauth"): self.shown,
            ("POST", "/demo/oauth"): self.change,
            **{("GET", name): self.discovery for name in DISCOVERY},
        }
        handler = routes.get((method, path))
        if handler is None:
            return False
        if not await self._faulty(exchange, path.rpartition("/")[2]):
            try:
                await handler(exchange)
            except OAuthRefused as refused:
                await self._error(exchange, refused)
            except TooLargeError:
                await self._error(
                    exchange, OAuthRefused(413, "invalid_request", "OAuth request body is too large")
                )
        return True

    async def _error(
        self, exchange: Exchange, refused: OAuthRefused, headers: dict[str, str] | None = None
    ) -> None:
        body = {"error": refused.error, "error_description": refused.description}
        await exchange.answer(refused.status, pretty(body), headers=headers)

    async def _faulty(self, exchange: Exchange, name: str) -> bool:
        fault = self.faults.get(name)
        if fault == "429":
            words = OAuthRefused(429, "temporarily_unavailable", "Too many OAuth requests; retry later")
            await self._error(exchange, words, {"Retry-After": "60"})
        elif fault == "500":
            await exchange.answer(500, b"Internal Server Error", "text/plain; charset=UTF-8")
        elif fault == "html":
            await exchange.answer(200, b"<html>502 Bad Gateway</html>", HTML)
        elif fault == "large":
            await exchange.answer(200, b'{"access_token":"' + b"x" * 2**20 + b'"}')
        elif fault == "slow":
            await asyncio.sleep(30)
        return fault in FAULTS[:3] or fault == "large"

    # --- discovery ------------------------------------------------------------------------------------------------

    async def discovery(self, exchange: Exchange) -> None:
        """The same at six addresses. Without third-party OAuth two members are missing."""
        issuer = f"{origin_of(exchange)}/oauth"
        document: Json = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "device_authorization_endpoint": f"{issuer}/device/code",
            "revocation_endpoint": f"{issuer}/revoke",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "response_types_supported": ["code"],
            "grant_types_supported": [
                "authorization_code",
                "refresh_token",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": list(ALL_SCOPES),
        }
        if self.third_party:
            document["client_id_metadata_document_supported"] = True
            document["registration_endpoint"] = f"{issuer}/register"
        await exchange.answer(200, pretty(document), headers={"Cache-Control": "public, max-age=300"})

    # --- consent --------------------------------------------------------------------------------------------------

    async def find(self, client_id: str, redirect_uri: str) -> KnownClient | None:
        """The client with this redirect URI, None for everything that is wrong."""
        if not self.third_party:
            return None
        if is_document(client_id):
            return await self.documents.client(client_id, redirect_uri, self.ledger.now())
        return registered(client_id, redirect_uri, self.clients)

    async def authorize(self, exchange: Exchange) -> None:
        """302 to the consent page."""
        self.seen.append({"path": "/oauth/authorize", "query": dict(exchange.query)})
        asked = await read(exchange.query, self.find)
        address = f"{web_origin_of(exchange)}/oauth/consent?{asked.query()}"
        await exchange.answer(302, b"", "text/plain", {"Location": address})

    async def consent(self, exchange: Exchange) -> None:
        """The page on which a person chooses."""
        asked = await read(exchange.query, self.find)
        is_local = asked.client.client_id.startswith("http:")
        await exchange.answer(200, page.consent(asked, is_local=is_local), HTML)

    async def decide(self, exchange: Exchange) -> None:
        """Back to the client, with a code or with a denial (contract: that one without `iss`)."""
        asked = await read(exchange.query, self.find)
        chosen = parse_qs((await exchange.body(LARGEST)).decode("utf-8", "replace"))
        if chosen.get("choice") == ["allow"]:
            answer = {"code": self._allow(asked, chosen), "iss": f"{origin_of(exchange)}/oauth"}
        else:
            answer = {"error": "access_denied", "error_description": "The user denied the request"}
        if asked.state is not None:
            answer["state"] = asked.state
        mark = "&" if "?" in asked.redirect_uri else "?"
        address = f"{asked.redirect_uri}{mark}{urlencode(answer)}"
        await exchange.answer(303, b"", "text/plain", {"Location": address})

    def _allow(self, asked: AuthorizeRequest, chosen: dict[str, list[str]]) -> str:
        person, workspace = chosen.get("person", [""])[0], chosen.get("workspace", [""])[0]
        if person not in PEOPLE or workspace not in PEOPLE[person].roles:
            raise OAuthRefused(403, "access_denied", "You do not belong to this workspace")
        ticked = {*chosen.get("scope", []), *page.FIXED}
        scopes = tuple(scope for scope in asked.scopes if scope in ticked)
        place = (asked.client.client_id, person, workspace)
        code = Code(place, asked.redirect_uri, asked.challenge, scopes, asked.resource, self.ledger.now())
        return self.ledger.consent(place, code)

    # --- keys -----------------------------------------------------------------------------------------------------

    async def token(self, exchange: Exchange) -> None:
        """A key for a code. contract: a failed try does not burn the code."""
        form = form_of(await exchange.body(LARGEST), exchange.headers.get("content-type", ""))
        kept = {
            name: value
            for name, value in exchange.headers.items()
            if name in ("authorization", "content-type")
        }
        self.seen.append({"path": "/oauth/token", "members": sorted(form), "headers": sorted(kept)})
        grant = form.get("grant_type", "")
        self._count(f"token {grant}")
        if grant != "authorization_code":
            raise OAuthRefused(400, "unsupported_grant_type", "Unsupported grant_type")
        basic = basic_of(exchange.headers.get("authorization", ""))
        form |= basic
        if any(not form.get(name) for name in NEEDED):
            words = "code, client_id, redirect_uri, and code_verifier are required"
            raise OAuthRefused(400, "invalid_request", words)
        code = await self._code(form)
        key = self.ledger.exchange(code)
        answer: Json = {"access_token": key, "token_type": "Bearer", "expires_in": KEY_SECONDS}
        answer["scope"] = " ".join(code.scopes)
        if code.resource:
            answer["resource"] = code.resource
        await exchange.answer(200, pretty(answer))

    async def _code(self, form: dict[str, str]) -> Code:
        client = await self.find(form["client_id"], form["redirect_uri"])
        if client is None:
            raise OAuthRefused(*INVALID_CLIENT)
        if client.secret and form.get("client_secret") != client.secret:
            raise OAuthRefused(401, "invalid_client", "OAuth client authentication failed")
        code = self.ledger.codes.get(form["code"])
        fresh = code is not None and not code.used and self.ledger.now() < code.made + CODE_SECONDS
        if code is None or not fresh or code.place[0] != client.client_id:
            raise OAuthRefused(400, "invalid_grant", "Authorization code is invalid or expired")
        if code.redirect_uri != form["redirect_uri"]:
            raise OAuthRefused(400, "invalid_grant", "redirect_uri does not match")
        if challenge_of(form["code_verifier"]) != code.challenge:
            raise OAuthRefused(400, "invalid_grant", "PKCE verification failed")
        if form.get("resource", code.resource) != code.resource:
            raise OAuthRefused(400, "invalid_target", "resource does not match the authorization request")
        if not self.ledger.is_member(code.place):
            raise OAuthRefused(400, "invalid_grant", "OAuth workspace access is no longer active")
        return code

    def _count(self, what: str) -> None:
        """contract: 60 a minute for each address and grant type."""
        minute = int(self.ledger.now() // 60)
        self.counts[what, minute] += 1
        if self.counts[what, minute] > A_MINUTE:
            self.faults.pop("token", None)
            raise OAuthRefused(429, "temporarily_unavailable", "Too many OAuth requests; retry later")

    async def revoke(self, exchange: Exchange) -> None:
        """contract: 200 and empty for everything; the consent stays."""
        form = form_of(await exchange.body(LARGEST), exchange.headers.get("content-type", ""))
        self.seen.append({"path": "/oauth/revoke", "members": sorted(form)})
        key = self.ledger.keys.get(form.get("token", ""))
        if key is not None:
            key.revoked = True
        await exchange.answer(200, b"", "text/plain")

    async def userinfo(self, exchange: Exchange) -> None:
        """Whose key, which workspace."""
        credential = exchange.headers.get("authorization", "").removeprefix("Bearer ")
        found = self.ledger.person(credential)
        if found is None:
            raise OAuthRefused(401, "invalid_token", "Bearer OAuth token is invalid or expired")
        key, person = found
        scopes = self.ledger.scopes(key)
        if "openid" not in scopes:
            raise OAuthRefused(403, "insufficient_scope", "Token requires openid")
        claims: Json = {"sub": person.sub}
        claims |= {"email": person.email} if "email" in scopes else {}
        claims |= {"name": person.name} if "profile" in scopes else {}
        await exchange.answer(200, pretty(claims | {"workspace_id": key.place[2], "client_id": key.place[0]}))

    async def register(self, exchange: Exchange) -> None:
        """Dynamic registration. contract: read scopes only, so no such client can ask for the gateway."""
        if not self.third_party:
            words = "Dynamic client registration is not enabled"
            raise OAuthRefused(403, "registration_not_supported", words)
        metadata = json.loads(await exchange.body(LARGEST))
        scopes = [word for word in str(metadata.get("scope", "")).split() if word.endswith(":read")]
        client_id = str(uuid.uuid4())
        redirects = tuple(map(str, metadata.get("redirect_uris", [])))
        self.clients[client_id] = KnownClient(
            client_id, str(metadata.get("client_name")), redirects, tuple(scopes)
        )
        answer = {"client_id": client_id, "redirect_uris": list(redirects), "scope": " ".join(scopes)}
        await exchange.answer(201, pretty(answer))

    # --- control API ----------------------------------------------------------------------------------------------

    async def shown(self, exchange: Exchange) -> None:
        """GET /demo/oauth: consents and requests, without codes, verifiers and keys."""
        consents = [
            {
                "client": place[0],
                "person": place[1],
                "workspace": place[2],
                "active": consent.active,
                "scopes": consent.scopes,
            }
            for place, consent in self.ledger.consents.items()
        ]
        live = sum(not key.revoked for key in self.ledger.keys.values())
        state = {"ahead": self.ledger.ahead, "consents": consents, "live_keys": live, "requests": self.seen}
        await exchange.data(200, state)

    async def change(self, exchange: Exchange) -> None:
        """POST /demo/oauth: `ahead` (seconds), `third_party`, `faults`, `client`, `active` and `left` (by person)."""
        changes: dict[str, Any] = json.loads(await exchange.body(LARGEST))
        self.ledger.ahead = float(changes.get("ahead", self.ledger.ahead))
        self.third_party = bool(changes.get("third_party", self.third_party))
        self.faults |= changes.get("faults", {})
        if client := changes.get("client"):
            made = KnownClient(**client)
            self.clients[made.client_id] = replace(
                made, redirect_uris=tuple(made.redirect_uris), scopes=tuple(made.scopes or ALL_SCOPES[:14])
            )
        for place, consent in self.ledger.consents.items():
            consent.active = bool(changes.get("active", {}).get(place[1], consent.active))
        for person, left in changes.get("left", {}).items():
            for workspace in PEOPLE[person].roles:
                (self.ledger.left.add if left else self.ledger.left.discard)((person, workspace))
        if changes.get("forget_documents"):
            self.documents.kept.clear()
        await self.shown(exchange)
