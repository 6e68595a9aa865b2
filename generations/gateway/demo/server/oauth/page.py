"""The consent page. It stands on an origin of its own, as the real one does: `localhost` instead of 127.0.0.1."""

from html import escape

from generations.gateway.demo.server.oauth.asked import AuthorizeRequest
from generations.gateway.demo.server.oauth.people import PEOPLE, SAYS, WORKSPACES

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}fieldset{border:1px solid #ccc;border-radius:8px;margin:1rem 0;padding:.75rem 1rem}"
    "button{font:inherit;padding:.6rem 1.2rem;border-radius:8px;border:1px solid #555;margin-right:.5rem}"
    "label{display:block;padding:.2rem 0}.note{color:#555}"
)
FIXED = ("openid", "gateway:access")


def consent(asked: AuthorizeRequest, *, is_local: bool) -> bytes:
    """The page of one authorize request."""
    note = (
        "<p class=note>The client's document came over http from this machine. The real gateway wants https.</p>"
        if is_local
        else ""
    )
    return f"""<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">
<title>Consent · demo gateway</title><style>{STYLE}</style>
<h1>{escape(asked.client.name)} wants to use your workspace</h1>
<p class=note>This is the demo gateway's consent page. Nothing here is real.</p>{note}
<form method=post action="/oauth/consent?{escape(asked.query())}">
<fieldset><legend>You are</legend>{_people()}</fieldset>
<fieldset><legend>Workspace</legend>{_workspaces()}</fieldset>
<fieldset><legend>It may</legend>{_scopes(asked.scopes)}</fieldset>
<button name=choice value=allow>Allow</button><button name=choice value=deny>Deny</button>
</form></html>""".encode()


def _people() -> str:
    rows = (
        f"<label><input type=radio name=person value={key}{' checked' if key == 'olga' else ''}> "
        f"{person.name}</label>"
        for key, person in PEOPLE.items()
    )
    return "".join(rows)


def _workspaces() -> str:
    rows = (
        f"<label><input type=radio name=workspace value={key}{' checked' if not place else ''}> {name}</label>"
        for place, (key, name) in enumerate(WORKSPACES.items())
    )
    return "".join(rows)


def _scopes(scopes: tuple[str, ...]) -> str:
    rows = (
        f"<label><input type=checkbox name=scope value={scope} checked{' disabled' if scope in FIXED else ''}> "
        f"{SAYS.get(scope, scope)} <small>{scope}</small></label>"
        for scope in scopes
    )
    return "".join(rows)
