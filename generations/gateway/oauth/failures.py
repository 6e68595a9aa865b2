"""What can go wrong at the gateway's OAuth addresses, each with what happened and what to do."""

from collections.abc import Mapping

from generations.gateway.errors import GatewayError

__all__ = ["OAuthFailure", "refused", "unanswered"]

AGAIN = "Press Connect and begin again."
# code: what happened, what to do
WORDS: dict[str, tuple[str, str]] = {
    "rate_limited": (
        "The gateway takes no more OAuth requests from here for now.",
        "Wait until the time it names has passed, then begin again.",
    ),
    "server_fault": (
        "The gateway failed while it made the key.",
        "The fault is on the gateway's side. Begin again in a few minutes.",
    ),
    "not_json": (
        "The gateway's answer was no OAuth answer.",
        "A proxy or an error page may have answered instead. Begin again in a few minutes; if it stays, ask whoever "
        "runs the gateway.",
    ),
    "no_key": ("The gateway's answer holds no usable key.", AGAIN),
    "too_large": ("The gateway's answer is larger than any OAuth answer.", "Ask whoever runs the gateway."),
    "timeout": (
        "The gateway did not answer in time, so it is not known whether it made a key.",
        "Begin again: a key that it made meanwhile is replaced by the next one.",
    ),
    "unreachable": (
        "The gateway could not be reached.",
        "Check that this Retake can reach the gateway's address, then begin again.",
    ),
    "redirected": (
        "The gateway answered with a redirect, which is not followed.",
        "Check the gateway's address in GATEWAY_URLS.",
    ),
    "invalid_grant": (
        "The gateway does not accept the code: it is used, older than 10 minutes, or made for another request.",
        AGAIN,
    ),
    "workspace_lost": (
        "Whoever consented has no access to the workspace any more.",
        "Ask an owner of the workspace for access, or let somebody else connect.",
    ),
    "pkce": ("The gateway found that the code belongs to another request.", AGAIN),
    "invalid_client": (
        "The gateway does not accept Retake as a client.",
        "For a metadata document: check that it can be read from outside. For a registered client: check its ID, its "
        "secret and its redirect URI.",
    ),
    "invalid_scope": (
        "The gateway does not grant these scopes to this client.",
        "Check which scopes the client has at the gateway.",
    ),
    "invalid_token": ("The key is expired or revoked.", AGAIN),
    "insufficient_scope": ("The key lacks the scope openid, so nobody knows whose it is.", AGAIN),
    "refused": ("The gateway refused the request.", AGAIN),
}
_BROKEN = {
    "read_timeout": "timeout",
    "overdue": "timeout",
    "record_too_large": "too_large",
    "head_too_large": "too_large",
    "garbled": "not_json",
    "undecodable": "not_json",
    "connection_lost": "timeout",
}


class OAuthFailure(Exception):
    """An OAuth request that failed. `code` is a key of `WORDS`; `retry_after` in seconds, None where none is named."""

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        self.code, self.retry_after = code, retry_after
        self.title, self.advice = WORDS[code]
        super().__init__(self.title)


def unanswered(fault: GatewayError) -> OAuthFailure:
    """The failure for a request without a whole answer."""
    return OAuthFailure(_BROKEN.get(fault.code, "unreachable"), fault.retry_after)


def refused(status: int, body: Mapping[str, object] | None, retry_after: float | None) -> OAuthFailure:
    """The failure for an answer other than 2xx. contract: `{error, error_description}`."""
    return OAuthFailure(_refused_code(status, body), retry_after)


def _refused_code(status: int, body: Mapping[str, object] | None) -> str:
    code, words = (str(body.get(name, "")) for name in ("error", "error_description")) if body else ("", "")
    if status == 429:
        return "rate_limited"
    if 300 <= status < 400:
        return "redirected"
    if status >= 500:
        return "server_fault"
    if body is None:
        return "not_json"
    if code == "invalid_grant" and "workspace" in words:
        return "workspace_lost"
    if code == "invalid_grant" and "PKCE" in words:
        return "pkce"
    return code if code in WORDS else "refused"
