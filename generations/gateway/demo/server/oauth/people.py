"""Who may consent, for which workspaces, and the clients that are registered. All of it is invented."""

from dataclasses import dataclass

from generations.gateway.demo import keys

SECOND_WORKSPACE = "8d3e7e1f-0a46-4b64-9e8f-4e9c1e2f3b21"
WORKSPACES = {keys.WORKSPACE: "Acme Travel", SECOND_WORKSPACE: "Acme Labs"}
ALL_SCOPES = (
    *(
        "openid",
        "profile",
        "email",
        "gateway:access",
        "me:read",
        "models:read",
        "providers:read",
        "pricing:read",
    ),
    *(
        "credits:read",
        "activity:read",
        "analytics:read",
        "generations:read",
        "feedback:read",
        "feedback:write",
    ),
    *(f"workspaces:{verb}" for verb in ("read", "write", "delete")),
    *(f"keys:{verb}" for verb in ("read", "write", "delete")),
    *(f"presets:{verb}" for verb in ("read", "write", "delete")),
    *("settings:read", "settings:write"),
    *(f"guardrails:{verb}" for verb in ("read", "write", "delete")),
    *(f"management_keys:{verb}" for verb in ("read", "write", "delete")),
    *(f"oauth_clients:{verb}" for verb in ("read", "write", "delete")),
)
CALLBACK = "http://127.0.0.1:8000/oauth/callback"
SAYS = {
    "openid": "Know who you are",
    "profile": "Read your name",
    "email": "Read your email address",
    "gateway:access": "Use AI Gateway with your credits",
    "generations:read": "Read generations",
    "activity:read": "Read activity",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at the demo gateway; `roles` by workspace."""

    sub: str
    name: str
    email: str
    roles: dict[str, str]


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client made in the settings. `secret` is empty for a public one."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    secret: str = ""


PEOPLE = {
    person.name.split()[0].lower(): person
    for person in (
        Person(
            "11111111-2222-4333-8444-555555555555",
            "Olga Example",
            "olga@acme.example",
            {keys.WORKSPACE: "owner", SECOND_WORKSPACE: "owner"},
        ),
        Person(
            "22222222-3333-4444-8555-666666666666",
            "Mia Example",
            "mia@acme.example",
            {keys.WORKSPACE: "member"},
        ),
        Person(
            "33333333-4444-4555-8666-777777777777",
            "Vic Example",
            "vic@acme.example",
            {keys.WORKSPACE: "viewer"},
        ),
    )
}
SCOPES_OF_CLIENTS = ALL_SCOPES[:14]
CLIENTS = {
    client.client_id: client
    for client in (
        KnownClient("client_retake_public", "Retake", (CALLBACK,), SCOPES_OF_CLIENTS),
        KnownClient("client_retake_secret", "Retake", (CALLBACK,), SCOPES_OF_CLIENTS, "demo-client-secret"),
        KnownClient(
            "client_reads_only", "Reader", (CALLBACK,), ("openid", "models:read", "generations:read")
        ),
    )
}
