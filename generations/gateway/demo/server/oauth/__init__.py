"""OAuth of the demo gateway: discovery, consent, keys that end after seven days, revocation."""

from generations.gateway.demo.server.oauth.routes import OAuth

__all__ = ["OAuth"]
