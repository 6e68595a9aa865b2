"""What came of a consent, in words: what happened and what to do."""

from generations.gateway.oauth.failures import WORDS as FAILURES

CONNECTED = "connected"
AGAIN = "Press Connect and begin again."
# code: what happened, what to do. Words in braces are facts of the request.
WORDS: dict[str, tuple[str, str]] = {
    **FAILURES,
    CONNECTED: ("Connected.", ""),
    "denied": (
        "The consent was denied at the gateway, so nothing was changed here.",
        "Connect again when somebody with access to the workspace agrees.",
    ),
    "gateway_error": ("The gateway sent you back with an error instead of a code.", AGAIN),
    "no_code": ("The gateway sent you back without a code.", AGAIN),
    "issuer": (
        "The answer does not name the gateway that was asked, so its code was not used.",
        "Begin again. If it stays like this, tell the operator: answers of two gateways may be mixed up.",
    ),
    "late": ("More than ten minutes passed since Connect was pressed, so the answer was not used.", AGAIN),
    "no_right": (
        "You may not manage the connections of this team any more, so the code was not used.",
        "Ask an admin of the team to connect.",
    ),
    "withdrawn": (
        "The operator no longer allows this gateway address (GATEWAY_URLS), so nothing was sent to it.",
        "Choose another gateway address.",
    ),
    "no_oauth": ("The gateway offers no OAuth that Retake can use now.", "Begin again in a few minutes."),
    "client_gone": (
        "The client that the consent was begun with is not set up any more.",
        "Begin again with the client that is.",
    ),
    "no_scope": (
        "The gateway granted a key that cannot send replays.",
        "Begin again and leave “Use AI Gateway with your credits” ticked.",
    ),
    "other_client": ("The key that came back belongs to another client, so it was revoked.", AGAIN),
    "other_workspace": (
        "You chose the workspace {chosen}, but this connection belongs to the workspace {bound}. "
        "The new key was revoked and nothing was changed here.",
        "Begin again and choose {bound}, or add another connection for {chosen}.",
    ),
}
# Answers that belong to no request of the person: the page says nothing about whose they are.
STRAY: dict[str, tuple[str, str]] = {
    "unknown": (
        "This answer of a gateway belongs to no consent that you began here.",
        "It may have been used already, be older than ten minutes, come from somebody else’s browser, or be for a "
        "connection that was removed meanwhile. "
        "Open Gateway connections and press Connect.",
    ),
    "signed_out": (
        "You are signed out, so the gateway’s answer could not be used.",
        "Sign in and press Connect again, in this browser and at the address that Retake is set up with.",
    ),
}
LIKELY = (
    "the gateway’s page was closed or its sign-in was not finished",
    "the gateway showed an error page of its own: it does not send errors back",
)
OF_DOCUMENTS = (
    "the gateway cannot read Retake’s client metadata document from outside: it needs a public https address without "
    "a sign-in, a redirect or an unknown certificate in front of it",
)
OF_CLIENTS = (
    "the registered client’s redirect URI is not exactly {redirect}, or the client was suspended or lacks a scope",
)


def words(code: str, details: dict[str, object]) -> tuple[str, str]:
    """What happened and what to do."""
    title, advice = WORDS[code]
    facts = {name: str(value) for name, value in details.items()}
    return title.format_map(_Facts(facts)), advice.format_map(_Facts(facts))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "another one"
