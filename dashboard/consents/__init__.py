"""Connecting by the gateway's own consent: who asked, what came back, whose key is used, when it ends."""
