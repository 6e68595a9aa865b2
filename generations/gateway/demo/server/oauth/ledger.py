"""Consents, codes and delegated keys. contract: "Connecting by OAuth", Life.

A consent is one person's, for one client and one workspace. Its scopes may shrink; a key has what it was made with and
its consent still has. Time runs ahead by `ahead` seconds, which the control API sets.
"""

import base64
import hashlib
import secrets
import string
import time
import uuid
from dataclasses import dataclass, field

from generations.gateway.demo import keys
from generations.gateway.demo.keys import Holder
from generations.gateway.demo.server.oauth.people import PEOPLE, Person

CODE_SECONDS, KEY_SECONDS = 600, 604_800
BASE62 = string.ascii_letters + string.digits
ConsentKey = tuple[str, str, str]  # client, person, workspace


@dataclass(slots=True)
class GivenConsent:
    """What a person allows a client in a workspace."""

    scopes: tuple[str, ...]
    active: bool = True


@dataclass(slots=True)
class Code:
    """What a code stands for until it is exchanged."""

    place: ConsentKey
    redirect_uri: str
    challenge: str
    scopes: tuple[str, ...]
    resource: str
    made: float
    used: bool = False


@dataclass(slots=True)
class Key:
    """A delegated key."""

    place: ConsentKey
    scopes: tuple[str, ...]
    ends: float
    resource: str
    revoked: bool = False
    key_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Ledger:
    """Everything that was consented to."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.consents: dict[ConsentKey, GivenConsent] = {}
        self.codes: dict[str, Code] = {}
        self.keys: dict[str, Key] = {}
        self.left: set[tuple[str, str]] = set()  # person, workspace

    def now(self) -> float:
        """Seconds since 1970 on the demo gateway's clock."""
        return time.time() + self.ahead

    def consent(self, place: ConsentKey, asked: Code) -> str:
        """Keep a consent; the code that the browser carries back. Scopes that it drops leave the old key at once."""
        self.consents[place] = GivenConsent(asked.scopes)
        code = secrets.token_urlsafe(32)
        self.codes[code] = asked
        return code

    def exchange(self, code: Code) -> str:
        """A new key; the older ones of the same consent end."""
        code.used = True
        for old in self.keys.values():
            if old.place == code.place:
                old.revoked = True
        made = f"phaseo_v1_sk_{_letters(12)}_{_letters(40)}"
        self.keys[made] = Key(code.place, code.scopes, self.now() + KEY_SECONDS, code.resource)
        return made

    def is_member(self, place: ConsentKey) -> bool:
        """Whether the person still has the workspace, and the consent was not taken back."""
        consent = self.consents.get(place)
        return consent is not None and consent.active and (place[1], place[2]) not in self.left

    def holder(self, credential: str) -> Holder | None:
        """Who holds a key that was issued here, None for another credential."""
        key = self.keys.get(credential)
        if key is None:
            return None
        _client, person, workspace = key.place
        return Holder(
            "Retake",
            "delegated",
            key.key_id,
            frozenset(self.scopes(key)),
            workspace=workspace,
            refused=self._refusal(key),
            role=PEOPLE[person].roles.get(workspace, "viewer"),
        )

    def _refusal(self, key: Key) -> str | None:
        if key.revoked:
            return "key_not_found_or_revoked"
        if self.now() >= key.ends:
            return "key_expired"
        return None if self.is_member(key.place) else "oauth_authorization_revoked"

    def scopes(self, key: Key) -> tuple[str, ...]:
        """What the key may still do."""
        return tuple(scope for scope in key.scopes if scope in self.consents[key.place].scopes)

    def person(self, credential: str) -> tuple[Key, Person] | None:
        """The key and its person, None where it is refused."""
        holder = self.holder(credential)
        if holder is None or holder.refused:
            return None
        key = self.keys[credential]
        return key, PEOPLE[key.place[1]]


def _letters(count: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(count))


def challenge_of(verifier: str) -> str:
    """PKCE with S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def serve(ledger: Ledger) -> None:
    """Make the keys of this ledger known to every route."""
    keys.issued = ledger.holder
