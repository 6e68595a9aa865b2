"""What these tests begin with."""

from tests.replay.conftest import chat, team

__all__ = ["chat", "team"]
